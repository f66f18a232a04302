"""What is usual off-exchange in one underlying, and the thresholds that follow from it."""

import math
from typing import Final

import msgspec

from flows.common.calendar import NS_PER_MINUTE
from flows.common.calendar import NS_PER_MS
from flows.common.sessions import day_bounds_ns
from flows.equities.dark.config import HALF_HOUR_MS
from flows.equities.dark.config import DarkConfig
from flows.equities.observed import MICRO

BINS_PER_OCTAVE: Final = 8
HALF_HOUR_NS: Final = 30 * NS_PER_MINUTE
# Weights are integers, so a size counts the same in whatever order the prints came.
_ONE: Final = 1_000_000
_NO_SAMPLE: Final = -1

SizesState = tuple[int, dict[int, int]]
# sums of today by half-hour, means by half-hour, sample, its buys and sells
HalfHoursState = tuple[
    int, dict[int, list[int]], dict[int, tuple[float, float, int]], int, list[int]
]
BaselinesState = tuple[SizesState, HalfHoursState]


class WindowThresholds(msgspec.Struct, frozen=True, gc=False):
    """
    Thresholds of a half-hour of the session.

    Parameters
    ----------
    shares_micro, zone_micro : int
        T_shares and T_zone, 1/1,000,000 share.
    prints : int
        T_prints.
    win_mean, cnt_mean : float | None
        Shares and prints they came from; null while there are too few trading dates.
    dates : int
        Trading dates behind the means.
    """

    shares_micro: int
    zone_micro: int
    prints: int
    win_mean: float | None
    cnt_mean: float | None
    dates: int

    @property
    def baseline(self) -> dict[str, float]:
        """Return what the thresholds came from, for the record."""
        found = {"dates": float(self.dates)}
        if self.win_mean is not None and self.cnt_mean is not None:
            found["win_mean"] = round(self.win_mean, 6)
            found["cnt_mean"] = round(self.cnt_mean, 6)
        return found


def size_bin(micro: int) -> int:
    """Return the bin of a size: eight of them double it."""
    return math.floor(BINS_PER_OCTAVE * math.log2(micro / MICRO))


class SizeBaseline:
    """
    The upper tail of print sizes, O(1) a print.

    Parameters
    ----------
    config : DarkConfig
        Quantile, decay and least weight.

    Notes
    -----
    Histogram with eight bins an octave; every count decays when the trading date changes. Source:
    equities specification, 7.
    """

    def __init__(self, config: DarkConfig) -> None:
        self._quantile = config.size_quantile
        self._decay = config.size_decay
        self._least = round(config.size_min_weight * _ONE)
        self._total = 0
        self._bins: dict[int, int] = {}

    @property
    def weight(self) -> float:
        """Return how many prints of today the histogram is worth."""
        return self._total / _ONE

    def add(self, micro: int) -> None:
        """Count a print of this size (1/1,000,000 share)."""
        place = size_bin(micro)
        self._bins[place] = self._bins.get(place, 0) + _ONE
        self._total += _ONE

    def roll(self) -> None:
        """Let every count decay: a new trading date has begun."""
        decayed = {place: round(each * self._decay) for place, each in self._bins.items()}
        self._bins = {place: each for place, each in decayed.items() if each}
        self._total = sum(self._bins.values())

    def quantile(self) -> float | None:
        """
        Return the quantile in shares; null below the least weight.

        It is the upper edge of the first bin at which the counts reach it.
        """
        if self._total < self._least:
            return None
        wanted = self._quantile * self._total
        counted = 0
        place = 0
        for place in sorted(self._bins):
            counted += self._bins[place]
            if counted >= wanted:
                break
        return math.pow(2.0, (place + 1) / BINS_PER_OCTAVE)

    def state(self) -> SizesState:
        """Return the histogram as plain data."""
        return self._total, self._bins

    def load(self, state: SizesState) -> None:
        """Go on from a state."""
        self._total, bins = state
        self._bins = dict(bins)


