"""Options flow exports of Barchart."""

import re
from datetime import date
from typing import Final

from connectors.feeds.base.errors import MissingFact
from connectors.feeds.base.errors import RejectedRow
from connectors.feeds.base.errors import RejectReason
from connectors.feeds.base.identity import PositionCounter
from connectors.feeds.base.identity import trace_id
from connectors.feeds.codes.conditions import worded_conditions
from connectors.feeds.files.context import CsvFormat
from connectors.feeds.files.context import FileContext
from connectors.feeds.files.context import RowConverter
from connectors.feeds.files.rows import count_unknown
from connectors.feeds.files.rows import picker
from connectors.feeds.files.values import EASTERN
from connectors.feeds.files.values import EPOCH
from connectors.feeds.files.values import days_of
from connectors.feeds.files.values import local_ns
from connectors.feeds.files.values import optional_number
from connectors.feeds.files.values import optional_whole
from connectors.feeds.files.values import positive_or_none
from connectors.feeds.files.values import price
from connectors.feeds.files.values import size
from flows.options.contracts import contract_from_parts
from schemas.records import OptionsPrint

SOURCE: Final = "file:barchart"
MULTIPLIER: Final = 100
FOOTER: Final = "Downloaded from"

_COLUMNS: Final = (
    ("Symbol",),
    ("Price~",),
    ("Type",),
    ("Strike",),
    ("Expires", "Exp Date"),
    ("Bid x Size",),
    ("Ask x Size",),
    ("Trade",),
    ("Size",),
    ("IV",),
    ("Code",),
    ("*",),
    ("Time",),
)
_DATE_IN_NAME: Final = re.compile(r"(?<!\d)(\d\d)-(\d\d)-(\d{4})(?!\d)")
_TIME: Final = re.compile(r"(\d\d:\d\d)(:\d\d) ET")
_NO_FLAG: Final = frozenset({"", "N/A"})


def date_in_name(name: str) -> int | None:
    """Return the date `MM-DD-YYYY` in a file name, in days since 1970-01-01."""
    found = _DATE_IN_NAME.search(name)
    if found is None:
        return None
    try:
        return (date(int(found[3]), int(found[1]), int(found[2])) - EPOCH).days
    except ValueError:
        return None


def _date(context: FileContext) -> str:
    days = date_in_name(context.path.name) if context.date is None else context.date
    if days is None:
        msg = (
            f"{context.path.name} gives times without a date, and its name has none "
            "(MM-DD-YYYY); name the trade date with --date YYYY-MM-DD"
        )
        raise MissingFact(msg)
    return date.fromordinal(EPOCH.toordinal() + days).isoformat()


def _plain(text: str) -> str:
    return text.replace(",", "") if "," in text else text


def _quote(text: str) -> tuple[float | None, int | None]:
    """Read `0.20 x 501`."""
    value, _, count = text.partition(" x ")
    return optional_number(_plain(value.strip())), optional_whole(_plain(count.strip()))


def _volatility(text: str) -> float | None:
    """Read `132.08%`."""
    percent = positive_or_none(optional_number(_plain(text.rstrip("%"))))
    return None if percent is None else round(percent / 100, 6)


def _second_ns(day: str, time: str) -> int:
    found = _TIME.fullmatch(time)
    if found is None:
        msg = f"{time!r}, expected HH:MM:SS ET"
        raise RejectedRow(RejectReason.BAD_TIMESTAMP, msg)
    return local_ns(f"{day} {found[1]}{found[2]}", EASTERN)


def _converter(context: FileContext, at: dict[str, int], position: PositionCounter) -> RowConverter:
    cells_of, symbol_at = picker(at, _COLUMNS), at["symbol"]
    day, session, summary = _date(context), context.origin.session, context.summary
    taken_in_second: dict[int, int] = {}

    def convert(row: list[str], line: int) -> OptionsPrint | None:
        # The footer's date is that of the download, not of the trades.
        if row[symbol_at].startswith(FOOTER):
            return None
        symbol, spot, right, strike, expires, bid, ask, *trade = cells_of(row)
        traded, quantity, iv, code, flag, time = trade
        second_ns = _second_ns(day, time)
        contract = contract_from_parts(symbol, days_of(expires), _plain(strike), right)
        conditions = worded_conditions((code,) if code else ())
        underlying = positive_or_none(optional_number(_plain(spot)))
        trade_price, trade_size = price(_plain(traded)), size(_plain(quantity))
        (nbbo_bid, bid_size), (nbbo_ask, ask_size) = _quote(bid), _quote(ask)
        provider_iv = _volatility(iv)
        ordinal = taken_in_second.get(second_ns, 0)
        taken_in_second[second_ns] = ordinal + 1
        record = OptionsPrint(
            source_ts=second_ns + ordinal,
            ingest_ts=second_ns + ordinal,
            seq=position.next(),
            trace_id=trace_id("file-barchart", session, "prints", line),
            schema_version="options.prints.v1",
            source=SOURCE,
            option_contract_id=contract.option_contract_id,
            underlying_id=contract.underlying_id,
            root=contract.root,
            right=contract.right,
            multiplier_source="default",
            exchange="",
            expiry=contract.expiry,
            multiplier=MULTIPLIER,
            size=trade_size,
            strike=contract.strike,
            price=trade_price,
            adjusted=contract.adjusted,
            flex=contract.flex,
            conditions=conditions.letters,
            raw_conditions=conditions.raw if flag in _NO_FLAG else (*conditions.raw, flag),
            nbbo_bid=nbbo_bid,
            nbbo_ask=nbbo_ask,
            nbbo_bid_size=bid_size,
            nbbo_ask_size=ask_size,
            underlying_bid=underlying,
            underlying_ask=underlying,
            provider_iv=provider_iv,
        )
        count_unknown(summary, record, conditions.unknown)
        return record

    return convert


BARCHART: Final = CsvFormat(
    name="barchart",
    title="Barchart options flow",
    columns=_COLUMNS,
    recognised_by=frozenset({"price~", "bid x size"}),
    converter=_converter,
)
"""A screen of large prints without venues; the last line is a footer. `Side` is the vendor's
view and `Premium` is cut to whole $100, so neither is published (feeds specification, 10)."""
