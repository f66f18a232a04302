"""Volume by row, in integers, so that sums are exact in any order."""

from array import array
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from flows.equities.observed import BUY
from flows.equities.observed import SELL
from flows.equities.observed import UNKNOWN
from flows.equities.observed import ObservedPrint
from flows.equities.profile.rows import Grid

# Places of a cell: micro-shares by direction, off-exchange micro-shares, number of prints.
OFF_EXCHANGE: Final = 3
TRADES: Final = 4
PLACES: Final = 5
PLACE_OF: Final[Mapping[str, int]] = MappingProxyType({BUY: 0, SELL: 1, UNKNOWN: 2})

_EMPTY: Final = (0,) * PLACES
HistogramState = tuple[int, int, int, bytes]


class Dense(msgspec.Struct, frozen=True):
    """
    The rows of a histogram from the lowest to the highest with volume, those without included.

    Parameters
    ----------
    row_e4 : int
        Height of a row in 1/10,000 dollar.
    first_row : int
        Number of the first row; 0 where there is none.
    volume, buy, sell, unknown, off_exchange : tuple of int
        Micro-shares a row; `volume` is the sum of the three directions.
    trades : tuple of int
        Prints a row.
    excluded : int
        Micro-shares that count to volume and to no row.
    """

    row_e4: int
    first_row: int
    volume: tuple[int, ...]
    buy: tuple[int, ...]
    sell: tuple[int, ...]
    unknown: tuple[int, ...]
    off_exchange: tuple[int, ...]
    trades: tuple[int, ...]
    excluded: int

    def content(self) -> bytes:
        """Return everything that is counted; equal content, equal bytes."""
        columns = (self.buy, self.sell, self.unknown, self.off_exchange, self.trades)
        head = array("q", (self.row_e4, self.first_row, self.excluded)).tobytes()
        return head + b"".join([array("q", column).tobytes() for column in columns])


class Histogram:
    """
    What was counted of a window.

    Parameters
    ----------
    grid : Grid
        Its rows.
    """

    __slots__ = ("cells", "excluded", "grid", "ingest_ts", "seq")

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.cells: dict[int, list[int]] = {}
        self.excluded = 0
        self.ingest_ts = 0
        self.seq = 0

    def count(self, p: ObservedPrint, sign: int) -> None:
        """Add a print that counts to volume (`sign` 1), or take it away (-1)."""
        micro = sign * p.micro
        row = self.grid.row_of(p.at_e4) if p.levels else None
        self.count_at(row, PLACE_OF[p.direction], micro, sign, is_off_exchange=p.off_exchange)

    def count_at(
        self, row: int | None, place: int, micro: int, trades: int, *, is_off_exchange: bool
    ) -> None:
        """Add micro-shares and prints to a place of a row; to what is excluded without a row."""
        if row is None:
            self.excluded += micro
            return
        cell = self.cells.get(row)
        if cell is None:
            cell = self.cells[row] = [0] * PLACES
        cell[place] += micro
        cell[TRADES] += trades
        if is_off_exchange:
            cell[OFF_EXCHANGE] += micro
        if not cell[TRADES]:
            del self.cells[row]

    def heard(self, ingest_ts: int, seq: int) -> None:
        """Take note of the newest input."""
        self.ingest_ts = max(self.ingest_ts, ingest_ts)
        self.seq = seq

    def merge(self, other: "Histogram", sign: int = 1) -> None:
        """
        Add another histogram, or take it away.

        Rows of another height go where their label lies, so nothing is split and sums stay exact.
        """
        cells = self.cells
        own_e4, other_e4 = self.grid.row_e4, other.grid.row_e4
        for number, more in other.cells.items():
            row = number if own_e4 == other_e4 else number * other_e4 // own_e4
            cell = cells.get(row)
            if cell is None:
                cells[row] = [sign * amount for amount in more]
                continue
            buy, sell, unknown, off_exchange, trades = more
            cell[0] += sign * buy
            cell[1] += sign * sell
            cell[2] += sign * unknown
            cell[3] += sign * off_exchange
            cell[4] += sign * trades
            if not cell[4]:
                del cells[row]
        self.excluded += sign * other.excluded

    def dense(self) -> Dense:
        """Return the rows in order of price."""
        cells, row_e4 = self.cells, self.grid.row_e4
        if not cells:
            return Dense(row_e4, 0, (), (), (), (), (), (), self.excluded)
        first = min(cells)
        found = [cells.get(row, _EMPTY) for row in range(first, max(cells) + 1)]
        buy, sell, unknown, off_exchange, trades = zip(*found, strict=True)
        volume = tuple([b + s + u for b, s, u in zip(buy, sell, unknown, strict=True)])
        return Dense(row_e4, first, volume, buy, sell, unknown, off_exchange, trades, self.excluded)

    def state(self) -> HistogramState:
        """Return the counts as plain data."""
        flat = array("q")
        for row, cell in self.cells.items():
            flat.append(row)
            flat.extend(cell)
        return self.excluded, self.ingest_ts, self.seq, flat.tobytes()

    @classmethod
    def restore(cls, grid: Grid, state: HistogramState) -> "Histogram":
        """Return the histogram of a state."""
        histogram = cls(grid)
        histogram.excluded, histogram.ingest_ts, histogram.seq, data = state
        flat = array("q", data).tolist()
        for at in range(0, len(flat), PLACES + 1):
            histogram.cells[flat[at]] = flat[at + 1 : at + 1 + PLACES]
        return histogram
