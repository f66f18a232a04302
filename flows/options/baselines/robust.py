"""Median, MAD and the z values made of them."""

from bisect import bisect_left
from bisect import bisect_right
from collections.abc import Callable
from collections.abc import Sequence
from math import inf
from math import log1p
from math import sqrt
from typing import Final

MAD_SCALE: Final = 0.6745
MAD_FLOOR: Final = 0.10
STD_FLOOR_SHARE: Final = 0.05
UNUSUAL_Z: Final = 3.0

# rz reaches 3 only where ln(1+x) lies 3 · 0.10 / 0.6745 above the median: x + 1 at 1.5601 times it.
_LEAST_RATIO: Final = 1.56
# Values this close may have the same logarithm.
_APART: Final = 1.0 + 1e-9
# Largest MAD over distance with which rz rounds to 3, and a little.
_MAD_SHARE: Final = MAD_SCALE / UNUSUAL_Z * (1.0 + 1e-6)


def _same(value: float) -> float:
    return value


def median_and_mad(ordered: Sequence[float]) -> tuple[float, float]:
    """
    Return the median of values and the median of their absolute deviations from it.

    Parameters
    ----------
    ordered : Sequence[float]
        One or more values, ascending.

    Notes
    -----
    The k values next to the median are neighbours in the order, so the k-th smallest deviation is
    found by bisection instead of sorting every deviation.
    """
    return _measure(ordered, _same)


def median_and_mad_of_logs(ordered: Sequence[float]) -> tuple[float, float]:
    """
    Return median and MAD of ln(1+x).

    Parameters
    ----------
    ordered : Sequence[float]
        One or more values x from 0, ascending.
    """
    return _measure(ordered, log1p)


def _measure(ordered: Sequence[float], ln: Callable[[float], float]) -> tuple[float, float]:
    n = len(ordered)
    half = n >> 1
    median = ln(ordered[half])
    if n & 1:
        return median, _nearest(ordered, ln, median, half + 1)[0]
    median = (ln(ordered[half - 1]) + median) / 2
    reach, first = _nearest(ordered, ln, median, half)
    # The next nearest lies beside them.
    further = ln(ordered[first + half]) - median if first + half < n else inf
    if first:
        further = min(further, median - ln(ordered[first - 1]))
    return median, (reach + further) / 2


def _nearest(
    ordered: Sequence[float], ln: Callable[[float], float], median: float, k: int
) -> tuple[float, int]:
    """Return the k-th smallest distance from the median, and where the k nearest begin."""
    low = 0
    high = len(ordered) - k
    while low < high:
        at = (low + high) >> 1
        if ln(ordered[at + k - 1]) - median < median - ln(ordered[at]):
            low = at + 1
        else:
            high = at
    reach = max(ln(ordered[low + k - 1]) - median, median - ln(ordered[low]))
    if low:
        before = median - ln(ordered[low - 1])
        if before < reach:
            return before, low - 1
    return reach, low


def robust_z(log_value: float, median: float, mad: float) -> float:
    """
    Return rz of ln(1+x) against median and MAD of the same metric.

    Notes
    -----
    Source: options flow specification, 7. A MAD below 0.10 counts as 0.10.
    """
    return MAD_SCALE * (log_value - median) / max(mad, MAD_FLOOR)


def deviation(m2: float, n: int) -> float:
    """Return the population standard deviation; sliding errors below 0 count as 0."""
    return sqrt(m2 / n) if m2 > 0.0 else 0.0


def plain_z(value: float, mean: float, m2: float, n: int) -> float | None:
    """
    Return z of a value, the standard deviation being at least 5 % of the mean's magnitude.

    Returns
    -------
    float | None
        None without values, and where they are all zero: then there is no scale.
    """
    if n == 0:
        return None
    scale = max(deviation(m2, n), STD_FLOOR_SHARE * abs(mean))
    return (value - mean) / scale if scale > 0.0 else None


def is_surely_usual(ordered: Sequence[float], value: float) -> bool:
    """
    Return whether a value's z in force is below 3 for certain, in a few comparisons.

    False means unknown. `ordered` holds at least two values from 0, ascending.

    Notes
    -----
    A z of 3 takes one of two things. Near the median only the plain z can reach it, which is in
    force where MAD is 0: then more than half of the values are equal, and such a run covers the
    middle and reaches a quarter of the window beyond it on one side. Further up rz reaches 3 only
    if MAD is at most 0.6745/3 of the distance to the median, so half of the values lie that near.
    """
    n = len(ordered)
    half = n >> 1
    middle = (n - 1) >> 1
    below = 1.0 + ordered[middle]
    above = 1.0 + ordered[half]
    if 1.0 + value < _LEAST_RATIO * below:
        reach = middle >> 1
        is_apart = below > _APART * (1.0 + ordered[middle - reach])
        return is_apart and 1.0 + ordered[half + reach] > _APART * above
    centre = sqrt(below * above)
    widest = ((1.0 + value) / centre) ** _MAD_SHARE
    low = bisect_left(ordered, centre / widest - 1.0)
    return bisect_right(ordered, centre * widest - 1.0, low) - low < half
