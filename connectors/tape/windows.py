"""Cut what a table holds into stretches of bounded size, in the order of the tape; pure."""

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from typing import Protocol

FIRST: Final = -(2**63)
LAST: Final = 2**63 - 1
# What rows are ordered by before their `trace_id`, and cut by where the one before has one value.
DIMENSIONS: Final = ("source_ts", "partition", "seq")
SLOTS: Final = 2048


@dataclass(frozen=True, slots=True)
class Window:
    """
    Rows by ranges of the first of the `DIMENSIONS`.

    Parameters
    ----------
    ranges : tuple of (first, last)
        One for each dimension that bounds it, both ends included; all but the last hold one value.
    """

    ranges: tuple[tuple[int, int], ...]

    def within(self, first: int, last: int) -> "Window":
        """Return the part between two values of the last dimension, both included."""
        return Window((*self.ranges[:-1], (first, last)))


@dataclass(frozen=True, slots=True)
class Slot:
    """How many rows have a value of a dimension from `first` up to the next slot's."""

    first: int
    rows: int


@dataclass(frozen=True, slots=True)
class Extent:
    """Rows of a window, with the least and greatest value of its last dimension."""

    rows: int
    first: int
    last: int


class WindowCounts(Protocol):
    """Counts the rows of windows."""

    def extent(self, window: Window) -> Extent | None:
        """Return how many rows there are and how far they reach; null for none."""
        ...

    def slots(self, window: Window, step: int) -> Sequence[Slot]:
        """Return rows by steps of the window's last dimension, from its first value; none empty."""
        ...


def windows_of(counts: WindowCounts, window: Window, limit: int) -> Iterator[tuple[Window, int]]:
    """
    Cut a window, each part with about its number of rows, in order.

    A row that was there when it was counted belongs to exactly one part.

    Parameters
    ----------
    counts : WindowCounts
        Asked as parts are taken.
    window : Window
        What to cut.
    limit : int
        Most rows of a part. Only rows equal in all dimensions are not parted; then a part has
        more.
    """
    extent = counts.extent(window)
    if extent is None:
        return
    if extent.rows <= limit:
        yield window, extent.rows
        return
    if extent.first == extent.last:
        single = window.within(extent.first, extent.last)
        if len(window.ranges) == len(DIMENSIONS):
            yield single, extent.rows
        else:
            yield from windows_of(counts, Window((*single.ranges, (FIRST, LAST))), limit)
        return
    first, last = window.ranges[-1]
    step = (extent.last - extent.first) // SLOTS + 1
    counted = window.within(extent.first, extent.last)
    slots = counts.slots(counted, step)
    begins = [first, *[slot.first for slot in slots[1:]]]
    ends = [begin - 1 for _, begin in pairwise(begins)] + [last]
    begin, rows = first, 0
    for slot, slot_begin, slot_end in zip(slots, begins, ends, strict=True):
        if rows and rows + slot.rows > limit:
            yield window.within(begin, slot_begin - 1), rows
            begin, rows = slot_begin, 0
        if slot.rows > limit:
            yield from windows_of(counts, window.within(slot_begin, slot_end), limit)
            begin, rows = slot_end + 1, 0
        else:
            rows += slot.rows
    if rows:
        yield window.within(begin, last), rows
