"""What a chart shows, and where it belongs: values in, places out, nothing drawn."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

import msgspec

from flows.common.calendar import NS_PER_MINUTE
from flows.common.calendar import OPEN_MINUTE
from flows.common.calendar import session_close_ns
from flows.common.sessions import POST
from flows.common.sessions import PRE
from flows.common.sessions import RTH
from flows.common.sessions import day_bounds_ns
from flows.common.sessions import rth_bounds_ns

ABSORBED_BLOCK: Final = "absorbed_block"
ACCUMULATION: Final = "stealth_accumulation"
DISTRIBUTION: Final = "distribution"
ZONE: Final = "hidden_liquidity_zone"
KINDS: Final = (ABSORBED_BLOCK, ACCUMULATION, DISTRIBUTION, ZONE)
CONFIRMED: Final = "confirmed"

_TIME_STEPS_MIN: Final = (15, 30, 60, 120)
_PRICE_STEPS: Final = (1, 2, 5)
_WICK_REACH: Final = 0.4  # of the span of opens and closes
_FAR_WICK: Final = 8.0  # median ranges of a bar


class Bar(msgspec.Struct, frozen=True):
    """
    A candle.

    Parameters
    ----------
    start_ns, end_ns : int
        ns UTC.
    session : str
        `pre`, `rth`, `post` or `closed`.
    open, high, low, close : float
        Dollars.
    volume, off_exchange_volume : float
        Shares.
    vwap : float | None
        Dollars; null when no print of it may set a price.
    trade_count : int
        Prints that count to volume.
    """

    start_ns: int
    end_ns: int
    session: str
    open: float
    high: float
    low: float
    close: float
    volume: float
    off_exchange_volume: float
    vwap: float | None
    trade_count: int


class VolumeByPrice(msgspec.Struct, frozen=True):
    """
    A session's profile.

    Parameters
    ----------
    is_regular : bool
        Of the regular session, else of the whole day.
    row, first : float
        Height of a row and label of the first one, dollars.
    buy, sell, unknown : tuple of float
        Shares a row.
    poc, vah, val : float | None
        Labels of the greatest row and of the outermost rows of the value area; null without
        volume.
    lvns : tuple of float
        Labels of the low volume nodes.
    """

    is_regular: bool
    row: float
    first: float
    buy: tuple[float, ...]
    sell: tuple[float, ...]
    unknown: tuple[float, ...]
    poc: float | None
    vah: float | None
    val: float | None
    lvns: tuple[float, ...]


class Inference(msgspec.Struct, frozen=True):
    """
    An inference from off-exchange prints.

    Parameters
    ----------
    kind, status : str
        As in `dark.inferred`.
    start_ns, end_ns : int
        Its window, ns UTC.
    price, low, high : float
        Dollars.
    shares : float
        Shares it rests on.
    """

    kind: str
    status: str
    start_ns: int
    end_ns: int
    price: float
    low: float
    high: float
    shares: float


class ChartData(msgspec.Struct, frozen=True):
    """
    Everything one picture shows.

    Parameters
    ----------
    symbol, source : str
        Root symbol; feed of its prints.
    trade_date : int
        Days since 1970-01-01.
    interval : str
        Of the bars, as `5m`.
    bars : tuple of Bar
        In order of time, at least one.
    profile : VolumeByPrice | None
        Null when there is none.
    inferences : tuple of Inference
        Neither rejected nor withdrawn ones.
    is_regular_only : bool
        Whether pre-market and after-hours are left out.
    """

    symbol: str
    source: str
    trade_date: int
    interval: str
    bars: tuple[Bar, ...]
    profile: VolumeByPrice | None
    inferences: tuple[Inference, ...]
    is_regular_only: bool = False


def time_range(data: ChartData) -> tuple[int, int]:
    """Return the first and last instant of the time axis, ns UTC."""
    opens, closes = rth_bounds_ns(data.trade_date)
    if data.is_regular_only:
        return opens, closes
    return min(opens, data.bars[0].start_ns), max(closes, data.bars[-1].end_ns)


def price_range(data: ChartData) -> tuple[float, float]:
    """
    Return the least and greatest price of the price axis, with room around the bars.

    Opens and closes always lie inside; the wick of a single far print runs out of the picture
    instead of pressing everything else flat.
    """
    closes = [price for bar in data.bars for price in (bar.open, bar.close)]
    floor, ceiling = min(closes), max(closes)
    reach = _WICK_REACH * (ceiling - floor) or 0.01 * ceiling
    low = max(min(bar.low for bar in data.bars), floor - reach)
    high = min(max(bar.high for bar in data.bars), ceiling + reach)
    room = 0.05 * (high - low) or 0.01 * high
    return low - room, high + room


def far_wick(bars: Sequence[Bar]) -> float:
    """
    Return from which length on (dollars) a wick comes from a print far from its neighbours.

    Reports that arrive late may set high and low; on a busy day they would be the first thing seen.
    """
    ranges = sorted([bar.high - bar.low for bar in bars])
    return max(_FAR_WICK * ranges[len(ranges) // 2], 0.01)


def row_middle(label: float, row: float) -> float:
    """Return the middle of the prices of a row: those from its label up to the next, in ticks."""
    tick = 0.01 if label >= 1 else 0.0001
    return label + max(0.0, row - tick) / 2


def session_spans(trade_date: int) -> tuple[tuple[str, int, int], ...]:
    """Return name, start and end (ns UTC) of the segments of a trading date."""
    first, last = day_bounds_ns(trade_date)
    opens, closes = rth_bounds_ns(trade_date)
    return (PRE, first, opens), (RTH, opens, closes), (POST, closes, last)


def is_session(trade_date: int) -> bool:
    """Tell whether the exchange is open on a date (days since 1970-01-01)."""
    return session_close_ns(trade_date) is not None


def vwap_line(bars: Sequence[Bar]) -> list[tuple[int, float]]:
    """
    Return the volume-weighted average price since the regular open, at the end of each bar.

    Bars before the open are not part of it, those after the close carry it no further.
    """
    amount = shares = 0.0
    line = []
    for bar in bars:
        if bar.session == RTH and bar.vwap is not None:
            amount += bar.vwap * bar.volume
            shares += bar.volume
            line.append((bar.end_ns, amount / shares))
    return line


def off_exchange_share(bars: Sequence[Bar]) -> float | None:
    """Return the off-exchange share of the bars' volume, 0 to 1; null without volume."""
    volume = math.fsum(bar.volume for bar in bars)
    return math.fsum(bar.off_exchange_volume for bar in bars) / volume if volume else None


