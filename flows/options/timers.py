"""Timers in event time: one heap, fired in order of deadline, kind and id."""

from heapq import heappop
from heapq import heappush
from typing import Final
from typing import Generic
from typing import TypeVar

T = TypeVar("T")

# Ranks of timers that share a deadline.
RANK_COMPLEX_GROUP: Final = 0
RANK_PACKET: Final = 1
RANK_LEG_GROUP: Final = 2
RANK_RELEASE: Final = 3
RANK_FOLLOW_UP: Final = 4
RANK_SESSION_END: Final = 5

NEVER: Final = 1 << 63


class TimerHeap(Generic[T]):
    """
    Timers ordered by (deadline, rank, id, order of setting).

    Setting and taking cost O(log open timers); nothing is ever scanned.
    """

    __slots__ = ("_heap", "_serial", "next_deadline")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, str, int, T]] = []
        self._serial = 0
        self.next_deadline = NEVER

    def __len__(self) -> int:
        return len(self._heap)

    def set(self, deadline: int, rank: int, timer_id: str, payload: T) -> None:
        """Set a timer for `deadline` (ns UTC)."""
        self._serial += 1
        heappush(self._heap, (deadline, rank, timer_id, self._serial, payload))
        self.next_deadline = min(self.next_deadline, deadline)

    def take(self) -> tuple[int, int, T]:
        """Remove the first timer and return its deadline, rank and payload."""
        deadline, rank, _, _, payload = heappop(self._heap)
        self.next_deadline = self._heap[0][0] if self._heap else NEVER
        return deadline, rank, payload

    def pending(self) -> list[tuple[int, int, str, T]]:
        """Return the open timers in the order they will fire."""
        return [
            (deadline, rank, timer_id, payload)
            for deadline, rank, timer_id, _, payload in sorted(
                self._heap, key=lambda timer: timer[:4]
            )
        ]
