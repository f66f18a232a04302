"""How often frames leave; gateway specification, 8.5."""

from typing import Final

FAST_CLIENTS: Final = 8
CALM_S: Final = 10.0
BUSY_SHARE: Final = 0.5
FULL_SHARE: Final = 0.25


class FrameClock:
    """
    The shortest time between two frames of a group.

    Parameters
    ----------
    fast_ms, normal_ms, slow_ms : int
        With at most eight clients, with more, and while a tick is too much work or a client slow.
    """

    def __init__(self, fast_ms: int, normal_ms: int, slow_ms: int) -> None:
        self._fast_s = fast_ms / 1000
        self._normal_s = normal_ms / 1000
        self._slow_s = slow_ms / 1000
        self._strained_at_s: float | None = None
        self._last_s = self._fast_s

    @property
    def is_strained(self) -> bool:
        """Return whether frames leave more slowly than they would."""
        return self._strained_at_s is not None

    def interval_s(self, clients: int, work_s: float, fill: float, now_s: float) -> float:
        """
        Return the interval after a tick.

        Parameters
        ----------
        clients : int
            Open sockets.
        work_s : float
            What the tick took of the processor.
        fill : float
            Fullest outbox, as a share of its bound.
        now_s : float
            Time of a clock that only goes forward.
        """
        usual_s = self._fast_s if clients <= FAST_CLIENTS else self._normal_s
        # Against the interval that the tick's records came in: a longer one has more of them.
        if work_s > max(self._last_s, usual_s) * BUSY_SHARE or fill > FULL_SHARE:
            self._strained_at_s = now_s
        elif self._strained_at_s is not None and now_s - self._strained_at_s >= CALM_S:
            self._strained_at_s = None
        is_slow = self._strained_at_s is not None
        self._last_s = max(self._slow_s, usual_s) if is_slow else usual_s
        return self._last_s
