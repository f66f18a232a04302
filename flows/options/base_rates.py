"""Base rates: how often the same would have been a hit without an alert."""

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from flows.common.calendar import NS_PER_MINUTE
from flows.options.forward_returns import HORIZONS
from flows.options.forward_returns import MidPath
from flows.options.forward_returns import SessionTimes
from flows.options.forward_returns import returns_at
from flows.options.settlement import OPENED
from flows.options.settlement import SnapshotDay
from flows.options.settlement import change_outcome

GRID_NS: Final = NS_PER_MINUTE
BUCKET_NS: Final = 30 * NS_PER_MINUTE


class BaseRate(msgspec.Struct, frozen=True, gc=False):
    """
    How often the same would have been a hit without the alert.

    Parameters
    ----------
    rate : float
        Share, 0 to 1.
    samples : int
        What it is counted over, above 0.
    """

    rate: float
    samples: int


def base_rates(
    emission_ns: int,
    direction: str,
    path: MidPath,
    own: SessionTimes,
    sessions: Sequence[SessionTimes],
) -> dict[str, BaseRate]:
    """
    Return how often the mid moved an alert's way at the same time of day.

    Parameters
    ----------
    emission_ns : int
        When the alert opened, ns UTC.
    direction : str
        Its direction.
    path : MidPath
        Mids of its underlying over the sessions.
    own : SessionTimes
        Its session.
    sessions : sequence of SessionTimes
        Where samples are taken; may hold the alert's own.

    Returns
    -------
    dict
        By horizon, where any sample has a return. Empty for alerts without a direction or outside
        regular hours.

    Notes
    -----
    Every minute of the alert's half-hour of the session is a sample, at the alert's second of the
    minute: feeds that renew a price once a minute would otherwise show no move from one whole
    minute to the next. The alert's own instant is left out. Nothing is drawn by chance.
    """
    since_open_ns = emission_ns - own.open_ns
    sign = {"bullish": 1.0, "bearish": -1.0}.get(direction)
    if sign is None or not 0 <= since_open_ns < own.close_ns - own.open_ns:
        return {}
    first_ns = since_open_ns // BUCKET_NS * BUCKET_NS
    offsets = np.arange(
        first_ns + since_open_ns % GRID_NS, first_ns + BUCKET_NS, GRID_NS, dtype=np.int64
    )
    hits = np.zeros(len(HORIZONS), dtype=np.int64)
    known = np.zeros_like(hits)
    for times in sessions:
        grid = times.open_ns + offsets
        table = returns_at(grid[(grid < times.close_ns) & (grid != emission_ns)], path, times)
        hits += np.count_nonzero(table.is_known & (table.bps * sign > 0.0), axis=0)
        known += np.count_nonzero(table.is_known, axis=0)
    return {
        name: BaseRate(int(hit) / int(n), int(n))
        for name, hit, n in zip(HORIZONS, hits, known, strict=True)
        if n
    }


def opened_base_rate(
    size: int,
    own: Iterable[str],
    traded: Mapping[str, int],
    before: SnapshotDay,
    after: SnapshotDay,
) -> BaseRate | None:
    """
    Return how often contracts of the underlying that traded as much opened by the same rule.

    Parameters
    ----------
    size : int
        The alert's contracts.
    own : iterable of str
        The alert's own contracts, left out.
    traded : mapping
        Volume of the session by contract id.
    before, after : SnapshotDay
        Open interest around the session.

    Returns
    -------
    BaseRate | None
        Null when no other contract traded that much.
    """
    left_out = frozenset(own)
    found = []
    for contract_id, volume in traded.items():
        old, new = before.records.get(contract_id), after.records.get(contract_id)
        if volume >= size and contract_id not in left_out and old is not None and new is not None:
            found.append(change_outcome(new.oi - old.oi, size) == OPENED)
    return BaseRate(sum(found) / len(found), len(found)) if found else None
