"""Option trades of Cboe DataShop."""

from typing import Final

from connectors.feeds.base.errors import RejectedRow
from connectors.feeds.base.errors import RejectReason
from connectors.feeds.base.identity import PositionCounter
from connectors.feeds.base.identity import trace_id
from connectors.feeds.codes.conditions import numbered_conditions
from connectors.feeds.codes.venues import CBOE_VENUES
from connectors.feeds.files.context import CsvFormat
from connectors.feeds.files.context import FileContext
from connectors.feeds.files.rows import count_unknown
from connectors.feeds.files.rows import picker
from connectors.feeds.files.values import EASTERN
from connectors.feeds.files.values import days_of
from connectors.feeds.files.values import local_ns
from connectors.feeds.files.values import optional_number
from connectors.feeds.files.values import optional_whole
from connectors.feeds.files.values import positive_or_none
from connectors.feeds.files.values import price
from connectors.feeds.files.values import size
from connectors.feeds.files.values import whole
from flows.options.contracts import contract_from_parts
from schemas.records import OptionsPrint

SOURCE: Final = "file:cboe"
MULTIPLIER: Final = 100

_CONTRACT: Final = (("root",), ("expiration",), ("strike",), ("option_type",))
_TRADE: Final = (
    ("quote_datetime",),
    ("sequence_number",),
    ("exchange_id",),
    ("trade_size",),
    ("trade_price",),
    ("trade_condition_id",),
)
_QUOTE: Final = (("best_bid",), ("best_ask",))
_UNDERLYING: Final = (("underlying_symbol",), ("underlying_bid",), ("underlying_ask",))
_COLUMNS: Final = (*_UNDERLYING, *_CONTRACT, *_TRADE, *_QUOTE)
_GROUP: Final = 5  # exchange, bid size, bid, ask size, ask


class _Quotes:
    """The quotes of every exchange beside one trade."""

    def __init__(self, cells: list[str]) -> None:
        if len(cells) % _GROUP:
            msg = f"{len(cells)} cells of exchange quotes, expected groups of {_GROUP}"
            raise RejectedRow(RejectReason.MISSING_FIELD, msg)
        self._groups = [
            (
                cells[at],
                optional_whole(cells[at + 1]),
                optional_number(cells[at + 2]),
                optional_whole(cells[at + 3]),
                optional_number(cells[at + 4]),
            )
            for at in range(0, len(cells), _GROUP)
        ]

    def best_bid(self, bid: float | None) -> tuple[int | None, str | None]:
        """Return size and venue of the largest group that shows the best bid."""
        return self._largest([(g[1], g[0]) for g in self._groups if g[2] == bid])

    def best_ask(self, ask: float | None) -> tuple[int | None, str | None]:
        """Return size and venue of the largest group that shows the best ask."""
        return self._largest([(g[3], g[0]) for g in self._groups if g[4] == ask])

    @staticmethod
    def _largest(found: list[tuple[int | None, str]]) -> tuple[int | None, str | None]:
        sized = [(count, venue) for count, venue in found if count is not None]
        if not sized:
            return None, None
        # Of equal sizes the first group counts.
        count, venue = max(sized, key=lambda pair: pair[0])
        return count, CBOE_VENUES.get(venue, venue)

    def of_venue(
        self, venue: str
    ) -> tuple[str, int | None, float | None, int | None, float | None]:
        """Return the group of the executing venue, all null when it shows none."""
        for group in self._groups:
            if group[0] == venue:
                return group
        return venue, None, None, None, None


class _Converter:
    def __init__(
        self, context: FileContext, at: dict[str, int], _position: PositionCounter
    ) -> None:
        self._contract_of, self._trade_of, self._quote_of, self._underlying_of = (
            picker(at, columns) for columns in (_CONTRACT, _TRADE, _QUOTE, _UNDERLYING)
        )
        # The header names the repeating group once, rows repeat it as often as they say.
        self._exchanges_at = at.get("number_of_exchanges")
        self._iv_at = at.get("trade_iv")
        self._session = context.origin.session
        self._summary = context.summary

    def _iv(self, row: list[str]) -> float | None:
        return None if self._iv_at is None else positive_or_none(optional_number(row[self._iv_at]))

    def __call__(self, row: list[str], _line: int) -> OptionsPrint:
        root, expiry, strike, right = self._contract_of(row)
        stamp, sequence, venue, quantity, traded, condition = self._trade_of(row)
        best_bid, best_ask = self._quote_of(row)
        symbol, underlying_bid, underlying_ask = self._underlying_of(row)
        source_ts = local_ns(stamp, EASTERN)
        seq = whole(sequence, "sequence_number")
        contract = contract_from_parts(root, days_of(expiry), strike, right)
        conditions = numbered_conditions((condition,))
        quotes = _Quotes(_group_cells(row, self._exchanges_at))
        bid, ask = optional_number(best_bid), optional_number(best_ask)
        bid_size, bid_venue = quotes.best_bid(bid)
        ask_size, ask_venue = quotes.best_ask(ask)
        _, venue_bid_size, venue_bid, venue_ask_size, venue_ask = quotes.of_venue(venue)
        record = OptionsPrint(
            source_ts=source_ts,
            ingest_ts=source_ts,
            seq=seq,
            trace_id=trace_id("file-cboe", self._session, "prints", seq),
            schema_version="options.prints.v1",
            source=SOURCE,
            option_contract_id=contract.option_contract_id,
            underlying_id=symbol.lstrip("^") or contract.underlying_id,
            root=contract.root,
            right=contract.right,
            multiplier_source="default",
            exchange=CBOE_VENUES.get(venue, venue),
            expiry=contract.expiry,
            multiplier=MULTIPLIER,
            size=size(quantity),
            strike=contract.strike,
            price=price(traded),
            adjusted=contract.adjusted,
            flex=contract.flex,
            conditions=conditions.letters,
            raw_conditions=conditions.raw,
            nbbo_bid=bid,
            nbbo_ask=ask,
            nbbo_bid_size=bid_size,
            nbbo_ask_size=ask_size,
            nbbo_bid_venue=bid_venue,
            nbbo_ask_venue=ask_venue,
            venue_bid=venue_bid,
            venue_ask=venue_ask,
            venue_bid_size=venue_bid_size,
            venue_ask_size=venue_ask_size,
            underlying_bid=positive_or_none(optional_number(underlying_bid)),
            underlying_ask=positive_or_none(optional_number(underlying_ask)),
            provider_iv=self._iv(row),
            vendor_aggressor=conditions.vendor_aggressor,
        )
        count_unknown(self._summary, record, conditions.unknown)
        return record


def _group_cells(row: list[str], exchanges_at: int | None) -> list[str]:
    if exchanges_at is None or exchanges_at >= len(row):
        return []
    count = optional_whole(row[exchanges_at]) or 0
    cells = row[exchanges_at + 1 :]
    if len(cells) < count * _GROUP:
        msg = f"{len(cells)} cells of exchange quotes, expected {count} × {_GROUP}"
        raise RejectedRow(RejectReason.MISSING_FIELD, msg)
    return cells[: count * _GROUP]


CBOE: Final = CsvFormat(
    name="cboe",
    title="Cboe DataShop option trades",
    columns=_COLUMNS,
    recognised_by=frozenset({"quote_datetime", "trade_condition_id"}),
    converter=_Converter,
)
"""A row with condition 40 to 44 is a cancel; `canceled_trade_condition_id` on another row says
that it will be cancelled later: that is the future, and ignored (feeds specification, 10)."""
