"""The rules for bars, written over a list of prints without sums that go along."""

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from flows.common.sessions import trade_date_and_segment
from flows.equities.observed import ObservedPrint
from schemas.records import EquityCandle
from tests.flows.equities.candles.tape import MS


class Bar(NamedTuple):
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    vwap: float | None
    volume: float
    off_exchange_volume: float
    odd_lot_volume: float
    trade_count: int
    price_basis: str
    session: str


def content(record: EquityCandle) -> Bar:
    return Bar(**{name: getattr(record, name) for name in Bar._fields})


def _shares(prints: Iterable[ObservedPrint]) -> float:
    return sum(p.micro for p in prints) / 1_000_000


def _price(at_e4: int) -> float:
    return at_e4 / 10_000


def _vwap(ranged: list[ObservedPrint]) -> float | None:
    if not ranged:
        return None
    weight = sum(p.micro for p in ranged)
    exact = Fraction(sum(p.at_e4 * p.micro for p in ranged), weight * 10_000)
    return round(float(exact) * 1e6) / 1e6


def bar_of(prints: list[ObservedPrint], before: list[ObservedPrint], start: int) -> Bar:
    """Return the bar of the prints of a window, given those of the date before it."""
    ordered = sorted(prints, key=lambda p: (p.ts, p.seq))
    lasts = [p for p in ordered if p.last]
    ranged = [p for p in ordered if p.high_low]
    counted = [p for p in ordered if p.volume]
    basis = "last"
    if lasts:
        first, last = lasts[0].at_e4, lasts[-1].at_e4
        all_prices = [first, last, *(p.at_e4 for p in ranged)]
        prices = [_price(each) for each in (first, max(all_prices), min(all_prices), last)]
    elif ranged:
        basis = "high_low"
        only = [p.at_e4 for p in ranged]
        prices = [_price(each) for each in (only[-1], max(only), min(only), only[-1])]
    else:
        basis = "carried"
        carried = previous_close(before)
        prices = [] if carried is None else [_price(carried)] * 4
    at_open, high, low, at_close = prices or (None, None, None, None)
    return Bar(
        at_open,
        high,
        low,
        at_close,
        _vwap(ranged),
        _shares(counted),
        _shares(p for p in counted if p.off_exchange),
        _shares(p for p in counted if p.odd_lot),
        len(counted),
        basis,
        trade_date_and_segment(start)[1],
    )


def previous_close(before: list[ObservedPrint]) -> int | None:
    """Return the close of the last second of some prints that had a price."""
    priced = [p for p in before if p.last or p.high_low]
    if not priced:
        return None
    second = max(p.ts for p in priced) // 1_000_000_000
    inside = [p for p in priced if p.ts // 1_000_000_000 == second]
    chosen = [p for p in inside if p.last] or inside
    return max(chosen, key=lambda p: (p.ts, p.seq)).at_e4


def bars_of(prints: list[ObservedPrint], interval_ms: int) -> dict[int, Bar]:
    """Return every bar of a length by its start."""
    width = interval_ms * MS
    windows: dict[int, list[ObservedPrint]] = {}
    for p in prints:
        if p.volume or p.last or p.high_low:
            windows.setdefault(p.ts - p.ts % width, []).append(p)
    return {
        start: bar_of(
            inside,
            [p for p in prints if p.ts < start and p.trade_date == inside[0].trade_date],
            start,
        )
        for start, inside in windows.items()
    }