def time_ticks(start_ns: int, end_ns: int, most: int = 18) -> list[int]:
    """
    Return the instants that are named on the time axis: whole steps of an hour or of its parts.

    Parameters
    ----------
    start_ns, end_ns : int
        Ends of the axis, ns UTC.
    most : int
        More are not named.
    """
    for step_min in _TIME_STEPS_MIN:
        step_ns = step_min * NS_PER_MINUTE
        # New York is whole hours from UTC, so steps of up to an hour need no zone.
        first = -(-start_ns // step_ns) * step_ns
        found = list(range(first, end_ns + 1, step_ns))
        if len(found) <= most:
            return found
    return found


def price_ticks(low: float, high: float, most: int = 14) -> list[float]:
    """
    Return the prices that are named on an axis: multiples of 1, 2 or 5 times a power of ten.

    Examples
    --------
    >>> price_ticks(13.71, 14.04, 4)
    [13.8, 13.9, 14.0]
    """
    power = math.floor(math.log10((high - low) / most))
    while True:
        for factor in _PRICE_STEPS:
            step = factor * 10.0**power
            first, last = math.ceil(low / step), math.floor(high / step)
            if last - first < most:
                decimals = max(0, -power)
                return [round(at * step, decimals) for at in range(first, last + 1)]
        power += 1


def largest_by_bar(data: ChartData, kind: str) -> list[tuple[Bar, float]]:
    """
    Return the bars in which inferences of a kind ended, with the shares of the largest of each.

    Shares of inferences are not added up: windows overlap, so a print may be part of two.
    """
    starts = [bar.start_ns for bar in data.bars]
    found: dict[int, float] = {}
    for each in data.inferences:
        place = bisect_right(starts, each.end_ns) - 1
        if each.kind == kind and place >= 0 and each.end_ns < data.bars[place].end_ns:
            found[place] = max(found.get(place, 0.0), each.shares)
    return [(data.bars[place], found[place]) for place in sorted(found)]


def bar_of(data: ChartData, at_ns: int) -> Bar | None:
    """Return the bar an instant lies in; null when there is none."""
    place = bisect_right([bar.start_ns for bar in data.bars], at_ns) - 1
    if place < 0 or at_ns >= data.bars[place].end_ns:
        return None
    return data.bars[place]


def body_minutes(interval_ns: int) -> float:
    """Return the width of a bar's body in minutes, with a gap to the next one."""
    return 0.72 * interval_ns / NS_PER_MINUTE


def minute_of_day(at_ns: int, trade_date: int) -> float:
    """Return the minutes since midnight in New York of an instant of a trading date."""
    opens, _ = rth_bounds_ns(trade_date)
    return (at_ns - opens) / NS_PER_MINUTE + OPEN_MINUTE


def clock(minute: float) -> str:
    """
    Return a minute of the day as `HH:MM`.

    Examples
    --------
    >>> clock(570.0)
    '09:30'
    """
    hours, minutes = divmod(round(minute), 60)
    return f"{hours:02d}:{minutes:02d}"


def short_shares(shares: float) -> str:
    """
    Return shares as a chart labels them.

    Examples
    --------
    >>> short_shares(850), short_shares(12_340), short_shares(82_500_000)
    ('850', '12.3K', '82.5M')
    """
    for unit, name in ((1e9, "B"), (1e6, "M"), (1e3, "K")):
        if shares >= unit:
            return f"{shares / unit:.1f}{name}"
    return f"{shares:.0f}"
