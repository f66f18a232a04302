"""Earnings calendars of Alpha Vantage."""

import re
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from connectors.feeds.base.errors import RejectedRow
from connectors.feeds.base.errors import RejectReason
from connectors.feeds.base.items import REFDATA_EVENTS
from connectors.feeds.files.context import CsvFormat
from connectors.feeds.files.context import FileContext
from connectors.feeds.files.context import FileFacts
from connectors.feeds.files.context import RowConverter
from connectors.feeds.files.market_events import AMC
from connectors.feeds.files.market_events import BMO
from connectors.feeds.files.market_events import UNKNOWN
from connectors.feeds.files.market_events import EventMaker
from connectors.feeds.files.market_events import event_instant_ns
from connectors.feeds.files.market_events import fetched_ns
from connectors.feeds.files.names import day_of_file
from connectors.feeds.files.rows import picker
from connectors.feeds.files.values import EPOCH
from connectors.feeds.files.values import days_of
from flows.options.contracts import underlying_of_symbol
from schemas.records import MarketEvent

_COLUMNS: Final = (("symbol",), ("reportDate",), ("fiscalDateEnding",))
_TIMINGS: Final = MappingProxyType({"pre-market": BMO, "post-market": AMC, "": UNKNOWN})
_SYMBOL: Final = re.compile(r"[A-Z0-9][A-Z0-9._\-]{0,14}")


def _day(facts: FileFacts) -> int:
    return day_of_file(facts.path, facts.date, "does not say on what day it was fetched")


def _converter(context: FileContext, at: dict[str, int]) -> RowConverter:
    cells_of, timing_at = picker(at, _COLUMNS), at.get("timeoftheday")
    announced_ts, events = fetched_ns(_day(context.facts)), EventMaker(context.origin)

    def convert(row: list[str], line: int) -> tuple[MarketEvent]:
        symbol, report, fiscal = cells_of(row)
        if _SYMBOL.fullmatch(symbol) is None:
            reason = RejectReason.BAD_SYMBOL if symbol else RejectReason.MISSING_FIELD
            msg = f"symbol {symbol!r}, expected a listed symbol in capitals"
            raise RejectedRow(reason, msg)
        report_day = days_of(report, "reportDate", RejectReason.BAD_TIMESTAMP)
        fiscal_day = days_of(fiscal, "fiscalDateEnding", RejectReason.BAD_TIMESTAMP)
        text = "" if timing_at is None else row[timing_at]
        timing = _TIMINGS.get(text.lower())
        if timing is None:
            msg = f"timeOfTheDay {text!r}, expected pre-market, post-market or nothing"
            raise RejectedRow(RejectReason.NOT_DECODABLE, msg)
        ending = EPOCH + timedelta(days=fiscal_day)
        return (
            events.make(
                event_id=f"earnings:{symbol}:{ending.isoformat()}",
                underlying_id=underlying_of_symbol(symbol),
                kind="earnings",
                event_ts=event_instant_ns(report_day, timing),
                announced_ts=announced_ts,
                timing=timing,
                line=line,
            ),
        )

    return convert


ALPHAVANTAGE: Final = CsvFormat(
    name="alphavantage",
    title="Alpha Vantage earnings calendar",
    columns=_COLUMNS,
    recognised_by=frozenset({"reportdate", "fiscaldateending"}),
    converter=_converter,
    topics=(REFDATA_EVENTS,),
    identity=lambda facts: str(_day(facts)),
)
"""The vendor gives no announcement stamp: what a file says was known from its fetch on, 06:00
Eastern of the day in its name or of `--date` (options flow specification, 11)."""
