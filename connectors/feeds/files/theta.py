"""Trade-quote exports of ThetaData."""

from typing import Final

from connectors.feeds.codes.conditions import NO_EXTENDED_CONDITION
from connectors.feeds.codes.conditions import numbered_conditions
from connectors.feeds.codes.venues import THETA_VENUES
from connectors.feeds.files.context import CsvFormat
from connectors.feeds.files.context import FileContext
from connectors.feeds.files.context import RowConverter
from connectors.feeds.files.prints import NO_QUOTE
from connectors.feeds.files.prints import PrintMaker
from connectors.feeds.files.prints import Quote
from connectors.feeds.files.prints import Trade
from connectors.feeds.files.rows import picker
from connectors.feeds.files.values import days_of
from connectors.feeds.files.values import epoch_ms_ns
from connectors.feeds.files.values import optional_number
from connectors.feeds.files.values import optional_whole
from connectors.feeds.files.values import price
from connectors.feeds.files.values import size
from connectors.feeds.files.values import whole
from flows.options.contracts import contract_from_parts
from schemas.records import OptionsPrint

_CONTRACT: Final = (("symbol", "root"), ("expiration",), ("strike",), ("right",))
TRADE_COLUMNS: Final = (
    ("trade_timestamp",),
    ("sequence",),
    ("condition",),
    ("exchange",),
    ("price",),
    ("size",),
)
QUOTE_COLUMNS: Final = (
    ("quote_timestamp",),
    ("bid",),
    ("bid_size",),
    ("bid_exchange",),
    ("ask",),
    ("ask_size",),
    ("ask_exchange",),
)
_COLUMNS: Final = (*_CONTRACT, *TRADE_COLUMNS, *QUOTE_COLUMNS)
EXTENDED: Final = ("ext_condition1", "ext_condition2", "ext_condition3", "ext_condition4")


def _converter(context: FileContext, at: dict[str, int]) -> RowConverter:
    contract_of, trade_of, quote_of = (
        picker(at, columns) for columns in (_CONTRACT, TRADE_COLUMNS, QUOTE_COLUMNS)
    )
    extended = [at[name] for name in EXTENDED if name in at]
    prints, summary = PrintMaker(context), context.summary

    def quoted(row: list[str], source_ts: int) -> Quote:
        quoted_at, bid, bid_size, bid_venue, ask, ask_size, ask_venue = quote_of(row)
        ts = epoch_ms_ns(quoted_at) if quoted_at not in {"", "0"} else None
        if ts is not None and ts > source_ts:
            summary.dropped_quotes += 1
            return NO_QUOTE
        return Quote(
            optional_number(bid),
            optional_number(ask),
            optional_whole(bid_size),
            optional_whole(ask_size),
            THETA_VENUES.get(bid_venue, bid_venue),
            THETA_VENUES.get(ask_venue, ask_venue),
            ts,
        )

    def convert(row: list[str], _line: int) -> tuple[OptionsPrint]:
        root, expiry, strike, right = contract_of(row)
        traded_at, sequence, condition, venue, traded, quantity = trade_of(row)
        source_ts = epoch_ms_ns(traded_at)
        contract = contract_from_parts(root, days_of(expiry), strike, right)
        seq = whole(sequence, "sequence")
        codes = [row[column] for column in extended if row[column] != NO_EXTENDED_CONDITION]
        conditions = numbered_conditions((condition, *codes))
        nbbo = quoted(row, source_ts)
        trade = Trade(
            source_ts,
            price(traded),
            size(quantity),
            THETA_VENUES.get(venue, venue),
            key=f"{venue}.{seq % 2**32}",
            seq=seq if seq >= 0 else seq + 2**32,
        )
        return (prints.make(contract, conditions, trade, nbbo),)

    return convert


THETA: Final = CsvFormat(
    name="theta",
    title="ThetaData option trades with quotes",
    columns=_COLUMNS,
    recognised_by=frozenset({"trade_timestamp", "quote_timestamp"}),
    converter=_converter,
)
"""A quote stamped after its trade is dropped and counted: it was not the trade's."""
