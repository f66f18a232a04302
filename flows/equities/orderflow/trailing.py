"""Signed volume of a trailing window, second by second."""

from collections import deque
from typing import Final

from flows.common.cadence import NEVER

SECOND_NS: Final = 1_000_000_000

TrailingState = tuple[int, list[list[int]]]


class TrailingFlow:
    """
    Buy, sell and unknown volume of the seconds that have not left the window.

    Parameters
    ----------
    span_ns : int
        Length of the window.

    Attributes
    ----------
    buy, sell, unknown : int
        Micro-shares in the window.
    """

    __slots__ = ("_floor_ns", "_seconds", "_span_ns", "buy", "sell", "unknown")

    def __init__(self, span_ns: int) -> None:
        self._span_ns = span_ns
        self._floor_ns = 0
        # [second, buy, sell, unknown], ascending; seconds without prints are absent.
        self._seconds: deque[list[int]] = deque()
        self.buy = 0
        self.sell = 0
        self.unknown = 0

    def append(self, second_ns: int, buy: int, sell: int, unknown: int) -> None:
        """Add a second; prints that came late to it may have been there before it."""
        seconds = self._seconds
        if seconds and seconds[-1][0] >= second_ns:
            self.change(second_ns, buy, sell, unknown)
            return
        seconds.append([second_ns, buy, sell, unknown])
        self.buy += buy
        self.sell += sell
        self.unknown += unknown

    def change(self, second_ns: int, buy: int, sell: int, unknown: int) -> None:
        """Add to, or take away from, a second of the past; nothing when it has left the window."""
        if second_ns < self._floor_ns:
            return
        seconds = self._seconds
        at = len(seconds)
        while at and seconds[at - 1][0] > second_ns:
            at -= 1
        if not at or seconds[at - 1][0] < second_ns:
            seconds.insert(at, [second_ns, 0, 0, 0])
            at += 1
        found = seconds[at - 1]
        found[1] += buy
        found[2] += sell
        found[3] += unknown
        self.buy += buy
        self.sell += sell
        self.unknown += unknown

    def expire(self, at_ns: int, least_ns: int = 0) -> None:
        """Let go of the seconds that began before the window ending at `at_ns`, or `least_ns`."""
        floor = max(at_ns - self._span_ns, least_ns)
        if floor <= self._floor_ns:
            return
        self._floor_ns = floor
        seconds = self._seconds
        while seconds and seconds[0][0] < floor:
            _, buy, sell, unknown = seconds.popleft()
            self.buy -= buy
            self.sell -= sell
            self.unknown -= unknown

    def leaves_ns(self) -> int:
        """Return the boundary from which on the oldest second is out of the window, or NEVER."""
        return self._seconds[0][0] + self._span_ns + SECOND_NS if self._seconds else NEVER

    def state(self) -> TrailingState:
        """Return the window as plain data."""
        return self._floor_ns, list(self._seconds)

    def load(self, state: TrailingState) -> None:
        """Go on from a state."""
        self._floor_ns = state[0]
        self._seconds = deque(state[1])
        self.buy = sum([each[1] for each in self._seconds])
        self.sell = sum([each[2] for each in self._seconds])
        self.unknown = sum([each[3] for each in self._seconds])
