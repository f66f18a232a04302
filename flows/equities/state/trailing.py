"""Volume of the trailing minutes above, inside and below a value area."""

from array import array

TrailingState = tuple[int, list[tuple[int, bytes]]]


class TrailingVolume:
    """
    Shares by price of the last cells of event time, split by a value area.

    All sums are of integers, so what is taken away is exactly what was added.

    Parameters
    ----------
    cell_ns : int
        Length of a cell; windows begin and end on multiples of it.
    cells : int
        Cells of the window.

    Attributes
    ----------
    filling : dict of int to int
        Micro-shares by price (1/10,000 dollar) of the cell that is being filled. Whoever adds
        prints writes into it while `starts_ns` ≤ ts < `ends_ns`.
    """

    def __init__(self, cell_ns: int, cells: int) -> None:
        self._cell_ns = cell_ns
        self._cells = cells
        self._done: dict[int, array[int]] = {}
        self._area = (0, 0)
        self.filling: dict[int, int] = {}
        self.starts_ns = 0
        self.ends_ns = 0
        self.above = self.below = self.total = 0

    def add(self, ts: int, at_e4: int, micro: int) -> None:
        """Count shares (negative: a cancel's) at an instant outside the cell being filled too."""
        if ts >= self.ends_ns:
            self.reach(ts)
        if ts >= self.starts_ns:
            self.filling[at_e4] = self.filling.get(at_e4, 0) + micro
            return
        cell = ts // self._cell_ns
        if cell * self._cell_ns < self.starts_ns - self._cells * self._cell_ns:
            return
        pairs = self._done.get(cell)
        if pairs is None:
            self._done[cell] = array("q", (at_e4, micro))
            self._done = dict(sorted(self._done.items()))
        else:
            pairs.extend((at_e4, micro))
        self._count(array("q", (at_e4, micro)), 1)

    def reach(self, at_ns: int) -> None:
        """Let time reach an instant (ns UTC): the window ends with the cell before it."""
        starts_ns = at_ns - at_ns % self._cell_ns
        if starts_ns <= self.starts_ns:
            return
        if self.filling:
            pairs = array("q")
            for pair in self.filling.items():
                pairs.extend(pair)
            self._done[self.starts_ns // self._cell_ns] = pairs
            self._count(pairs, 1)
            self.filling.clear()
        self.starts_ns, self.ends_ns = starts_ns, starts_ns + self._cell_ns
        oldest = starts_ns // self._cell_ns - self._cells
        done = self._done
        while done:
            cell = next(iter(done))
            if cell >= oldest:
                return
            self._count(done.pop(cell), -1)

    def split(self, vah_e4: int, val_e4: int) -> None:
        """Split by another value area."""
        if self._area != (vah_e4, val_e4):
            self._area = (vah_e4, val_e4)
            self._count_again()

    def clear(self) -> None:
        """Forget everything, the time reached too."""
        self._done = {}
        self.filling.clear()
        self.starts_ns = self.ends_ns = 0
        self.above = self.below = self.total = 0

    def state(self) -> TrailingState:
        """Return cells as plain data; the value area is told anew."""
        filling = array("q")
        for pair in self.filling.items():
            filling.extend(pair)
        cells = [(cell, pairs.tobytes()) for cell, pairs in self._done.items()]
        return self.starts_ns, [*cells, (-1, filling.tobytes())]

    def load(self, state: TrailingState) -> None:
        """Take over a state."""
        self.clear()
        self.starts_ns, cells = state
        self.ends_ns = self.starts_ns + self._cell_ns if self.starts_ns else 0
        for cell, data in cells:
            pairs = array("q", data)
            if cell >= 0:
                self._done[cell] = pairs
            else:
                self.filling.update(zip(pairs[::2], pairs[1::2], strict=True))
        self._count_again()

    def _count_again(self) -> None:
        self.above = self.below = self.total = 0
        for pairs in self._done.values():
            self._count(pairs, 1)

    def _count(self, pairs: "array[int]", sign: int) -> None:
        vah_e4, val_e4 = self._area
        above = below = total = 0
        for at_e4, micro in zip(pairs[::2], pairs[1::2], strict=True):
            total += micro
            if at_e4 > vah_e4:
                above += micro
            elif at_e4 < val_e4:
                below += micro
        self.above += sign * above
        self.below += sign * below
        self.total += sign * total
