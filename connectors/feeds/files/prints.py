"""The prints of one vendor file, from what its format read out of a row."""

from typing import Final

import msgspec

from connectors.feeds.base.identity import PositionCounter
from connectors.feeds.base.identity import trace_id
from connectors.feeds.codes.conditions import Conditions
from connectors.feeds.codes.venues import KNOWN_VENUES
from connectors.feeds.files.context import FileContext
from flows.options.contracts import ContractId
from schemas.records import OptionsPrint

DEFAULT_MULTIPLIER: Final = 100


class Trade(msgspec.Struct, frozen=True, gc=False):
    """
    What was traded.

    Parameters
    ----------
    source_ts : int
        Event time, ns UTC.
    price : float
        $.
    size : int
        Contracts.
    venue : str
        OPRA letter; what is unmapped as the vendor writes it, empty when not given.
    key : int | str
        What identifies the row within the file.
    seq : int | None
        The vendor's sequence; None takes the position among the prints of the file.
    """

    source_ts: int
    price: float
    size: int
    venue: str
    key: int | str
    seq: int | None = None


class Quote(msgspec.Struct, frozen=True, gc=False):
    """The quote beside a trade; null is not given."""

    bid: float | None = None
    ask: float | None = None
    bid_size: int | None = None
    ask_size: int | None = None
    bid_venue: str | None = None
    ask_venue: str | None = None
    ts: int | None = None


class Market(msgspec.Struct, frozen=True, gc=False):
    """What else the vendor knew at the trade; null is not given."""

    underlying_bid: float | None = None
    underlying_ask: float | None = None
    provider_iv: float | None = None


NO_QUOTE: Final = Quote()
NO_MARKET: Final = Market()


class PrintMaker:
    """
    Make the prints of one file.

    Parameters
    ----------
    context : FileContext
        The file; unknown venues and conditions are counted in its summary.
    """

    def __init__(self, context: FileContext) -> None:
        origin = context.origin
        self._source = origin.name.replace("-", ":", 1)
        self._id_prefix = trace_id(origin.name, origin.session, "prints", "")
        self._summary = context.summary
        self._position = PositionCounter()
        self._taken_in_second: dict[int, int] = {}

    def within_second(self, second_ns: int) -> int:
        """
        Return a stamp of its own for the next row of a whole second, ns UTC.

        The place within the second keeps the order of the tape. Call it once all else of the row
        has been read, so that bad rows take no place.
        """
        ordinal = self._taken_in_second.get(second_ns, 0)
        self._taken_in_second[second_ns] = ordinal + 1
        return second_ns + ordinal

    def make(
        self,
        contract: ContractId,
        conditions: Conditions,
        trade: Trade,
        nbbo: Quote = NO_QUOTE,
        market: Market = NO_MARKET,
        venue_quote: Quote = NO_QUOTE,
    ) -> OptionsPrint:
        """Return the print of a row, and count what passes through it unmapped."""
        if trade.venue not in KNOWN_VENUES:
            self._summary.unknown_venues[trade.venue] += 1
        for code in conditions.unknown:
            self._summary.unknown_conditions[code] += 1
        return OptionsPrint(
            source_ts=trade.source_ts,
            ingest_ts=trade.source_ts,
            seq=self._position.next() if trade.seq is None else trade.seq,
            trace_id=f"{self._id_prefix}{trade.key}",
            schema_version="options.prints.v1",
            source=self._source,
            option_contract_id=contract.option_contract_id,
            underlying_id=contract.underlying_id,
            root=contract.root,
            right=contract.right,
            multiplier_source="default",
            exchange=trade.venue,
            expiry=contract.expiry,
            multiplier=DEFAULT_MULTIPLIER,
            size=trade.size,
            strike=contract.strike,
            price=trade.price,
            adjusted=contract.adjusted,
            flex=contract.flex,
            conditions=conditions.letters,
            raw_conditions=conditions.raw,
            nbbo_bid=nbbo.bid,
            nbbo_ask=nbbo.ask,
            nbbo_bid_size=nbbo.bid_size,
            nbbo_ask_size=nbbo.ask_size,
            nbbo_ts=nbbo.ts,
            nbbo_bid_venue=nbbo.bid_venue,
            nbbo_ask_venue=nbbo.ask_venue,
            venue_bid=venue_quote.bid,
            venue_ask=venue_quote.ask,
            venue_bid_size=venue_quote.bid_size,
            venue_ask_size=venue_quote.ask_size,
            underlying_bid=market.underlying_bid,
            underlying_ask=market.underlying_ask,
            provider_iv=market.provider_iv,
            vendor_aggressor=conditions.vendor_aggressor,
        )
