"""The equity prints and quotes of one vendor file, from what its format read out of a row."""

import re
from typing import Final

import msgspec

from connectors.feeds.base.errors import MissingFact
from connectors.feeds.base.identity import PositionCounter
from connectors.feeds.base.identity import trace_id
from connectors.feeds.codes.equity_conditions import NO_SALE_CONDITIONS
from connectors.feeds.codes.equity_conditions import SaleConditions
from connectors.feeds.codes.equity_venues import KNOWN_EQUITY_VENUES
from connectors.feeds.codes.equity_venues import EquityVenue
from connectors.feeds.files.context import FileContext
from flows.common.sessions import trade_date_and_segment
from flows.options.contracts import underlying_of_symbol
from schemas.records import EquityPrint
from schemas.records import EquityQuote

PRINTS_VERSION: Final = "equities.prints.v1"
QUOTES_VERSION: Final = "equities.quotes.v1"
PRINTS: Final = "prints"
QUOTES: Final = "quotes"
NBBO: Final = "nbbo"
VENUE: Final = "venue"
TRADE: Final = "trade"

# Class shares, units and warrants are told by a suffix, in the way of the vendor.
_SYMBOL: Final = re.compile(r"[A-Z][A-Z0-9]{0,8}([./ -][A-Z]{1,3})?[+=#^]?")


def listed_underlying(symbol: str) -> str | None:
    """
    Return the underlying a stock symbol names; None when it is no listed symbol.

    Examples
    --------
    >>> listed_underlying("spy"), listed_underlying("BRK B"), listed_underlying("?")
    ('SPY', 'BRK.B', None)
    """
    text = symbol.strip().upper()
    if _SYMBOL.fullmatch(text) is None:
        return None
    return underlying_of_symbol(text.replace(" ", ".").replace("-", "."))


def equity_underlying(symbol: str, said_by: str) -> str:
    """
    Return the underlying of a stock symbol a caller or a name says.

    Raises
    ------
    MissingFact
        It is no listed symbol.
    """
    found = listed_underlying(symbol)
    if found is None:
        msg = f"{said_by} says symbol {symbol!r}, expected a listed stock such as SPY or BRK.B"
        raise MissingFact(msg)
    return found


class EquityTrade(msgspec.Struct, frozen=True, gc=False):
    """
    What was reported.

    Parameters
    ----------
    source_ts : int
        Event time, ns UTC.
    price, size : float
        $, shares.
    venue : EquityVenue
        Who reported it.
    conditions : SaleConditions
        Of the sale.
    key : int | str
        What identifies the row within the file.
    seq : int | None
        The vendor's sequence; None takes the position among the prints of the file.
    """

    source_ts: int
    price: float
    size: float
    venue: EquityVenue
    key: int | str
    conditions: SaleConditions = NO_SALE_CONDITIONS
    seq: int | None = None


class QuoteSide(msgspec.Struct, frozen=True, gc=False):
    """One side of a quote; a side without price or size is no quote: all three are null."""

    price: float | None = None
    size: float | None = None
    exchange: str | None = None


NO_SIDE: Final = QuoteSide()


def quote_side(price: float | None, size: float | None, exchange: str | None) -> QuoteSide:
    """Return a side as it is published: null unless price ($) and size (shares) are above 0."""
    if price is None or size is None or price <= 0 or size <= 0:
        return NO_SIDE
    return QuoteSide(price, size, exchange)


class EquityMaker:
    """
    Make the prints and quotes of one file of one underlying.

    Parameters
    ----------
    context : FileContext
        The file; unknown venues and conditions are counted in its summary.
    underlying_id : str
        What it is of.
    """

    def __init__(self, context: FileContext, underlying_id: str) -> None:
        origin = context.origin
        self._underlying_id = underlying_id
        self._source = origin.name.replace("-", ":", 1)
        self._print_prefix = trace_id(origin.name, origin.session, PRINTS, "")
        self._quote_prefix = trace_id(origin.name, origin.session, QUOTES, "")
        self._summary = context.summary
        self._prints = PositionCounter()
        self._quotes = PositionCounter()

    def trade(self, trade: EquityTrade) -> EquityPrint:
        """Return the print of a row, and count what passes through it unmapped."""
        venue, conditions = trade.venue, trade.conditions
        if venue.exchange not in KNOWN_EQUITY_VENUES:
            self._summary.unknown_venues[venue.exchange] += 1
        for code in conditions.unknown:
            self._summary.unknown_conditions[code] += 1
        at = trade.source_ts
        return EquityPrint(
            source_ts=at,
            ingest_ts=at,
            seq=self._prints.next() if trade.seq is None else trade.seq,
            trace_id=f"{self._print_prefix}{trade.key}",
            schema_version=PRINTS_VERSION,
            source=self._source,
            underlying_id=self._underlying_id,
            price=trade.price,
            size=trade.size,
            exchange=venue.exchange,
            off_exchange_flag=venue.is_off_exchange,
            action=TRADE,
            session=trade_date_and_segment(at)[1],
            conditions=conditions.letters,
            raw_conditions=conditions.raw,
            trf_id=venue.trf_id,
        )

    def market(self, at: int, key: int | str, bid: QuoteSide, ask: QuoteSide) -> EquityQuote:
        """
        Return a quote of the market as the vendor gives it.

        Parameters
        ----------
        at : int
            Event time, ns UTC.
        key : int | str
            What identifies the row within the file.
        bid, ask : QuoteSide
            The sides; both void is a void.
        """
        return EquityQuote(
            source_ts=at,
            ingest_ts=at,
            seq=self._quotes.next(),
            trace_id=f"{self._quote_prefix}{key}",
            schema_version=QUOTES_VERSION,
            source=self._source,
            underlying_id=self._underlying_id,
            scope=NBBO,
            consolidated=False,
            bid=bid.price,
            ask=ask.price,
            bid_size=bid.size,
            ask_size=ask.size,
            bid_exchange=bid.exchange,
            ask_exchange=ask.exchange,
            conditions=(),
        )
