"""Buying less selling of the last minutes."""

from typing import Final

from flows.common.calendar import NS_PER_MINUTE
from flows.equities.observed import MICRO
from schemas.records import EquityOrderFlow

BUCKET_MS: Final = 60_000

PressureState = list[tuple[int, int, int]]


class MinutePressure:
    """
    Signed volume of the last closed minutes.

    Parameters
    ----------
    minutes : int
        How many are kept.
    """

    def __init__(self, minutes: int) -> None:
        self._minutes = minutes
        self._buckets: dict[int, tuple[int, int]] = {}

    def take(self, flow: EquityOrderFlow) -> bool:
        """Take a closed minute or its revision; return whether it was one."""
        if flow.interval_ms != BUCKET_MS or not flow.closed:
            return False
        start = flow.window_start
        self._buckets[start] = (round(flow.buy_volume * MICRO), round(flow.sell_volume * MICRO))
        # One more is kept: the newest minute may close a moment before it is asked for.
        oldest = max(self._buckets) - self._minutes * NS_PER_MINUTE
        self._buckets = {at: self._buckets[at] for at in sorted(self._buckets) if at >= oldest}
        return True

    @property
    def newest(self) -> int:
        """Return the start of the newest minute, ns UTC; 0 when there is none."""
        return max(self._buckets, default=0)

    def trailing(self, at_ns: int) -> tuple[int, int]:
        """Return bought and sold micro-shares of the closed minutes before an instant (ns UTC)."""
        end = at_ns - at_ns % NS_PER_MINUTE
        start = end - self._minutes * NS_PER_MINUTE
        inside = [sums for at, sums in self._buckets.items() if start <= at < end]
        return sum([buy for buy, _ in inside]), sum([sell for _, sell in inside])

    def last(self) -> tuple[int, int] | None:
        """Return bought and sold micro-shares of the newest closed minute."""
        return self._buckets[max(self._buckets)] if self._buckets else None

    def clear(self) -> None:
        """Forget every minute."""
        self._buckets = {}

    def state(self) -> PressureState:
        """Return the minutes as plain data."""
        return [(at, *self._buckets[at]) for at in sorted(self._buckets)]

    def load(self, state: PressureState) -> None:
        """Take over a state."""
        self._buckets = {at: (buy, sell) for at, buy, sell in state}


def pressure_pct(buy_micro: int, sell_micro: int) -> float | None:
    """Return buy % less sell %, -100 to 100; null when nothing had a side."""
    both = buy_micro + sell_micro
    return 100 * (buy_micro - sell_micro) / both if both else None
