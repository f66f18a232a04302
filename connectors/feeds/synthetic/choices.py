"""Weighted choices of the synthetic tape."""

import math
from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import Final
from typing import Generic
from typing import TypeVar

T = TypeVar("T")

_EXACT_POISSON_BELOW: Final = 30.0


class Weighted(Generic[T]):
    """
    Draw from values by weight.

    Parameters
    ----------
    pairs : sequence of (value, weight)
        Weights need not add up to 1.
    """

    def __init__(self, pairs: Sequence[tuple[T, float]]) -> None:
        self._values = [value for value, _ in pairs]
        self._cumulative = list(accumulate(weight for _, weight in pairs))

    def draw(self, rng: Random) -> T:
        """Return one value."""
        at = bisect(self._cumulative, rng.random() * self._cumulative[-1])
        return self._values[min(at, len(self._values) - 1)]


def poisson(rng: Random, mean: float) -> int:
    """Return a Poisson count; above a mean of 30 by the normal approximation."""
    if mean >= _EXACT_POISSON_BELOW:
        return max(0, round(mean + math.sqrt(mean) * rng.gauss(0.0, 1.0)))
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


_MEAN_LEGS: Final = 2.3
_COMPLEX: Final = (("f", 9.6), ("g", 3.8), ("j", 1.9), ("m", 0.8), ("i", 0.5), ("h", 0.2))
COMPLEX_CODES: Final = frozenset(code for code, _ in _COMPLEX)
# By print; packages bring several prints, so they are begun more rarely.
CODES: Final = Weighted(
    [
        *(("I", 53.2), ("a", 23.4), ("S", 4.2), ("D", 0.4), ("B", 0.2), ("H", 0.2), ("e", 0.6)),
        *(("d", 0.5), ("c", 0.2), ("b", 0.1), ("n", 0.1), ("v", 0.1)),
        *((code, weight / _MEAN_LEGS) for code, weight in _COMPLEX),
    ]
)
PLACEMENTS: Final = Weighted([("AA", 4.0), ("A", 30.0), ("MID", 32.0), ("B", 30.0), ("BB", 4.0)])
ASK_SIDE: Final = Weighted([("AA", 10.0), ("A", 75.0), ("MID", 15.0)])
BID_SIDE: Final = Weighted([("BB", 5.0), ("B", 80.0), ("MID", 15.0)])
VENUES: Final = Weighted(
    [
        *(("C", 16.0), ("X", 11.0), ("N", 11.0), ("A", 8.0), ("Z", 7.0), ("E", 6.0), ("I", 6.5)),
        *(("M", 6.0), ("P", 5.0), ("Q", 5.0), ("B", 5.0), ("W", 3.0), ("T", 1.5), ("J", 2.5)),
        *(("H", 1.5), ("U", 3.0), ("D", 3.5), ("S", 1.0)),
    ]
)


def price_cents(placement: str, bid: int, ask: int, tick: int, draw: float) -> int:
    """
    Return a trade price at a place of the quote, in cents, at least 1.

    Parameters
    ----------
    placement : str
        `AA`, `A`, `MID`, `B` or `BB`.
    bid, ask, tick : int
        Cents.
    draw : float
        Uniform from [0, 1): where inside the spread a `MID` lies.
    """
    if placement == "AA":
        return ask + tick
    if placement == "A":
        return ask
    if placement == "MID":
        inside = bid + round((ask - bid) * (0.35 + 0.3 * draw))
        return max(1, min(max(inside, bid + 1), ask - 1))
    return max(1, bid if placement == "B" else bid - tick)
