"""The path of the lit last price through rows of price, and where it came back to."""

from typing import Final
from typing import TypeAlias

CENT_E4: Final = 100
DOLLAR_E4: Final = 10_000
BPS: Final = 10_000
ABOVE: Final = 1
BELOW: Final = -1
NOWHERE: Final = 0
_NEAR_NS: Final = -1
# A bad print may jump over more rows than are worth a note of their own.
_MAX_JUMP: Final = 512

# Instant, side it came from, whether it turned back.
Touch: TypeAlias = tuple[int, int, bool]
# Since when the price is away (-1: it is near), its side, side of a stay away that was long enough.
Track: TypeAlias = tuple[int, int, int]

PathState = tuple[int, int, int, dict[int, Track], dict[int, list[Touch]]]


def tick_of(at_e4: int) -> int:
    """Return the tick at a price, both in 1/10,000 dollar: a cent, below a dollar a hundredth."""
    return CENT_E4 if at_e4 >= DOLLAR_E4 else 1


def row_height(at_e4: int, band_bps: float) -> int:
    """
    Return the height of a row, 1/10,000 dollar: {1, 2, 5} × 10ᵏ ticks, nearest to the width asked.

    Parameters
    ----------
    at_e4 : int
        Price, 1/10,000 dollar.
    band_bps : float
        Width asked, basis points of the price. Of two as near, the narrower; at least one tick.

    Examples
    --------
    >>> row_height(1_000_000, 5.0), row_height(6_700_000, 5.0), row_height(200_000, 5.0)
    (500, 2000, 100)
    """
    wanted = band_bps * at_e4
    row = tick_of(at_e4)
    best = row
    step = 0
    while True:
        if abs(row * BPS - wanted) < abs(best * BPS - wanted):
            best = row
        if row * BPS >= wanted:
            return best
        row = row * 5 // 2 if step % 3 == 1 else row * 2
        step += 1


