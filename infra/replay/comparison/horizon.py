"""From which event time on a difference is one of the recording's end."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from flows.premium.tide import MAX_LIVE_LAG_NS
from infra.pipeline.catalog import EQUITIES
from infra.pipeline.catalog import OPTIONS
from infra.pipeline.catalog import PREMIUM
from infra.replay.comparison.compare import NO_HORIZON
from infra.replay.comparison.compare import Side
from infra.replay.comparison.reach import FlowReach
from infra.replay.comparison.read import CLOCKS
from infra.replay.comparison.read import EQUITIES_CLOCK
from infra.replay.comparison.read import OPTIONS_CLOCK
from infra.replay.comparison.read import PREMIUM_CLOCK
from infra.replay.comparison.read import TIDE_CLOCK

CLOCK_OF: Final = {
    OPTIONS.name: OPTIONS_CLOCK,
    EQUITIES.name: EQUITIES_CLOCK,
    PREMIUM.name: PREMIUM_CLOCK,
}

# Of each flow, how far the first and the second side have read.
Reaches = Mapping[str, tuple[FlowReach, FlowReach]]


def horizon_table(
    reaches: Reaches, reached: tuple[Mapping[int, int], Mapping[int, int]], partitions: int
) -> NDArray[np.int64]:
    """
    Return the horizon of each clock and partition.

    Parameters
    ----------
    reaches : mapping
        Of each flow, how far the sides have read.
    reached : (mapping, mapping)
        Of each side, the greatest `source_ts` of net premium of single underlyings, by partition.
    partitions : int
        How many partitions records may be in.

    Returns
    -------
    (clocks, partitions) int64
        ns UTC; `NO_HORIZON` where the log does not tell.
    """
    known = [number for pair in reaches.values() for reach in pair for number in reach.greatest_ns]
    out = np.full((CLOCKS, max([partitions, *(each + 1 for each in known)])), NO_HORIZON, np.int64)
    for name, pair in reaches.items():
        row = out[CLOCK_OF[name]]
        for reach in pair:
            for partition, ns in reach.greatest_ns.items():
                row[partition] = min(row[partition], ns)
    tape = reaches.get(PREMIUM.name)
    if tape is not None:
        out[TIDE_CLOCK, :] = min(map(tide_horizon, tape, reached))
    return out


def tide_horizon(tape: FlowReach, reached: Mapping[int, int]) -> int:
    """
    Return the event time (ns UTC) up to which sums over all underlyings are out on a side.

    Parameters
    ----------
    tape : FlowReach
        How far the side's net premium has read the tape.
    reached : mapping
        Greatest `source_ts` of its rows of single underlyings, by partition.

    Notes
    -----
    A partition has told of its last row when a cell later than that row came out. The others are
    waited for until the foremost is `MAX_LIVE_LAG_NS` ahead, see `flows.premium.tide`.
    """
    if not tape.greatest_ns:
        return NO_HORIZON
    untold = [ns for number, ns in tape.greatest_ns.items() if reached.get(number, 0) <= ns]
    return min([*untold, max(reached.values(), default=0) - MAX_LIVE_LAG_NS])


def unbounded(horizons: NDArray[np.int64], side: Side) -> set[str]:
    """Return the flows of which a side holds records in partitions without a horizon."""
    rows = side.rows
    is_open = horizons[rows["clock"], rows["partition"]] == NO_HORIZON
    clocks = set(np.unique(rows["clock"][is_open]).tolist())
    return {name for name, clock in CLOCK_OF.items() if clock in clocks}


def earlier(horizons: NDArray[np.int64], by_ns: int) -> NDArray[np.int64]:
    """Return horizons moved earlier; those that are not known stay so."""
    return np.where(horizons == NO_HORIZON, horizons, horizons - by_ns)
