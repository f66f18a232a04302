"""Options flow exports of Barchart."""

import re
from datetime import date
from functools import lru_cache
from typing import Final

import msgspec

from connectors.feeds.base.errors import RejectedRow
from connectors.feeds.base.errors import RejectReason
from connectors.feeds.base.items import OPTIONS_PRINTS
from connectors.feeds.base.items import REFDATA_OPEN_INTEREST
from connectors.feeds.base.items import RawRecord
from connectors.feeds.codes.conditions import Conditions
from connectors.feeds.codes.conditions import worded_conditions
from connectors.feeds.files.context import CsvFormat
from connectors.feeds.files.context import FileContext
from connectors.feeds.files.context import RowConverter
from connectors.feeds.files.names import day_of_file
from connectors.feeds.files.open_interest import OpenInterestMaker
from connectors.feeds.files.open_interest import open_interest
from connectors.feeds.files.prints import Market
from connectors.feeds.files.prints import PrintMaker
from connectors.feeds.files.prints import Quote
from connectors.feeds.files.prints import Trade
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
from flows.options.contracts import ContractId
from flows.options.contracts import contract_from_parts
from schemas.records import OpenInterest

FOOTER: Final = "Downloaded from"
OPEN_INTEREST: Final = "Open Int"

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
_TIME: Final = re.compile(r"(\d\d:\d\d)(:\d\d) ET")
_NO_FLAG: Final = frozenset({"", "N/A"})


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


@lru_cache(maxsize=1024)
def _conditions(code: str, flag: str) -> Conditions:
    """Return the conditions of a code; what opens a position is kept as received."""
    conditions = worded_conditions((code,) if code else ())
    if flag in _NO_FLAG:
        return conditions
    return msgspec.structs.replace(conditions, raw=(*conditions.raw, flag))


def _second_ns(day: str, time: str) -> int:
    found = _TIME.fullmatch(time)
    if found is None:
        msg = f"{time!r}, expected HH:MM:SS ET"
        raise RejectedRow(RejectReason.BAD_TIMESTAMP, msg)
    return local_ns(f"{day} {found[1]}{found[2]}", EASTERN)


def _day(context: FileContext) -> int:
    return day_of_file(context.path, context.date, "gives times without a date")


class _OpenInterest:
    """The `Open Int` column, once a contract: it is a figure of the day, not of the print."""

    def __init__(self, context: FileContext, at: dict[str, int], day: int) -> None:
        self._at = at.get(OPEN_INTEREST.lower())
        self._figures = OpenInterestMaker(context, day)
        self._told: set[str] = set()

    def of(self, row: list[str]) -> int | None:
        return None if self._at is None else open_interest(_plain(row[self._at]))

    def first(self, contract: ContractId, oi: int | None, line: int) -> tuple[OpenInterest, ...]:
        if oi is None or contract.option_contract_id in self._told:
            return ()
        self._told.add(contract.option_contract_id)
        return (self._figures.make(contract, oi, line),)


def _converter(context: FileContext, at: dict[str, int]) -> RowConverter:
    cells_of, symbol_at, prints = picker(at, _COLUMNS), at["symbol"], PrintMaker(context)
    day = _day(context)
    iso_day = date.fromordinal(EPOCH.toordinal() + day).isoformat()
    figures = _OpenInterest(context, at, day)

    def convert(row: list[str], line: int) -> tuple[RawRecord, ...]:
        # The footer's date is that of the download, not of the trades.
        if row[symbol_at].startswith(FOOTER):
            return ()
        symbol, spot, right, strike, expires, bid, ask, *trade = cells_of(row)
        traded, quantity, iv, code, flag, time = trade
        second_ns = _second_ns(iso_day, time)
        contract = contract_from_parts(symbol, days_of(expires), _plain(strike), right)
        underlying = positive_or_none(optional_number(_plain(spot)))
        trade_price, trade_size = price(_plain(traded)), size(_plain(quantity))
        (nbbo_bid, bid_size), (nbbo_ask, ask_size) = _quote(bid), _quote(ask)
        market = Market(underlying, underlying, _volatility(iv))
        oi = figures.of(row)
        stamp = prints.within_second(second_ns)
        record = prints.make(
            contract,
            _conditions(code, flag),
            Trade(stamp, trade_price, trade_size, "", line),
            Quote(nbbo_bid, nbbo_ask, bid_size, ask_size),
            market,
        )
        return (record, *figures.first(contract, oi, line))

    return convert


BARCHART: Final = CsvFormat(
    name="barchart",
    title="Barchart options flow",
    columns=_COLUMNS,
    recognised_by=frozenset({"price~", "bid x size"}),
    converter=_converter,
    topics=(OPTIONS_PRINTS, REFDATA_OPEN_INTEREST),
)
"""A screen of large prints without venues; the last line is a footer. `Side` is the vendor's
view and `Premium` is cut to whole $100, so neither is published; `Open Int` is, once a contract
(feeds specification, 10)."""
