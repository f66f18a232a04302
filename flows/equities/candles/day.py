"""What is kept of a trading date's closed bars."""

from flows.equities.candles.cell import NOT_YET
from flows.equities.candles.record import WIDTHS_NS
from flows.equities.candles.revisions import Revisions
from flows.equities.candles.revisions import RevisionState

# Last price, revisions by length, revisions of seconds.
DayState = tuple[int | None, list[RevisionState], list[tuple[int, int]]]


class Day:
    """
    Last price and revision numbers of a trading date; bars themselves are not kept.

    Attributes
    ----------
    last_e4 : int | None
        Close of the last closed second with a price, 1/10,000 dollar; null before the first.
    """

    __slots__ = ("_longer", "_seconds", "last_e4")

    def __init__(self) -> None:
        self.last_e4: int | None = None
        self._longer = [Revisions(width_ns) for width_ns in WIDTHS_NS[1:]]
        # Seconds come out once and are seldom revised: only those that were are here.
        self._seconds: dict[int, int] = {}

    def had_second(self, start: int) -> None:
        """Learn that a bar of a second came out, which is not kept elsewhere."""
        self._seconds.setdefault(start, 0)

    def revision(self, level: int, begin: int) -> int:
        """Return the last revision of a closed bar, `NOT_YET` when it never came out."""
        if level == 0:
            return self._seconds.get(begin, NOT_YET)
        return self._longer[level - 1].get(begin)

    def put_revision(self, level: int, begin: int, revision: int) -> None:
        """Keep the last revision of a closed bar."""
        if level == 0:
            self._seconds[begin] = revision
        else:
            self._longer[level - 1].put(begin, revision)

    def state(self) -> DayState:
        """Return the day as plain data."""
        return self.last_e4, [each.state() for each in self._longer], list(self._seconds.items())

    @classmethod
    def restore(cls, state: DayState) -> "Day":
        """Return the day of a state."""
        day = cls()
        day.last_e4 = state[0]
        day._longer = [Revisions.restore(each) for each in state[1]]
        day._seconds = dict(state[2])
        return day
