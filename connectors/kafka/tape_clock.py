"""When wall time allows a live source to go on without an input, or to say that time has passed."""

from collections import deque
from typing import Final

MS: Final = 1_000_000  # ns
BURST_MEMORY_NS: Final = 10_000 * MS
MAX_BURST_NS: Final = 5_000 * MS


class TapeClock:
    """
    Relate the wall time at which records arrive to their event time.

    Decides only *when* something is released or a tick is sent; what a record or a window contains
    never depends on it. Feeds that publish in bursts show records of a whole stretch of event
    time at once: the widest burst of the last 10 s (at most 5 s of it) is added to the allowance,
    so that a tick between two bursts does not make the next one late.

    Parameters
    ----------
    max_idle_ms : int
        Longest wall time a caught-up input holds back the others.
    tick_ms : int
        Shortest wall time between two ticks.

    Notes
    -----
    `now_ns` is any monotonic clock in ns; only differences count.
    """

    def __init__(self, max_idle_ms: int, tick_ms: int) -> None:
        self._max_idle_ns = max_idle_ms * MS
        self._tick_ns = tick_ms * MS
        self._waiting: deque[tuple[int, int]] = deque()
        self._settled_ns: int | None = None
        self._lags: deque[tuple[int, int]] = deque()
        self._last: tuple[int, int] | None = None
        self._ticked_at_ns: int | None = None

    def start(self, now_ns: int, event_ns: int | None) -> None:
        """Take up the event time (ns UTC) a former run had reached; null for none."""
        if event_ns is not None:
            self._last = (now_ns, event_ns)

    def saw(self, now_ns: int, first_ns: int, last_ns: int) -> None:
        """Note that records of a span of event time (ns UTC) have just arrived."""
        self._waiting.append((now_ns, last_ns))
        self._lags.append((now_ns, now_ns - first_ns))
        while self._lags[0][0] < now_ns - BURST_MEMORY_NS:
            self._lags.popleft()
        if self._last is None or last_ns >= self._last[1]:
            self._last = (now_ns, last_ns)

    def settled_ns(self, now_ns: int) -> int | None:
        """Return the event time (ns UTC) whose records have waited long enough; null for none."""
        while self._waiting and self._waiting[0][0] <= now_ns - self._max_idle_ns:
            _, event_ns = self._waiting.popleft()
            if self._settled_ns is None or event_ns > self._settled_ns:
                self._settled_ns = event_ns
        return self._settled_ns

    def watermark_ns(self, now_ns: int) -> int | None:
        """Return the event time (ns UTC) of a tick that is due; null when none is."""
        if self._last is None:
            return None
        if self._ticked_at_ns is not None and now_ns < self._ticked_at_ns + self._tick_ns:
            return None
        self._ticked_at_ns = now_ns
        arrived_ns, event_ns = self._last
        lag_ns = arrived_ns - event_ns
        burst_ns = max((lag for _, lag in self._lags), default=lag_ns) - lag_ns
        allowance_ns = self._max_idle_ns + min(max(burst_ns, 0), MAX_BURST_NS)
        return event_ns + (now_ns - arrived_ns) - allowance_ns
