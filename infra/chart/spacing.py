"""Marks and labels that do not cover each other."""

import math
from collections.abc import Sequence


def apart(places: Sequence[float], gap: float) -> list[float]:
    """
    Move places on an axis apart as little as it takes to have a gap between any two.

    Parameters
    ----------
    places : sequence of float
        In any order.
    gap : float
        Least distance.

    Returns
    -------
    list of float
        The new places, in the order given.

    Examples
    --------
    >>> apart([1.0, 1.2, 5.0], 1.0)
    [0.6, 1.6, 5.0]
    """
    order = sorted(range(len(places)), key=lambda at: (places[at], at))
    # Blocks that touch move as one, each around the mean of where its members want to be.
    blocks: list[tuple[float, list[int]]] = []
    for at in order:
        middle, members = places[at], [at]
        while blocks and middle - blocks[-1][0] < gap * (len(members) + len(blocks[-1][1])) / 2:
            members = [*blocks.pop()[1], *members]
            middle = sum(places[each] for each in members) / len(members)
        blocks.append((middle, members))
    found = [0.0] * len(places)
    for middle, members in blocks:
        for number, at in enumerate(members):
            found[at] = round(middle + gap * (number - (len(members) - 1) / 2), 9)
    return found


def mark_area(shares: float, greatest: float, least_pt2: float, most_pt2: float) -> float:
    """
    Return the area of a mark, so that the area and not the diameter stands for the shares.

    Parameters
    ----------
    shares, greatest : float
        Of this mark and of the greatest one.
    least_pt2, most_pt2 : float
        Square points; what would be smaller could not be seen.
    """
    share = shares / greatest if greatest > 0 else 0.0
    return max(least_pt2, most_pt2 * share)


def standing_apart(circles: Sequence[tuple[float, float, float]], most: int) -> list[int]:
    """
    Return which marks are drawn so that none covers another.

    Parameters
    ----------
    circles : sequence of tuple of float
        Middle across, middle up and radius of each mark in one unit, the most important first.
    most : int
        Not more than so many.

    Returns
    -------
    list of int
        Their places in the sequence, ascending.

    Examples
    --------
    >>> standing_apart([(0.0, 0.0, 5.0), (3.0, 0.0, 5.0), (11.0, 0.0, 5.0)], 9)
    [0, 2]
    """
    kept: list[int] = []
    for place, (across, up, radius) in enumerate(circles):
        if len(kept) == most:
            break
        others = [circles[each] for each in kept]
        if all(math.hypot(across - x, up - y) >= radius + other for x, y, other in others):
            kept.append(place)
    return kept
