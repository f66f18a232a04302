"""Shares of every row over a rolling window, in cells as long as the cadence."""

from bisect import bisect_left
from collections import deque
from operator import itemgetter
from typing import TypeAlias

from flows.common.cadence import NEVER
from flows.equities.dark.entry import Entry

# Start, shares of all prints by row, off-exchange prints by row.
Cell: TypeAlias = tuple[int, dict[int, int], dict[int, list[Entry]]]


class RollingRows:
    """
    What was traded in each row within the window.

    A window that ends at a boundary consists of whole cells, so nothing is kept of a print that is
    not off-exchange but its shares. The newest cell is counted in when it has ended.

    Parameters
    ----------
    window_ns, cell_ns : int
        Length of the window, a multiple of that of a cell.
    """

    def __init__(self, window_ns: int, cell_ns: int) -> None:
        self._window_ns = window_ns
        self._cell_ns = cell_ns
        self._cells: deque[Cell] = deque()
        self.end_ns = 0
        self.start_ns = NEVER
        # The newest cell, written to directly for every print.
        self.traded: dict[int, int] = {}
        self._prints: dict[int, list[Entry]] = {}
        # Over the cells that have ended.
        self.totals: dict[int, int] = {}
        self.shares: dict[int, int] = {}
        self.counts: dict[int, int] = {}

    @property
    def is_empty(self) -> bool:
        """Return whether nothing lies in the window."""
        return not self._cells and not self.traded

    def open(self, ts: int) -> bool:
        """Begin the cell of an instant (ns UTC); False when it is not newer than the newest."""
        if ts < self.end_ns:
            return False
        self._close()
        self.start_ns = ts - ts % self._cell_ns
        self.end_ns = self.start_ns + self._cell_ns
        return True

    def add_late(self, ts: int, row: int, micro: int) -> bool:
        """Count a print for a cell that has ended; False when that is no longer in the window."""
        start_ns = ts - ts % self._cell_ns
        if start_ns < self.end_ns - self._window_ns:
            return False
        cell = self._find(ts)
        if cell is None:
            cell = (start_ns, {}, {})
            place = bisect_left(self._cells, start_ns, key=itemgetter(0))
            self._cells.insert(place, cell)
        _add(cell[1], row, micro)
        _add(self.totals, row, micro)
        return True

    def keep(self, row: int, entry: Entry) -> None:
        """Keep an off-exchange print whose shares have been counted."""
        if self.start_ns <= entry[0] < self.end_ns:
            self._prints.setdefault(row, []).append(entry)
            return
        cell = self._find(entry[0])
        if cell is not None:
            cell[2].setdefault(row, []).append(entry)
            self._count(row, entry[3], 1)

    def remove(self, ts: int, row: int, micro: int, trace_id: str) -> None:
        """Take a cancelled print out."""
        if self.start_ns <= ts < self.end_ns:
            _add(self.traded, row, -micro)
            _discard(self._prints, row, trace_id)
            return
        cell = self._find(ts)
        if cell is None:
            return
        _add(cell[1], row, -micro)
        _add(self.totals, row, -micro)
        if _discard(cell[2], row, trace_id):
            self._count(row, -micro, -1)

    def advance(self, at_ns: int) -> None:
        """Let the window end at a boundary (ns UTC)."""
        if self.end_ns <= at_ns:
            self._close()
        oldest_ns = at_ns - self._window_ns
        while self._cells and self._cells[0][0] < oldest_ns:
            _, traded, prints = self._cells.popleft()
            for row, micro in traded.items():
                _add(self.totals, row, -micro)
            for row, entries in prints.items():
                self._count(row, -sum(entry[3] for entry in entries), -len(entries))

    def prints(self, low_row: int, high_row: int) -> list[Entry]:
        """Return the off-exchange prints of rows in the cells that have ended, in order of time."""
        found: list[Entry] = []
        for _, _, prints in self._cells:
            for row in range(low_row, high_row + 1):
                found += prints.get(row, ())
        found.sort()
        return found

    def state(self) -> tuple[list[Cell], Cell, int]:
        """Return the cells as plain data."""
        return list(self._cells), (self.start_ns, self.traded, self._prints), self.end_ns

    def load(self, state: tuple[list[Cell], Cell, int]) -> None:
        """Go on from a state."""
        cells, (self.start_ns, traded, prints), self.end_ns = state
        self._cells = deque(cells)
        self.traded, self._prints = dict(traded), dict(prints)
        self.totals, self.shares, self.counts = {}, {}, {}
        for cell in cells:
            self._merge(cell)

    def _close(self) -> None:
        if self.traded:
            cell = (self.start_ns, self.traded, self._prints)
            self._cells.append(cell)
            self._merge(cell)
            self.traded, self._prints = {}, {}
        self.start_ns = NEVER

    def _merge(self, cell: Cell) -> None:
        for row, micro in cell[1].items():
            _add(self.totals, row, micro)
        for row, entries in cell[2].items():
            self._count(row, sum(entry[3] for entry in entries), len(entries))

    def _count(self, row: int, micro: int, prints: int) -> None:
        _add(self.shares, row, micro)
        _add(self.counts, row, prints)

    def _find(self, ts: int) -> Cell | None:
        start_ns = ts - ts % self._cell_ns
        for cell in self._cells:
            if cell[0] == start_ns:
                return cell
        return None


def _add(sums: dict[int, int], row: int, amount: int) -> None:
    total = sums.get(row, 0) + amount
    if total:
        sums[row] = total
    else:
        sums.pop(row, None)


def _discard(prints: dict[int, list[Entry]], row: int, trace_id: str) -> bool:
    entries = prints.get(row, [])
    left = [entry for entry in entries if entry[5] != trace_id]
    if len(left) == len(entries):
        return False
    if left:
        prints[row] = left
    else:
        del prints[row]
    return True
