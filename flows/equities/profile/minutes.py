"""The last minutes of a tape, each with its prints by row."""

from collections.abc import Mapping

import msgspec

from flows.equities.profile.config import CADENCE_NS
from flows.equities.profile.day import TradingDay
from flows.equities.profile.histogram import Histogram
from flows.equities.profile.histogram import HistogramState
from flows.equities.profile.record import ROLLING
from flows.equities.profile.record import Issue
from flows.equities.profile.record import ProfileMaker
from flows.equities.profile.record import Span
from flows.equities.profile.rows import Grid
from flows.equities.profile.window import digest
from schemas.records import EquityProfile

# minute, trade date, segment, is added, counts
_MinuteState = tuple[int, int, str, bool, HistogramState]
RollingState = tuple[list[_MinuteState], bytes, bool]


class Minute(msgspec.Struct):
    """
    The prints of one minute.

    Parameters
    ----------
    number : int
        Minutes since the Unix epoch.
    day : TradingDay
        Trading date they belong to.
    segment : str
        `pre`, `rth`, `post` or `closed`; no minute lies in two.
    histogram : Histogram
        Their volume by row.
    is_added : bool
        The windows they belong to contain them.
    """

    number: int
    day: TradingDay
    segment: str
    histogram: Histogram
    is_added: bool = False


class RollingWindow:
    """
    Keep the minutes of the rolling window and what they add up to.

    Parameters
    ----------
    length : int
        Minutes of the window.
    """

    def __init__(self, length: int) -> None:
        self.minutes: dict[int, Minute] = {}
        self._length = length
        # Null where minutes have to be added up anew.
        self._sum: Histogram | None = None
        self._digest = b""
        self._is_changed = False

    @property
    def due_ns(self) -> int | None:
        """Return the boundary at which the oldest minute leaves; null when there is none."""
        if not self.minutes:
            return None
        return (min(self.minutes) + self._length + 1) * CADENCE_NS

    def holds(self, number: int, at_ns: int) -> bool:
        """Tell whether the window that ends at a boundary (ns UTC) contains a minute."""
        return number >= at_ns // CADENCE_NS - self._length

    def add(self, minute: Minute) -> None:
        """Let the window contain a minute that is over."""
        minute.is_added = self._is_changed = True
        if self._sum is not None and self._sum.grid is minute.day.grid:
            self._sum.merge(minute.histogram)
        else:
            self._sum = None

    def invalidate(self) -> None:
        """Take note that a minute that was over has changed."""
        self._sum = None
        self._is_changed = True

    def evaluate(self, at_ns: int, maker: ProfileMaker) -> EquityProfile | None:
        """
        Return the window that ends at a boundary.

        Null when it says what the last one did, or no print of it counts to a row.
        """
        for number in [each for each in self.minutes if not self.holds(each, at_ns)]:
            minute = self.minutes.pop(number)
            if self._sum is not None:
                self._sum.merge(minute.histogram, -1)
            self._is_changed = True
        if not self._is_changed:
            return None
        self._is_changed = False
        dense = self._total().dense()
        content = digest(dense) if dense.volume else b""
        if content == self._digest:
            return None
        self._digest = content
        if not content:
            return None
        length = self._length
        span = Span(ROLLING, f"{length}-{at_ns}", at_ns - length * CADENCE_NS, at_ns)
        newest = max(each.histogram.ingest_ts for each in self.minutes.values())
        seq = self.minutes[max(self.minutes)].histogram.seq
        return maker.record(span, dense, Issue(at_ns, 0, True, newest, seq))

    def _total(self) -> Histogram:
        if self._sum is not None and self.minutes:
            return self._sum
        minutes = self.minutes.values()
        days = {each.day.trade_date: each.day.grid for each in minutes}
        # Minutes of two trading dates may have rows of two heights.
        total = Histogram(max(days.values(), key=lambda grid: grid.row_e4, default=Grid()))
        for each in minutes:
            total.merge(each.histogram)
        self._sum = total if len(days) == 1 else None
        return total

    def state(self) -> RollingState:
        """Return the window as plain data."""
        minutes = [
            (each.number, each.day.trade_date, each.segment, each.is_added, each.histogram.state())
            for each in self.minutes.values()
        ]
        return minutes, self._digest, self._is_changed

    def load(self, state: RollingState, days: Mapping[int, TradingDay]) -> None:
        """Go on from a state; `days` are the trading dates its minutes belong to."""
        minutes, self._digest, self._is_changed = state
        self._sum = None
        self.minutes = {}
        for number, trade_date, segment, is_added, counts in minutes:
            day = days[trade_date]
            histogram = Histogram.restore(day.grid, counts)
            self.minutes[number] = Minute(number, day, segment, histogram, is_added)
