"""Which revision of a closed bar came out last."""

from array import array
from typing import Final

from flows.equities.candles.cell import NOT_YET

_MOST: Final = (1 << 16) - 1

# (width, first slot, packed slots, revisions by window start)
RevisionState = tuple[int, int, bytes, list[tuple[int, int]]]


class Revisions:
    """
    Last revisions of the bars of one length and trading date, two bytes each.

    Every bar leaves one behind, so that one that is revised hours later goes on counting. Windows
    are slots from the first to the last that had a bar.

    Parameters
    ----------
    width_ns : int
        Length of the bars.
    """

    __slots__ = ("_first", "_large", "_slots", "_width_ns")

    def __init__(self, width_ns: int) -> None:
        self._width_ns = width_ns
        self._first = 0
        # One more than the revision, 0 for a window without a bar.
        self._slots = array("H")
        self._large: dict[int, int] = {}

    def get(self, start: int) -> int:
        """Return the last revision of the bar of a window, `NOT_YET` when there was none."""
        slot = start // self._width_ns - self._first
        if not 0 <= slot < len(self._slots):
            return NOT_YET
        held = self._slots[slot]
        return held - 1 if held < _MOST else self._large[start]

    def put(self, start: int, revision: int) -> None:
        """Keep the last revision of the bar of a window."""
        slots = self._slots
        number = start // self._width_ns
        if not slots:
            self._first = number
        slot = number - self._first
        if slot < 0:
            slots[:0] = array("H", bytes(-2 * slot))
            self._first = number
            slot = 0
        elif slot >= len(slots):
            slots.frombytes(bytes(2 * (slot + 1 - len(slots))))
        if revision + 1 < _MOST:
            slots[slot] = revision + 1
        else:
            slots[slot] = _MOST
            self._large[start] = revision

    def state(self) -> RevisionState:
        """Return the revisions as plain data."""
        large = sorted(self._large.items())
        return self._width_ns, self._first, self._slots.tobytes(), large

    @classmethod
    def restore(cls, state: RevisionState) -> "Revisions":
        """Return the revisions of a state."""
        revisions = cls(state[0])
        revisions._first = state[1]
        revisions._slots.frombytes(state[2])
        revisions._large = dict(state[3])
        return revisions
