"""Low-volume nodes: united from several profiles, and how far a price is from them."""

from bisect import bisect_left
from collections.abc import Iterable
from collections.abc import Sequence

import msgspec

from flows.common.prices import price_e4
from flows.common.prices import round6
from flows.equities.state.config import SCALE_E6
from flows.equities.state.levels import Levels
from flows.equities.state.names import ABOVE
from flows.equities.state.names import APPROACH_DOWN
from flows.equities.state.names import APPROACH_UP
from flows.equities.state.names import BELOW


class Node(msgspec.Struct, frozen=True, gc=False):
    """
    A low-volume node.

    Parameters
    ----------
    at_e4 : int
        1/10,000 dollar.
    profile_ids : tuple of str
        Profiles that have it, developing session first.
    """

    at_e4: int
    profile_ids: tuple[str, ...]


class LvnDistance(msgspec.Struct, frozen=True, gc=False):
    """
    Where a price lies to a node.

    Parameters
    ----------
    lvn : float
        $ of the node.
    distance_pct : float
        |price - lvn| in % of the node.
    distance_dollars : float
        price - lvn, so negative below the node.
    approach : str | None
        `UP` when the node lies above the price, `DOWN` when below; null at the node.
    position : str | None
        `BELOW` or `ABOVE`: the price's place; null at the node.
    is_near : bool
        Within the threshold.
    """

    lvn: float
    distance_pct: float
    distance_dollars: float
    approach: str | None
    position: str | None
    is_near: bool


def unite(profiles: Sequence[Levels]) -> list[Node]:
    """
    Return the nodes of several profiles, ascending.

    Of nodes no more than one row (the highest of the profiles' rows) above the last one kept, the
    lowest stays. Source: equities specification, 12.
    """
    row_e4 = max([each.row_e4 for each in profiles], default=0)
    found: list[tuple[int, list[str]]] = []
    labels = sorted(
        [(at, rank) for rank, each in enumerate(profiles) for at in each.lvns_e4]
    )  # fmt: skip
    for at_e4, rank in labels:
        if not found or at_e4 - found[-1][0] > row_e4:
            found.append((at_e4, []))
        profile_id = profiles[rank].profile_id
        if profile_id not in found[-1][1]:
            found[-1][1].append(profile_id)
    return [Node(at_e4, tuple(ids)) for at_e4, ids in found]


def nearest_place(nodes_e4: Sequence[int], at_e4: int) -> int | None:
    """
    Return the place of the node nearest to a price, in % of the node; of two the lower.

    Parameters
    ----------
    nodes_e4 : sequence of int
        Ascending, 1/10,000 dollar.
    at_e4 : int
        Price, 1/10,000 dollar.

    Returns
    -------
    int | None
        Null when there is no node.
    """
    if not nodes_e4:
        return None
    above = bisect_left(nodes_e4, at_e4)
    if above == 0:
        return 0
    if above == len(nodes_e4):
        return above - 1
    lower, upper = nodes_e4[above - 1], nodes_e4[above]
    # (at - lower) / lower against (upper - at) / upper, without dividing.
    return above - 1 if (at_e4 - lower) * upper <= (upper - at_e4) * lower else above


def is_within(node_e4: int, at_e4: int, pct: float) -> bool:
    """Return whether a price is at most so many % (of the node) away from it."""
    return abs(at_e4 - node_e4) * 100 * SCALE_E6 <= round(pct * SCALE_E6) * node_e4


def is_away(node_e4: int, at_e4: int, pct: float) -> bool:
    """Return whether a price is at least so many % (of the node) away from it."""
    return abs(at_e4 - node_e4) * 100 * SCALE_E6 >= round(pct * SCALE_E6) * node_e4


def distance(node_e4: int, at_e4: int, alert_pct: float) -> LvnDistance:
    """Return where a price (1/10,000 dollar) lies to a node."""
    apart_e4 = at_e4 - node_e4
    approach = position = None
    if apart_e4 < 0:
        approach, position = APPROACH_UP, BELOW
    elif apart_e4 > 0:
        approach, position = APPROACH_DOWN, ABOVE
    return LvnDistance(
        node_e4 / 10_000,
        round6(abs(apart_e4) / node_e4 * 100),
        apart_e4 / 10_000,
        approach,
        position,
        is_within(node_e4, at_e4, alert_pct),
    )


def lvn_list(nodes: Iterable[float], price: float, alert_pct: float) -> list[LvnDistance]:
    """
    Return where a price lies to each of some nodes, nearest first; of equal ones the lower.

    Parameters
    ----------
    nodes : iterable of float
        $, above 0.
    price : float
        $.
    alert_pct : float
        Distance in % of a node that is near.

    Examples
    --------
    >>> [(at.lvn, at.distance_pct, at.approach) for at in lvn_list([100.4], 100.0, 0.5)]
    [(100.4, 0.398406, 'UP')]
    """
    at_e4 = price_e4(price)
    found = [(price_e4(node), distance(price_e4(node), at_e4, alert_pct)) for node in nodes]
    found.sort(key=lambda each: (each[1].distance_pct, each[0]))
    return [each for _, each in found]
