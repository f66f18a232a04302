"""Which rows hold off-exchange volume that the lit price keeps coming back to."""

import msgspec

from flows.common.calendar import NS_PER_MS
from flows.equities.dark.cells import RollingRows
from flows.equities.dark.confidence import share_held
from flows.equities.dark.config import DarkConfig
from flows.equities.dark.path import ABOVE
from flows.equities.dark.path import PricePath


class Touched(msgspec.Struct, frozen=True, gc=False):
    """
    What the lit price did at a row.

    Parameters
    ----------
    touches, from_above : int
        All, and those from above.
    held, decided : int
        Those that turned back in time, and those that have or whose time is over.
    last_ns, last_side : int
        Newest touch, ns UTC, and the side it came from (1 above, -1 below).
    """

    touches: int = 0
    from_above: int = 0
    held: int = 0
    decided: int = 0
    last_ns: int = 0
    last_side: int = 0

    @property
    def hold(self) -> float:
        """Return the share of decided touches that turned back, to two decimals; 0 without any."""
        return share_held(self.held, self.decided)


class Group(msgspec.Struct, frozen=True, gc=False):
    """
    Adjacent rows of which each qualifies by itself.

    Parameters
    ----------
    low_row, high_row : int
        First and last.
    micro, total_micro : int
        Off-exchange shares, and those of all prints, 1/1,000,000 share.
    touched : Touched
        Of the row with most touches (ties: more shares, then the lower row), so that no visit of
        the price is counted twice.
    """

    low_row: int
    high_row: int
    micro: int
    total_micro: int
    touched: Touched


class ZoneFinder:
    """
    The gates of a hidden liquidity zone.

    Parameters
    ----------
    config : DarkConfig
        Gates.

    Notes
    -----
    A touch whose time to turn back is not over counts as a touch and in no share. The share that
    turned back is compared to two decimals, as it is written: two of three pass .67. Source:
    equities specification, 7.
    """

    def __init__(self, config: DarkConfig) -> None:
        self._config = config
        self._window_ns = config.zone_window_ms * NS_PER_MS
        self._hold_ns = config.touch_hold_ms * NS_PER_MS

    def groups(
        self, rows: RollingRows, path: PricePath, t_zone_micro: int, at_ns: int
    ) -> list[Group]:
        """Return the groups at a boundary (ns UTC), most shares first, ties to the lower row."""
        heavy = sorted(row for row, micro in rows.shares.items() if micro >= t_zone_micro)
        passing: list[tuple[int, Touched]] = []
        for row in heavy:
            touched = self._passes(row, rows, path, at_ns)
            if touched is not None:
                passing.append((row, touched))
        found: list[Group] = []
        start = 0
        for at in range(1, len(passing) + 1):
            if at == len(passing) or passing[at][0] != passing[at - 1][0] + 1:
                found.append(_group(passing[start:at], rows))
                start = at
        return sorted(found, key=lambda group: (-group.micro, group.low_row))

    def touched(self, row: int, path: PricePath, at_ns: int) -> Touched:
        """Return what the lit price did at a row within the window."""
        touches = path.touches(row, at_ns - self._window_ns)
        if not touches:
            return Touched()
        held = sum(1 for touch in touches if touch[2])
        over = sum(1 for ts, _, is_held in touches if not is_held and at_ns - ts > self._hold_ns)
        from_above = sum(1 for touch in touches if touch[1] == ABOVE)
        last_ns, last_side, _ = touches[-1]
        return Touched(len(touches), from_above, held, held + over, last_ns, last_side)

    def _passes(
        self, row: int, rows: RollingRows, path: PricePath, at_ns: int
    ) -> Touched | None:  # fmt: skip
        config = self._config
        if rows.counts[row] < config.zone_min_prints:
            return None
        if rows.shares[row] < config.zone_share * rows.totals[row]:
            return None
        touched = self.touched(row, path, at_ns)
        is_held = touched.touches >= config.zone_min_touches and touched.hold >= config.zone_hold
        return touched if is_held else None


def _group(passing: list[tuple[int, Touched]], rows: RollingRows) -> Group:
    members = [row for row, _ in passing]
    _, touched = max(passing, key=lambda each: (each[1].touches, rows.shares[each[0]], -each[0]))
    return Group(
        members[0],
        members[-1],
        sum(rows.shares[row] for row in members),
        sum(rows.totals[row] for row in members),
        touched,
    )