class HalfHourBaseline:
    """
    Shares and prints of the heavier side per window, by half-hour of the day.

    A window is sampled when it ends, so samples are disjoint. What comes late for a sample that
    was taken is left out. A half-hour in which no off-exchange print came at all says nothing of
    that date; a window without prints in any other counts as zero.

    Parameters
    ----------
    config : DarkConfig
        Window, weight of the newest date, least number of dates.

    Notes
    -----
    Source: equities specification, 7.
    """

    def __init__(self, config: DarkConfig) -> None:
        self._sample_ns = config.infer_window_ms * NS_PER_MS
        self._per_half_hour = HALF_HOUR_MS // config.infer_window_ms
        self._alpha = config.window_alpha
        self._day_start_ns = 0
        self._sums: dict[int, list[int]] = {}
        self._means: dict[int, tuple[float, float, int]] = {}
        self._sample = _NO_SAMPLE
        self._sides = [0, 0, 0, 0]  # shares and prints bought, shares and prints sold

    def half_hour(self, ts: int) -> int:
        """Return the half-hour of an instant (ns UTC), counted from 04:00 New York."""
        return (ts - self._day_start_ns) // HALF_HOUR_NS

    def see(self, half_hour: int) -> None:
        """Note that the tape was there in a half-hour."""
        self._sums.setdefault(half_hour, [0, 0])

    def add(self, ts: int, micro: int, *, is_buy: bool) -> None:
        """Count a directed print."""
        sample = ts // self._sample_ns
        if sample != self._sample:
            if sample < self._sample:
                return
            self._take()
            self._sample = sample
        place = 0 if is_buy else 2
        self._sides[place] += micro
        self._sides[place + 1] += 1

    def roll(self, trade_date: int) -> None:
        """Fold the date that ended into the means; `trade_date` is the new one."""
        self._take()
        self._sample = _NO_SAMPLE
        for half_hour, (micro, prints) in self._sums.items():
            shares = micro / (MICRO * self._per_half_hour)
            count = prints / self._per_half_hour
            old = self._means.get(half_hour)
            if old is None:
                self._means[half_hour] = shares, count, 1
            else:
                win, cnt, dates = old
                self._means[half_hour] = (
                    win + self._alpha * (shares - win),
                    cnt + self._alpha * (count - cnt),
                    dates + 1,
                )
        self._sums = {}
        self._day_start_ns = day_bounds_ns(trade_date)[0]

    def means(self, half_hour: int) -> tuple[float, float, int]:
        """Return `win_mean` in shares, `cnt_mean` in prints, and the dates behind them."""
        return self._means.get(half_hour, (0.0, 0.0, 0))

    def state(self) -> HalfHoursState:
        """Return sums and means as plain data."""
        return self._day_start_ns, self._sums, self._means, self._sample, self._sides

    def load(self, state: HalfHoursState) -> None:
        """Go on from a state."""
        self._day_start_ns, sums, means, self._sample, sides = state
        self._sums, self._means, self._sides = dict(sums), dict(means), list(sides)

    def _take(self) -> None:
        if self._sample == _NO_SAMPLE:
            return
        bought, buys, sold, sells = self._sides
        micro, prints = max((bought, buys), (sold, sells))
        sums = self._sums.setdefault(self.half_hour(self._sample * self._sample_ns), [0, 0])
        sums[0] += micro
        sums[1] += prints
        self._sides = [0, 0, 0, 0]


class Baselines:
    """
    Thresholds of one underlying: floors, raised by what is usual in it.

    Cancels do not take a print out again: which prints had been counted is not kept, and one in
    tens of thousands does not move a 99th percentile.

    Parameters
    ----------
    config : DarkConfig
        Floors and multiples.
    """

    def __init__(self, config: DarkConfig) -> None:
        self._config = config
        self.sizes = SizeBaseline(config)
        self.half_hours = HalfHourBaseline(config)
        self._of_half_hour: dict[int, WindowThresholds] = {}

    def roll(self, trade_date: int) -> None:
        """Begin a trading date."""
        self.sizes.roll()
        self.half_hours.roll(trade_date)
        self._of_half_hour = {}

    def block_micro(self) -> tuple[int, float | None]:
        """Return T_block in 1/1,000,000 share, and `size_q99` in shares (null: not valid)."""
        floor = self._config.block_min_shares * MICRO
        tail = self.sizes.quantile()
        return (floor, None) if tail is None else (max(floor, round(tail * MICRO)), tail)

    def window(self, ts: int) -> WindowThresholds:
        """Return the thresholds that hold at an instant (ns UTC) of the trading date."""
        half_hour = self.half_hours.half_hour(ts)
        found = self._of_half_hour.get(half_hour)
        if found is None:
            found = self._of_half_hour[half_hour] = self._thresholds(half_hour)
        return found

    def state(self) -> BaselinesState:
        """Return both baselines as plain data."""
        return self.sizes.state(), self.half_hours.state()

    def load(self, state: BaselinesState) -> None:
        """Go on from a state."""
        self.sizes.load(state[0])
        self.half_hours.load(state[1])
        self._of_half_hour = {}

    def _thresholds(self, half_hour: int) -> WindowThresholds:
        config = self._config
        shares = config.accumulate_min_shares * MICRO
        prints = config.accumulate_min_prints
        win, cnt, dates = self.half_hours.means(half_hour)
        is_valid = dates >= config.window_min_dates
        if is_valid:
            shares = max(shares, round(config.shares_multiple * win * MICRO))
            prints = max(prints, math.ceil(config.prints_multiple * cnt))
        zone = max(config.zone_min_shares * MICRO, round(config.zone_multiple * shares))
        return WindowThresholds(
            shares, zone, prints, win if is_valid else None, cnt if is_valid else None, dates
        )
