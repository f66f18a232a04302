"""Boundaries of event time at which something is evaluated."""

from typing import Final

NEVER: Final = (1 << 63) - 1


def boundary_after(at_ns: int, cadence_ns: int) -> int:
    """
    Return the first boundary that lies after an instant (ns UTC).

    An event at a boundary comes after it, so it is seen at the next one. Source: equities
    specification, 2.

    Examples
    --------
    >>> boundary_after(59, 60), boundary_after(60, 60)
    (60, 120)
    """
    return at_ns - at_ns % cadence_ns + cadence_ns
