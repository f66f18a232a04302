"""Sizes that match, their ratios, and an index of open groups by size."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final
from typing import Generic
from typing import TypeVar

T = TypeVar("T")

LARGE_SIZE: Final = 100
TOLERANCE_PCT: Final = 2
MAX_RATIO: Final = 3
_PARTS: Final = (1, 2)
# Above LARGE_SIZE a bucket is a sixteenth of a power of two: 3 to 6 % wide, so that a size within
# 2 % lies in the same bucket or a neighbouring one.
_BUCKET_BITS: Final = 5
_LARGE_KEYS: Final = 1_000


def is_same_size(size: int, other: int, *, is_large: bool) -> bool:
    """Tell whether sizes match: exactly, or within 2 % when both legs are of 100 and more."""
    if not is_large:
        return size == other
    return abs(size - other) * 100 <= TOLERANCE_PCT * max(size, other)


def exact_ratios(sizes: Sequence[int]) -> tuple[int, ...] | None:
    """
    Return the ratios of sizes as numbers 1 to 3 without a common part.

    Parameters
    ----------
    sizes : Sequence[int]
        Contracts, positive.

    Returns
    -------
    tuple[int, ...] | None
        1:1, 1:2, 1:3, 2:3 and what they make of more legs; None when the sizes are in no such
        ratio (within 2 % from 100 contracts).

    Examples
    --------
    >>> exact_ratios([50, 100]), exact_ratios([20, 30]), exact_ratios([10, 17])
    ((1, 2), (2, 3), None)
    """
    smallest = min(sizes)
    is_large = smallest >= LARGE_SIZE
    for parts in _PARTS:
        ratios = []
        for size in sizes:
            for ratio in range(parts, MAX_RATIO + 1):
                if is_same_size(size * parts, smallest * ratio, is_large=is_large):
                    ratios.append(ratio)
                    break
        if len(ratios) == len(sizes):
            return tuple(ratios)
    return None


def rounded_ratios(sizes: Sequence[int]) -> tuple[int, ...] | None:
    """Return each size over the smallest, rounded; None if one is beyond three."""
    smallest = min(sizes)
    ratios = tuple([round(size / smallest) for size in sizes])
    return None if max(ratios) > MAX_RATIO else ratios


def free_ratios(sizes: Sequence[int]) -> tuple[int, ...]:
    """Return each size over the smallest, rounded, however large."""
    smallest = min(sizes)
    return tuple([round(size / smallest) for size in sizes])


def size_key(size: int) -> int:
    """Return the bucket of a size: the size itself below 100, else about 3 to 6 % wide."""
    if size < LARGE_SIZE:
        return size
    shift = size.bit_length() - _BUCKET_BITS
    return _LARGE_KEYS + 16 * shift + (size >> shift)


@lru_cache(maxsize=4096)
def matching_keys(size: int) -> tuple[int, ...]:
    """
    Return the buckets in which sizes that match a size can be.

    Parameters
    ----------
    size : int
        Contracts. What matches is as large, or twice, three times, a half or a third of it.
    """
    keys: list[int] = []
    for times, of in ((1, 1), (2, 1), (3, 1), (1, 2), (1, 3)):
        wanted = size * times
        if wanted < LARGE_SIZE * of:
            if wanted % of == 0:
                keys.append(wanted // of)
            continue
        low = size_key(max(wanted * 98 // (100 * of), LARGE_SIZE))
        high = size_key(wanted * 103 // (100 * of))
        keys.extend(range(low, high + 1))
    return tuple(dict.fromkeys(keys))


def sizes_match(size: int, base: int) -> bool:
    """Tell whether a size is the base size, or twice, three times, a half or a third of it."""
    small, large = (size, base) if size < base else (base, size)
    if large > 4 * small:
        return False
    for times in (1, 2, 3):
        wanted = small * times
        if wanted == large:
            return True
        if small >= LARGE_SIZE and abs(wanted - large) * 100 <= TOLERANCE_PCT * max(wanted, large):
            return True
    return False


class SizeIndex(Generic[T]):
    """
    Open groups by the bucket of their base size.

    A look touches the buckets a size can match and nothing else, however many groups are open.
    `touched` counts the groups looked at.
    """

    __slots__ = ("_groups", "touched")

    def __init__(self) -> None:
        self._groups: dict[int, list[tuple[int, T]]] = {}
        self.touched = 0

    def add(self, base: int, group: T) -> None:
        """Add a group of a base size."""
        self._groups.setdefault(size_key(base), []).append((base, group))

    def remove(self, base: int, group: T) -> None:
        """Take a group out."""
        key = size_key(base)
        groups = [pair for pair in self._groups[key] if pair[1] is not group]
        if groups:
            self._groups[key] = groups
        else:
            del self._groups[key]

    def matching(self, size: int) -> list[T]:
        """Return the groups a size matches, bucket by bucket, oldest first within each."""
        by_key = self._groups
        if not by_key:
            return []
        found: list[T] = []
        for key in matching_keys(size):
            for base, group in by_key.get(key, ()):
                self.touched += 1
                if sizes_match(size, base):
                    found.append(group)
        return found
