"""Trade-quote exports of ThetaData for stocks: prints, and the market that stood at each."""

from typing import Final

import msgspec

from connectors.feeds.base.errors import MissingFact
from connectors.feeds.base.items import EQUITY_PRINTS
from connectors.feeds.base.items import EQUITY_QUOTES
from connectors.feeds.codes.equity_conditions import NO_EXTENDED_CONDITION
from connectors.feeds.codes.equity_conditions import stock_conditions
from connectors.feeds.codes.equity_venues import THETA_EQUITY_VENUES
from connectors.feeds.codes.equity_venues import EquityVenue
from connectors.feeds.codes.round_lots import shares_per_quoted_unit
from connectors.feeds.files.context import CsvFormat
from connectors.feeds.files.context import FileContext
from connectors.feeds.files.context import FileFacts
from connectors.feeds.files.context import RowConverter
from connectors.feeds.files.equity_records import EquityMaker
from connectors.feeds.files.equity_records import EquityTrade
from connectors.feeds.files.equity_records import QuoteSide
from connectors.feeds.files.equity_records import equity_underlying
from connectors.feeds.files.equity_records import quote_side
from connectors.feeds.files.rows import picker
from connectors.feeds.files.theta import EXTENDED
from connectors.feeds.files.theta import QUOTE_COLUMNS
from connectors.feeds.files.theta import TRADE_COLUMNS
from connectors.feeds.files.values import day_bounds_ns
from connectors.feeds.files.values import epoch_ms_ns
from connectors.feeds.files.values import optional_number
from connectors.feeds.files.values import optional_whole
from connectors.feeds.files.values import price
from connectors.feeds.files.values import size
from connectors.feeds.files.values import whole
from flows.common.eastern import eastern_date
from schemas.records import EquityPrint
from schemas.records import EquityQuote

_NO_STAMP: Final = frozenset({"", "0"})


def _underlying(facts: FileFacts) -> str:
    if not facts.symbol:
        msg = f"{facts.path.name} has no column with the stock; name it with --symbol"
        raise MissingFact(msg)
    return equity_underlying(facts.symbol, "--symbol")


def _venue(code: str) -> EquityVenue:
    return THETA_EQUITY_VENUES.get(code) or EquityVenue(code)


class _Markets(msgspec.Struct):
    """The market beside the trades: each new one is a record of its own."""

    maker: EquityMaker
    first_ns: int
    told: tuple[str, ...] = ()

    def quote(
        self, cells: tuple[str, ...], source_ts: int, line: int
    ) -> tuple[tuple[EquityQuote, ...], bool]:
        """Return the quote of a row where it is new, and whether it came after its trade."""
        if cells == self.told or cells[0] in _NO_STAMP:
            return (), False
        at = epoch_ms_ns(cells[0])
        if not self.first_ns <= at <= source_ts:
            return (), True
        unit = shares_per_quoted_unit(eastern_date(at))
        bid, ask = _side(cells[1:4], unit), _side(cells[4:7], unit)
        self.told = cells
        return (self.maker.market(at, line, bid, ask),), False


def _side(cells: tuple[str, ...], shares_per_unit: int) -> QuoteSide:
    at, units, venue = cells
    quoted = optional_whole(units)
    shares = None if quoted is None else float(quoted * shares_per_unit)
    return quote_side(optional_number(at), shares, _venue(venue).exchange)


def _converter(context: FileContext, at: dict[str, int]) -> RowConverter:
    trade_of, quote_of = picker(at, TRADE_COLUMNS), picker(at, QUOTE_COLUMNS)
    extended = [at[name] for name in EXTENDED if name in at]
    maker, summary = EquityMaker(context, _underlying(context.facts)), context.summary
    first_ns = 0 if context.date is None else day_bounds_ns(context.date)[0]
    markets = _Markets(maker, first_ns)

    def convert(row: list[str], line: int) -> tuple[EquityPrint | EquityQuote, ...]:
        traded_at, sequence, condition, venue, traded, quantity = trade_of(row)
        source_ts = epoch_ms_ns(traded_at)
        seq = whole(sequence, "sequence")
        codes = [row[column] for column in extended if row[column] != NO_EXTENDED_CONDITION]
        trade = EquityTrade(
            source_ts,
            price(traded),
            float(size(quantity)),
            _venue(venue),
            key=f"{venue}.{seq % 2**32}",
            conditions=stock_conditions((condition, *codes)),
            seq=seq if seq >= 0 else seq + 2**32,
        )
        quotes, is_dropped = markets.quote(quote_of(row), source_ts, line)
        summary.dropped_quotes += is_dropped
        return (*quotes, maker.trade(trade))

    return convert


THETA_STOCKS: Final = CsvFormat(
    name="theta-stocks",
    title="ThetaData stock trades with quotes",
    columns=(*TRADE_COLUMNS, *QUOTE_COLUMNS),
    recognised_by=frozenset({"trade_timestamp", "quote_timestamp"}),
    converter=_converter,
    topics=(EQUITY_PRINTS, EQUITY_QUOTES),
    identity=_underlying,
    family="theta",
    foreign=frozenset({"expiration", "strike", "right"}),
)
"""The file has no column with the stock. The quote beside a trade is the market of its own stamp:
each new one is published there, with the line of its row; one stamped after its trade is dropped
and counted. Quote sizes are round lots before 2025-11-03 (feeds specification, 10)."""
