"""Low and high volume nodes."""

from collections.abc import Sequence

import msgspec

from flows.equities.profile.config import PROMINENCE
from flows.equities.profile.config import ProfileConfig


class Nodes(msgspec.Struct, frozen=True):
    """Places, from 0, of the low and the high volume nodes, in order of price."""

    low: tuple[int, ...]
    high: tuple[int, ...]


def nodes(volumes: Sequence[int], config: ProfileConfig) -> Nodes:
    """Return the nodes of rows in order of price, by the preset of the configuration."""
    if config.nodes == PROMINENCE:
        return prominent_nodes(volumes, config.prominence_pct)
    return mean_ratio_nodes(volumes, config.mean_low_pct, config.mean_high_pct)


def mean_ratio_nodes(volumes: Sequence[int], low_pct: int = 30, high_pct: int = 150) -> Nodes:
    """
    Return rows far below and far above the mean of the rows that have volume.

    Notes
    -----
    Source: equities specification, 9.
    """
    rows = sum(1 for volume in volumes if volume > 0)
    total = sum(volumes)
    below, above = low_pct * total, high_pct * total
    return Nodes(
        tuple([at for at, volume in enumerate(volumes) if 0 < 100 * rows * volume < below]),
        tuple([at for at, volume in enumerate(volumes) if 100 * rows * volume > above]),
    )


def prominent_nodes(volumes: Sequence[int], prominence_pct: int = 20) -> Nodes:
    """
    Return valleys and peaks that stand out by a share of the greatest row.

    Notes
    -----
    A valley lies strictly inside and is as deep as the lower of the peaks on its two sides, each
    sought until a row lower than the valley; a peak is as high above the higher of the saddles to
    greater rows. Plateaus of equal rows count once, by their middle row, the lower of two. Source:
    equities specification, 9.
    """
    if not volumes:
        return Nodes((), ())
    levels, middles = _turning_points(volumes)
    least = prominence_pct * max(levels)
    return Nodes(_valleys(levels, middles, least), _peaks(levels, middles, least))


def _turning_points(volumes: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return level and middle row of the plateaus that are no mere step on the way up or down."""
    levels: list[int] = []
    middles: list[int] = []
    before = volumes[0]
    start, was_rising = 0, None
    for at, volume in enumerate(volumes):
        if volume == before:
            continue
        is_rising = volume > before
        if is_rising is not was_rising:
            levels.append(before)
            middles.append((start + at - 1) // 2)
            was_rising = is_rising
        before, start = volume, at
    levels.append(before)
    middles.append((start + len(volumes) - 1) // 2)
    return levels, middles


def _peaks(levels: list[int], middles: list[int], least: int) -> tuple[int, ...]:
    left = _lowest_before_greater(levels)
    right = _lowest_before_greater(levels[::-1])[::-1]
    # Peaks and valleys take turns.
    first = 1 if len(levels) > 1 and levels[1] > levels[0] else 0
    return tuple(
        [
            middles[at]
            for at in range(first, len(levels), 2)
            if 100 * (levels[at] - max(left[at], right[at])) >= least
        ]
    )


def _valleys(levels: list[int], middles: list[int], least: int) -> tuple[int, ...]:
    depths = [-level for level in levels]
    left = _lowest_before_greater(depths, to_the_edge=True)
    right = _lowest_before_greater(depths[::-1], to_the_edge=True)[::-1]
    first = 2 if len(levels) > 1 and levels[1] > levels[0] else 1
    return tuple(
        [
            middles[at]
            for at in range(first, len(levels) - 1, 2)
            if 100 * (min(-left[at], -right[at]) - levels[at]) >= least
        ]
    )


def _lowest_before_greater(values: Sequence[int], *, to_the_edge: bool = False) -> list[int]:
    """
    Return the lowest value since the last greater one.

    Where there is no greater one, 0, or the lowest since the edge.
    """
    found: list[int] = []
    falling: list[tuple[int, int]] = []  # value, lowest since the entry before
    for value in values:
        lowest = value
        while falling and falling[-1][0] <= value:
            lowest = min(lowest, falling.pop()[1])
        found.append(lowest if falling or to_the_edge else 0)
        falling.append((value, lowest))
    return found
