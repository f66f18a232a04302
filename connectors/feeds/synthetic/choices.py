"""Weighted choices of the synthetic tape."""

from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import Final
from typing import Generic
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Weighted(Generic[T]):
    """
    Draw from values by weight, one at a time or many at once.

    Parameters
    ----------
    pairs : sequence of (value, weight)
        Weights need not add up to 1.
    """

    def __init__(self, pairs: Sequence[tuple[T, float]]) -> None:
        self.values = tuple(value for value, _ in pairs)
        self._cumulative = list(accumulate(weight for _, weight in pairs))
        self._array = np.array(self._cumulative)

    def draw(self, rng: Random) -> T:
        """Return one value."""
        at = bisect(self._cumulative, rng.random() * self._cumulative[-1])
        return self.values[min(at, len(self.values) - 1)]

    def positions(self, uniform: Floats) -> Ints:
        """Return the positions in `values` that uniform draws from [0, 1) stand for."""
        found = np.searchsorted(self._array, uniform * self._array[-1], side="right")
        positions: Ints = np.minimum(found, len(self.values) - 1)
        return positions


# A package trades this many times the contracts of a single order (2.3 legs of smaller size), so
# packages are begun more rarely than their share of all contracts.
_LEGS_PER_PACKAGE: Final = 1.85
_COMPLEX: Final = (("f", 9.6), ("g", 3.8), ("j", 1.9), ("m", 0.8), ("i", 0.5), ("h", 0.2))
COMPLEX_CODES: Final = frozenset(code for code, _ in _COMPLEX)
CODES: Final = Weighted(
    [
        *(("I", 53.2), ("a", 23.4), ("S", 4.2), ("D", 0.4), ("B", 0.2), ("H", 0.2), ("e", 0.6)),
        *(("d", 0.5), ("c", 0.25), ("b", 0.25)),
        *((code, weight / _LEGS_PER_PACKAGE) for code, weight in _COMPLEX),
    ]
)
COMPLEX_FIRST: Final = len(CODES.values) - len(_COMPLEX)
PLACEMENTS: Final = Weighted([("AA", 4.0), ("A", 30.0), ("MID", 32.0), ("B", 30.0), ("BB", 4.0)])
VENUES: Final = Weighted(
    [
        *(("C", 16.0), ("X", 11.0), ("N", 11.0), ("A", 8.0), ("Z", 7.0), ("E", 6.0), ("I", 6.5)),
        *(("M", 6.0), ("P", 5.0), ("Q", 5.0), ("B", 5.0), ("W", 3.0), ("T", 1.5), ("J", 2.5)),
        *(("H", 1.5), ("U", 3.0), ("D", 3.5), ("S", 1.0)),
    ]
)


def placed_prices(place: Ints, bid: Ints, ask: Ints, tick: Ints, uniform: Floats) -> Ints:
    """
    Return trade prices at places of their quotes, in cents, at least 1.

    Parameters
    ----------
    place : (n,) int64
        Positions in `PLACEMENTS.values`.
    bid, ask, tick : (n,) int64
        Cents.
    uniform : (n,) float64
        From [0, 1): where inside the spread a `MID` lies.
    """
    inside = bid + np.rint((ask - bid) * (0.35 + 0.3 * uniform)).astype(np.int64)
    inside = np.clip(inside, bid + 1, ask - 1)
    prices: Ints = np.choose(place, [ask + tick, ask, inside, bid, bid - tick])
    return np.maximum(1, prices)