class PricePath:
    """
    Touches of every row by the lit last price.

    A row is one band: of height W, at least one tick. The price is away from it when it is at
    least W from the row's nearest price, so rows next to the price are near: two or three of them.
    What happens to a row is noted only when the price comes near it, enters it or leaves it.

    * A touch: the price enters after it has been away for long enough on the side it comes from,
      since it was last in the row or away on the other side.
    * It turned back: the price was away on that side again soon enough.

    Parameters
    ----------
    row_e4, tick_e4 : int
        W and the tick, 1/10,000 dollar.
    away_ns, hold_ns : int
        Least stay away before a touch; time in which it has to turn back.

    Notes
    -----
    A price stands until the next one. Source: equities specification, 7.
    """

    def __init__(self, row_e4: int, tick_e4: int, away_ns: int, hold_ns: int) -> None:
        self.row_e4 = row_e4
        self.tick_e4 = tick_e4
        self._away_ns = away_ns
        self._hold_ns = hold_ns
        self._start_ns = 0
        self._tracks: dict[int, Track] = {}
        self._touches: dict[int, list[Touch]] = {}
        self._row = 0
        self.at_e4 = 0
        # First and last row that is near, and the prices between which nothing changes.
        self.near_low = 0
        self.near_high = 0
        self.calm_low_e4 = 1
        self.calm_high_e4 = 0

    def move(self, ts: int, at_e4: int) -> None:
        """Take the next price, of an instant (ns UTC)."""
        if not self.at_e4:
            self._start_ns = ts
            self._stand(at_e4)
            for row in range(self.near_low, self.near_high + 1):
                self._tracks[row] = _NEAR_NS, NOWHERE, NOWHERE
            return
        low, high, row = self.near_low, self.near_high, self._row
        self._stand(at_e4)
        self._leave(ts, low, high)
        for each in range(self.near_low, self.near_high + 1):
            if not low <= each <= high:
                self._come_near(ts, each, ABOVE if each < low else BELOW)
        if self._row != row:
            self._enter(ts)

    def touches(self, row: int, since_ns: int) -> list[Touch]:
        """Return the touches of a row from an instant on (ns UTC), and forget older ones."""
        found = self._touches.get(row)
        if found is None:
            return []
        kept = [touch for touch in found if touch[0] >= since_ns]
        if len(kept) < len(found):
            self._touches[row] = kept
        return kept

    def forget(self, low_row: int, high_row: int) -> None:
        """Forget the touches of rows: what was there was traded through."""
        for row in range(low_row, high_row + 1):
            self._touches.pop(row, None)

    def is_below(self, low_row: int, widths: int) -> bool:
        """Return whether the price is at least so many W below a row."""
        return bool(self.at_e4) and self.near_high <= low_row - widths

    def is_above(self, high_row: int, widths: int) -> bool:
        """Return whether the price is at least so many W above a row."""
        return bool(self.at_e4) and self.near_low >= high_row + widths

    def state(self) -> PathState:
        """Return the path as plain data."""
        return self._start_ns, self.at_e4, self._row, self._tracks, self._touches

    def load(self, state: PathState) -> None:
        """Go on from a state."""
        self._start_ns, at_e4, _, tracks, touches = state
        self._tracks, self._touches = dict(tracks), dict(touches)
        if at_e4:
            self._stand(at_e4)

    def _stand(self, at_e4: int) -> None:
        row_e4, tick_e4 = self.row_e4, self.tick_e4
        row, within = divmod(at_e4, row_e4)
        self.at_e4, self._row = at_e4, row
        self.near_low = (at_e4 + tick_e4) // row_e4 - 1
        self.near_high = -(-at_e4 // row_e4)
        first = row * row_e4
        last = first + row_e4 - tick_e4
        if not within:
            self.calm_low_e4 = self.calm_high_e4 = first
        elif at_e4 >= last:
            self.calm_low_e4, self.calm_high_e4 = max(last, first + 1), first + row_e4 - 1
        else:
            self.calm_low_e4, self.calm_high_e4 = first + 1, last - 1

    def _leave(self, ts: int, low: int, high: int) -> None:
        for row in range(low, high + 1):
            if row < self.near_low:
                self._go_away(ts, row, ABOVE)
            elif row > self.near_high:
                self._go_away(ts, row, BELOW)
        # Rows jumped over were away on one side and are now away on the other.
        for row in self._between(high + 1, self.near_low - 1):
            self._go_away(ts, row, ABOVE)
        for row in self._between(self.near_high + 1, low - 1):
            self._go_away(ts, row, BELOW)

    def _between(self, first: int, last: int) -> list[int]:
        if last - first < _MAX_JUMP:
            return list(range(first, last + 1))
        return sorted(row for row in self._tracks if first <= row <= last)

    def _go_away(self, ts: int, row: int, side: int) -> None:
        armed = self._tracks.get(row, (0, 0, NOWHERE))[2]
        self._tracks[row] = ts, side, armed if armed == side else NOWHERE
        touches = self._touches.get(row)
        if touches is None:
            return
        for at in range(len(touches) - 1, -1, -1):
            touched_ns, came_from, has_held = touches[at]
            if ts - touched_ns > self._hold_ns:
                return
            if came_from == side and not has_held:
                touches[at] = touched_ns, came_from, True

    def _come_near(self, ts: int, row: int, side: int) -> None:
        since_ns, _, armed = self._tracks.get(row, (self._start_ns, side, NOWHERE))
        if ts - since_ns >= self._away_ns:
            armed = side
        self._tracks[row] = _NEAR_NS, side, armed

    def _enter(self, ts: int) -> None:
        row = self._row
        armed = self._tracks[row][2]
        if armed != NOWHERE:
            self._touches.setdefault(row, []).append((ts, armed, False))
        self._tracks[row] = _NEAR_NS, NOWHERE, NOWHERE
