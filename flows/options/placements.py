"""Placements of some prints, and whether they are one sweep."""

from collections.abc import Sequence
from typing import Final

import msgspec

from flows.options.tape import Member

ONE_SIDED_SHARE: Final = 0.80

_SIDES: Final = {"AA": 0, "A": 1, "MID": 2, "B": 3, "BB": 4, "MISSING": 5, "STALE": 6}

Seven = tuple[int, int, int, int, int, int, int]


class Placed(msgspec.Struct, frozen=True, gc=False):
    """Members and contracts per placement, in the order AA A MID B BB MISSING STALE."""

    counts: Seven
    sizes: Seven
    placed: int
    buy_side: int
    sell_side: int

    @property
    def is_one_sided(self) -> bool:
        """Whether at least .80 of the placed size lies on one side of the market."""
        larger = max(self.buy_side, self.sell_side)
        return self.placed > 0 and larger >= ONE_SIDED_SHARE * self.placed


def _seven(values: list[int]) -> Seven:
    aa, a, mid, b, bb, missing, stale = values
    return aa, a, mid, b, bb, missing, stale


def placed_sizes(members: Sequence[Member]) -> Placed:
    """Count the placements of some prints."""
    counts = [0, 0, 0, 0, 0, 0, 0]
    sizes = [0, 0, 0, 0, 0, 0, 0]
    for member in members:
        row = member.row
        at = _SIDES[row.nbbo_side]
        counts[at] += 1
        sizes[at] += row.size
    buy_side = sizes[0] + sizes[1]
    sell_side = sizes[3] + sizes[4]
    placed = buy_side + sizes[2] + sell_side
    return Placed(_seven(counts), _seven(sizes), placed, buy_side, sell_side)


def sweep_kind(members: Sequence[Member], placed: Placed, max_gap_ns: int) -> str:
    """
    Return `multi_venue`, `iso`, `both` or `none`.

    Parameters
    ----------
    members : Sequence[Member]
        In order of time, at least one.
    placed : Placed
        Their placements.
    max_gap_ns : int
        Largest gap between two fills of a sweep.

    Notes
    -----
    Source: options flow specification, 5.2.
    """
    total = iso = 0
    for member in members:
        size = member.row.size
        total += size
        if member.facts.iso:
            iso += size
    is_iso = 2 * iso >= total
    if len(members) < 2 or not placed.is_one_sided:
        return "iso" if is_iso else "none"
    previous = members[0].row
    is_spread_out = False
    for member in members[1:]:
        row = member.row
        if row.source_ts - previous.source_ts > max_gap_ns:
            return "iso" if is_iso else "none"
        if row.exchange != previous.exchange:
            is_spread_out = True
        previous = row
    if is_spread_out:
        return "both" if is_iso else "multi_venue"
    return "iso" if is_iso else "none"
