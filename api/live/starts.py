"""Where reading of a topic begins, after a start and after an outage; gateway specification, 2."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from api.live.feed import Windows
from api.live.tailer import Extent


class Starts(msgspec.Struct, frozen=True):
    """
    Where a topic is read from.

    Parameters
    ----------
    offsets : mapping
        By partition the first offset.
    windows : mapping
        Hot windows that end there and are usable.
    """

    offsets: Mapping[int, int]
    windows: Windows


def first_starts(
    extents: Mapping[int, Extent],
    windows: Windows,
    policy: Literal["new", "all"],
    most_records: int,
) -> Starts:
    """
    Return where a topic is read from at the start of the process.

    Parameters
    ----------
    extents : mapping
        By partition what the log holds.
    windows : mapping
        By partition what Redis kept, oldest first.
    policy : {"new", "all"}
        `new`: each partition where its window ends, else at the end; `all`: the oldest record.
    most_records : int
        When the windows ended more records ago than this, they are of no use: at the end.
    """
    if policy == "all":
        return Starts({partition: each.low for partition, each in extents.items()}, {})
    usable = {
        partition: messages
        for partition, messages in windows.items()
        if (extent := extents.get(partition)) is not None
        and extent.low <= messages[-1].offset + 1 <= extent.end
    }
    offsets = {
        partition: usable[partition][-1].offset + 1 if partition in usable else each.end
        for partition, each in extents.items()
    }
    behind = sum(each.end - offsets[partition] for partition, each in extents.items())
    if behind > most_records:
        return Starts({partition: each.end for partition, each in extents.items()}, {})
    return Starts(offsets, usable)


def next_starts(extents: Mapping[int, Extent], positions: Mapping[int, int]) -> Starts | None:
    """
    Return where a topic is read on after an outage; null when the log lost what comes next.

    Parameters
    ----------
    extents : mapping
        By partition what the log holds.
    positions : mapping
        By partition the next offset that was to be read; a new partition is read from its first.
    """
    offsets = {}
    for partition, extent in extents.items():
        at = positions.get(partition, extent.low)
        if at < extent.low:
            return None
        # A broker that crashed may have lost its newest records; others will have their offsets.
        offsets[partition] = min(at, extent.end)
    return Starts(offsets, {})
