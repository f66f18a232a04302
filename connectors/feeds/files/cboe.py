"""Option trades of Cboe DataShop."""

from functools import lru_cache
from typing import Final

import msgspec

from connectors.feeds.base.errors import RejectedRow
from connectors.feeds.base.errors import RejectReason
from connectors.feeds.codes.conditions import numbered_conditions
from connectors.feeds.codes.venues import CBOE_VENUES
from connectors.feeds.files.context import CsvFormat
from connectors.feeds.files.context import FileContext
from connectors.feeds.files.context import RowConverter
from connectors.feeds.files.prints import NO_QUOTE
from connectors.feeds.files.prints import Market
from connectors.feeds.files.prints import PrintMaker
from connectors.feeds.files.prints import Quote
from connectors.feeds.files.prints import Trade
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
from flows.options.contracts import ContractId
from flows.options.contracts import contract_from_parts
from schemas.records import OptionsPrint

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

    def of_venue(self, venue: str) -> Quote:
        """Return the group of the executing venue, all null when it shows none."""
        for name, bid_size, bid, ask_size, ask in self._groups:
            if name == venue:
                return Quote(bid, ask, bid_size, ask_size)
        return NO_QUOTE


def _converter(context: FileContext, at: dict[str, int]) -> RowConverter:
    contract_of, trade_of, quote_of, underlying_of = (
        picker(at, columns) for columns in (_CONTRACT, _TRADE, _QUOTE, _UNDERLYING)
    )
    # The header names the repeating group once, rows repeat it as often as they say.
    exchanges_at, iv_at = at.get("number_of_exchanges"), at.get("trade_iv")
    prints = PrintMaker(context)

    def convert(row: list[str], _line: int) -> tuple[OptionsPrint]:
        root, expiry, strike, right = contract_of(row)
        stamp, sequence, venue, quantity, traded, condition = trade_of(row)
        best_bid, best_ask = quote_of(row)
        symbol, underlying_bid, underlying_ask = underlying_of(row)
        source_ts = local_ns(stamp, EASTERN)
        seq = whole(sequence, "sequence_number")
        contract = _contract(root, days_of(expiry), strike, right, symbol.lstrip("^"))
        quotes = _Quotes(_group_cells(row, exchanges_at))
        bid, ask = optional_number(best_bid), optional_number(best_ask)
        bid_size, bid_venue = quotes.best_bid(bid)
        ask_size, ask_venue = quotes.best_ask(ask)
        iv = None if iv_at is None else positive_or_none(optional_number(row[iv_at]))
        record = prints.make(
            contract,
            numbered_conditions((condition,)),
            Trade(
                source_ts, price(traded), size(quantity), CBOE_VENUES.get(venue, venue), seq, seq
            ),
            Quote(bid, ask, bid_size, ask_size, bid_venue, ask_venue),
            Market(
                positive_or_none(optional_number(underlying_bid)),
                positive_or_none(optional_number(underlying_ask)),
                iv,
            ),
            quotes.of_venue(venue),
        )
        return (record,)

    return convert


@lru_cache(maxsize=65536)
def _contract(root: str, expiry: int, strike: str, right: str, underlying: str) -> ContractId:
    """Return the contract of a row, with the underlying the vendor names."""
    contract = contract_from_parts(root, expiry, strike, right)
    if underlying in {"", contract.underlying_id}:
        return contract
    return msgspec.structs.replace(contract, underlying_id=underlying)


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
    converter=_converter,
)
"""A row with condition 40 to 44 is a cancel; `canceled_trade_condition_id` on another row says
that it will be cancelled later: that is the future, and ignored (feeds specification, 10)."""
