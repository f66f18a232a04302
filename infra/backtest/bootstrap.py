"""Intervals of a mean by resampling whole blocks of alerts, which move together."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

RESAMPLES: Final = 2_000
LEVEL: Final = 0.95
MIN_BLOCKS: Final = 5

_NO_SPREAD: Final = 1e-12
_BISECTIONS: Final = 80
_WIDEST_T: Final = 1e4


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """
    A mean with its interval.

    Parameters
    ----------
    mean : float
        Of all values.
    low, high : float
        95 % interval.
    p : float
        Two-sided probability of a mean as far from 0 by chance.
    blocks : int
        Blocks resampled.
    """

    mean: float
    low: float
    high: float
    p: float
    blocks: int


def seed_of(*parts: str) -> int:
    """
    Return the seed that names stand for; the same names in any process give the same.

    Examples
    --------
    >>> seed_of("monday", "15m") == seed_of("monday", "15m"), seed_of("a", "b") == seed_of("ab")
    (True, False)
    """
    text = "\x1f".join(parts).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big")


def block_bootstrap(
    values: NDArray[np.float64], blocks: NDArray[np.int64], seed: int
) -> Bootstrap | None:
    """
    Resample whole blocks with replacement and take the mean of their values each time.

    Parameters
    ----------
    values : (n,) float64
        What is averaged.
    blocks : (n,) int64
        The block of each value, any number standing for it.
    seed : int
        Of the generator, 0 or more. What has the same seed and number of blocks is resampled
        alike.

    Returns
    -------
    Bootstrap | None
        Null with fewer than five blocks, from which no spread can be told.

    Notes
    -----
    The interval is the percentile one, its levels moved outwards for few blocks: the level is
    Φ(−√(m/(m−1))·t) with t the Student quantile of m − 1 degrees of freedom, because the plain
    percentiles of m blocks come out too narrow (T. Hesterberg, The American Statistician 69
    (2015), 371–386, 'expanded percentile'). The probability refers the mean over its bootstrap
    spread, widened by √(m/(m−1)), to the same Student distribution: a share of resamples could
    not become smaller than 1/2,000, too coarse to be corrected for many comparisons.
    """
    names, codes = np.unique(blocks, return_inverse=True)
    m = len(names)
    if m < MIN_BLOCKS:
        return None
    sums = np.bincount(codes, weights=values, minlength=m)
    counts = np.bincount(codes, minlength=m)
    drawn = _drawn(m, seed)
    # No matrix product: its order of summation depends on the machine's threads.
    means = (drawn * sums).sum(axis=1) / (drawn * counts).sum(axis=1)
    tail = _tail(m)
    low, high = np.quantile(means, [tail, 1.0 - tail])
    mean = math.fsum(values) / len(values)
    spread = float(np.std(means)) * math.sqrt(m / (m - 1))
    return Bootstrap(mean, float(low), float(high), _p_value(mean, spread, m - 1), m)


@lru_cache(maxsize=64)
def _drawn(blocks: int, seed: int) -> NDArray[np.uint16]:
    """Return how often each resample holds each block, (resamples, blocks)."""
    generator = np.random.Generator(np.random.PCG64(seed))
    shares = np.full(blocks, 1.0 / blocks)
    return generator.multinomial(blocks, shares, size=RESAMPLES).astype(np.uint16)


def _p_value(mean: float, spread: float, freedom: int) -> float:
    if spread <= _NO_SPREAD:
        return 1.0 if abs(mean) <= _NO_SPREAD else 0.0
    return two_sided_p(mean / spread, freedom)


@lru_cache(maxsize=1024)
def _tail(blocks: int) -> float:
    """Return the level below which the percentile interval of so many blocks begins."""
    t = student_quantile((1.0 + LEVEL) / 2.0, blocks - 1)
    return NormalDist().cdf(-math.sqrt(blocks / (blocks - 1)) * t)


def two_sided_p(t: float, freedom: int) -> float:
    """
    Return the probability that a Student variable lies as far from 0 as `t`.

    Parameters
    ----------
    t : float
        Any number.
    freedom : int
        Degrees of freedom, 1 or more.

    Notes
    -----
    Source: M. Abramowitz and I. Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.

    Examples
    --------
    >>> round(two_sided_p(2.776445, 4), 6), round(two_sided_p(2.570582, 5), 6)
    (0.05, 0.05)
    """
    angle = math.atan(abs(t) / math.sqrt(freedom))
    cosine = math.cos(angle)
    is_odd = freedom % 2 == 1
    term = cosine if is_odd else 1.0
    total = 0.0
    for at in range(2 if is_odd else 1, freedom, 2):
        total += term
        # 2/3, 4/5, … for odd degrees of freedom, 1/2, 3/4, … for even ones.
        term *= cosine * cosine * at / (at + 1)
    inside = math.sin(angle) * total
    if is_odd:
        inside = 2.0 / math.pi * (angle + inside)
    return min(1.0, max(0.0, 1.0 - inside))


def student_quantile(level: float, freedom: int) -> float:
    """
    Return the quantile of a Student distribution at a level from .5 to below 1.

    Examples
    --------
    >>> round(student_quantile(0.975, 4), 3), round(student_quantile(0.975, 30), 3)
    (2.776, 2.042)
    """
    low, high = 0.0, _WIDEST_T
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2.0
        if two_sided_p(middle, freedom) > 2.0 * (1.0 - level):
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def holm(p_values: Sequence[float]) -> list[float]:
    """
    Correct probabilities for being several, so that one false find among all has 5 % at most.

    Returns
    -------
    list of float
        In the order given; one is a find when it is at most the level.

    Notes
    -----
    Source: S. Holm, Scandinavian Journal of Statistics 6 (1979), 65–70. It holds for any
    dependence between the comparisons.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    count = len(p_values)
    corrected = [0.0] * count
    largest = 0.0
    for rank, at in enumerate(sorted(range(count), key=lambda at: (p_values[at], at))):
        largest = max(largest, min(1.0, (count - rank) * p_values[at]))
        corrected[at] = largest
    return corrected
