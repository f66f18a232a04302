"""Point of control and value area, in integers only."""

from collections.abc import Sequence

import msgspec


class ValueArea(msgspec.Struct, frozen=True):
    """
    The stretch of rows around the greatest one that holds the asked share of the volume.

    Parameters
    ----------
    poc, val, vah : int
        Places, from 0, of the greatest row and of the outermost rows of the area.
    volume : int
        What the area holds.
    last : int
        Place of the row that was added last; the POC when it was enough.
    """

    poc: int
    val: int
    vah: int
    volume: int
    last: int


def point_of_control(volumes: Sequence[int]) -> int:
    """
    Return the place of the greatest row; of equal ones that nearest the middle, then the lower.

    Notes
    -----
    Source: equities specification, 9.
    """
    greatest = max(volumes)
    middle = len(volumes) - 1
    return min(
        (place for place, volume in enumerate(volumes) if volume == greatest),
        key=lambda place: (abs(2 * place - middle), place),
    )


def value_area(volumes: Sequence[int], share_pct: int = 70) -> ValueArea | None:
    """
    Return the value area of rows in order of price.

    Parameters
    ----------
    volumes : sequence of int
        Volume a row, rows without volume included.
    share_pct : int
        Share of the volume the area holds at least.

    Returns
    -------
    ValueArea | None
        Null when there is no volume.

    Notes
    -----
    One row at a time is added, the larger neighbour, of equal ones the lower; it stops as soon as
    the share is reached. Source: equities specification, 9.
    """
    total = sum(volumes)
    if total <= 0:
        return None
    poc = low = high = last = point_of_control(volumes)
    end = len(volumes)
    held = volumes[poc]
    while 100 * held < share_pct * total:
        below = volumes[low - 1] if low > 0 else -1
        above = volumes[high + 1] if high + 1 < end else -1
        if above > below:
            high += 1
            last, held = high, held + above
        else:
            low -= 1
            last, held = low, held + below
    return ValueArea(poc, low, high, held, last)
