"""When an event is due on the wall clock."""

import time
from collections.abc import Callable

from connectors.errors import MisconfiguredConnector

_NS_PER_S = 1_000_000_000


class Pace:
    """
    Replay event time at a multiple of real time.

    Parameters
    ----------
    speed : float
        Multiples of real time, above 0.
    anchor_ns : int | None
        Event time that is due now; None takes that of the first event.
    now_ns : Callable
        Wall clock, ns; injected by tests.

    Raises
    ------
    MisconfiguredConnector
        The speed is not above 0.
    """

    def __init__(
        self,
        speed: float = 1.0,
        anchor_ns: int | None = None,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        if not speed > 0:
            msg = f"speed is {speed}, expected a number above 0"
            raise MisconfiguredConnector(msg)
        self._speed = speed
        self._anchor_ns = anchor_ns
        self._now_ns = now_ns
        self._wall_ns = now_ns()

    def wait_s(self, source_ts: int) -> float:
        """Return how long until an event is due, s; 0 or less when it is."""
        if self._anchor_ns is None:
            self._anchor_ns = source_ts
        due_ns = self._wall_ns + (source_ts - self._anchor_ns) / self._speed
        return (due_ns - self._now_ns()) / _NS_PER_S
