"""A longer bar that is not closed yet."""

from flows.equities.candles.cell import Cell
from flows.equities.candles.cell import CellState
from flows.equities.candles.day import DayState
from flows.equities.stage import Cause

# Sums of its closed parts, what was shown last, and the price that carried.
OpenBarState = tuple[CellState, CellState | None, int | None]
# Version, due, calm, changed, seconds, open bars by length, days, corrected, dropped, counters.
State = tuple[
    int,
    int,
    bool,
    int,
    list[tuple[int, CellState]],
    list[list[tuple[int, OpenBarState]]],
    list[tuple[int, DayState]],
    int,
    int,
    list[tuple[str, int]],
]


class OpenBar:
    """
    Closed parts of a bar that goes on, and what was shown of it.

    Attributes
    ----------
    cell : Cell
        Its closed parts: seconds, or bars of the next shorter length. `revision` is the last that
        came out.
    """

    __slots__ = ("_carried_e4", "_shown", "cell")

    def __init__(self) -> None:
        self.cell = Cell()
        self._shown: Cell | None = None
        self._carried_e4: int | None = None

    def shows(self, whole: Cell, carried_e4: int | None) -> bool:
        """Return whether a bar was the last that came out."""
        shown = self._shown
        return shown is not None and carried_e4 == self._carried_e4 and whole.is_same_bar(shown)

    def show(self, whole: Cell, carried_e4: int | None) -> None:
        """Keep what came out."""
        self._shown, self._carried_e4 = whole, carried_e4
        self.cell.revision = whole.revision

    def refill(self, cell: Cell, cause: Cause) -> None:
        """Replace the closed parts by what a late print or a cancel left of them."""
        cell.revision = self.cell.revision
        # What a cancel before this one brought along stays known.
        cell.note(self.cell.ingest_ts, self.cell.seq)
        cell.note(cause.ingest_ts, cause.seq)
        self.cell = cell

    def state(self) -> OpenBarState:
        """Return the bar as plain data."""
        shown = None if self._shown is None else self._shown.state()
        return self.cell.state(), shown, self._carried_e4

    @classmethod
    def restore(cls, state: OpenBarState) -> "OpenBar":
        """Return the bar of a state."""
        bar = cls()
        bar.cell = Cell.restore(state[0])
        bar._shown = None if state[1] is None else Cell.restore(state[1])
        bar._carried_e4 = state[2]
        return bar
