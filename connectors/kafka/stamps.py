"""Event times of encoded records, read for a whole batch at once without decoding them."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

HEADER_BYTES: Final = 5  # magic byte and schema id of the Confluent wire format
MAX_VARINT_BYTES: Final = 10
NO_STAMP: Final = np.iinfo(np.int64).min

_STEPS: Final = np.arange(MAX_VARINT_BYTES)
_SHIFTS: Final = (7 * _STEPS).astype(np.uint64)
_ONE: Final = np.uint64(1)


def read_source_stamps(
    values: Sequence[bytes | None],
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """
    Read `source_ts` of records in the Confluent wire format.

    `source_ts` is the first field of every schema, so it is the zigzag varint behind the header.

    Parameters
    ----------
    values : sequence of bytes or None
        Message values as the log holds them; None is a tombstone.

    Returns
    -------
    stamps : (n,) int64
        ns UTC; `NO_STAMP` where there is none.
    is_bad : (n,) bool
        Tombstones, values without the magic byte, and values too short for a stamp.
    """
    bodies = [b"" if value is None else value for value in values]
    count = len(bodies)
    sizes = np.fromiter(map(len, bodies), dtype=np.int64, count=count)
    data = np.frombuffer(b"".join(bodies) + bytes(HEADER_BYTES + MAX_VARINT_BYTES), dtype=np.uint8)
    starts = np.cumsum(sizes) - sizes
    window = data[(starts + HEADER_BYTES)[:, None] + _STEPS]
    ends_here = window < 128
    length = np.argmax(ends_here, axis=1) + 1
    in_varint = length[:, None] > _STEPS
    groups = np.where(in_varint, window & 127, 0).astype(np.uint64) << _SHIFTS
    zigzag = np.bitwise_or.reduce(groups, axis=1)
    stamps = ((zigzag >> _ONE) ^ (~(zigzag & _ONE) + _ONE)).view(np.int64)
    is_bad = (
        (sizes < HEADER_BYTES + length)
        | (data[starts] != 0)
        | ~ends_here[np.arange(count), length - 1]
        | (window[:, -1] > 1) & (length == MAX_VARINT_BYTES)
        | (stamps == NO_STAMP)
    )
    stamps[is_bad] = NO_STAMP
    return stamps, is_bad
