"""Ring windows with sliding mean and variance, recomputed exactly each time they wrap."""

from array import array
from collections.abc import Sequence
from math import fsum
from typing import Final

import msgspec
import numpy as np

from flows.options.baselines.robust import median_and_mad
from flows.options.baselines.robust import median_and_mad_of_logs

REFRESH_EVERY: Final = 32

RingState = tuple[bytes, int, float, float]
PairState = tuple[bytes, int, float, float, float, float]
WideState = tuple[RingState, float, float, int]


def exact_moments(values: Sequence[float]) -> tuple[float, float]:
    """Return the mean and the sum of squared deviations of values; 0 and 0 without any."""
    if not values:
        return 0.0, 0.0
    mean = fsum(values) / len(values)
    return mean, fsum([(value - mean) * (value - mean) for value in values])


def unpacked(data: bytes) -> "array[float]":
    """Return the float64 values that `array.tobytes` packed."""
    values = array("d")
    values.frombytes(data)
    return values


def _empty() -> "array[float]":
    return array("d")


class Ring(msgspec.Struct, gc=False, eq=False):
    """
    The newest values of one metric with their mean and sum of squared deviations `m2`.

    The window is an argument: keys by the ten thousand share it. `values` is in order of arrival
    until it is full, then `at` is the place of the oldest.
    """

    values: "array[float]" = msgspec.field(default_factory=_empty)
    at: int = 0
    mean: float = 0.0
    m2: float = 0.0

    def add(self, value: float, window: int) -> None:
        """Take in a value; the oldest leaves a full window."""
        values = self.values
        n = len(values)
        mean = self.mean
        if n < window:
            values.append(value)
            n += 1
            delta = value - mean
            self.mean = mean = mean + delta / n
            self.m2 += delta * (value - mean)
            if n == window:
                # An exact copy drops what `append` had set aside.
                self.values = array("d", values)
                self.mean, self.m2 = exact_moments(values)
            return
        at = self.at
        old = values[at]
        values[at] = value
        at += 1
        if at == window:
            self.at = 0
            self.mean, self.m2 = exact_moments(values)
            return
        self.at = at
        delta = value - old
        self.mean = moved = mean + delta / window
        self.m2 += delta * (value - moved + old - mean)

    def remove(self, value: float) -> bool:
        """Take the newest entry of this value out again; return whether there was one."""
        ordered = self.ordered()
        for place in range(len(ordered) - 1, -1, -1):
            if ordered[place] == value:
                del ordered[place]
                self._become(ordered)
                return True
        return False

    def ordered(self) -> "array[float]":
        """Return the values, oldest first."""
        return self.values[self.at :] + self.values[: self.at]

    def _become(self, ordered: "array[float]") -> None:
        self.values = ordered
        self.at = 0
        self.mean, self.m2 = exact_moments(ordered)

    def state(self) -> RingState:
        """Return the ring as plain data."""
        return self.values.tobytes(), self.at, self.mean, self.m2

    @classmethod
    def restore(cls, state: RingState, window: int) -> "Ring":
        """Build the ring of a state; under another window, of its newest values."""
        ring = cls()
        ring.load(state, window)
        return ring

    def load(self, state: RingState, window: int) -> None:
        """Take over a state; under another window, its newest values."""
        data, self.at, self.mean, self.m2 = state
        self.values = unpacked(data)
        n = len(self.values)
        if n > window or (self.at and n < window):
            self._become(self.ordered()[-window:])


class PairRing(msgspec.Struct, gc=False, eq=False):
    """
    Two metrics that always arrive together, in one ring: first, second, first, second, ….

    Half the objects of two rings, and a cancelled print is found by both of its values.
    """

    values: "array[float]" = msgspec.field(default_factory=_empty)
    at: int = 0
    mean: float = 0.0
    m2: float = 0.0
    second_mean: float = 0.0
    second_m2: float = 0.0

    def add(self, first: float, second: float, window: int) -> None:
        """Take in a pair; the oldest leaves a full window."""
        values = self.values
        n = len(values) >> 1
        mean = self.mean
        second_mean = self.second_mean
        if n < window:
            values.append(first)
            values.append(second)
            n += 1
            delta = first - mean
            self.mean = mean = mean + delta / n
            self.m2 += delta * (first - mean)
            delta = second - second_mean
            self.second_mean = second_mean = second_mean + delta / n
            self.second_m2 += delta * (second - second_mean)
            if n == window:
                self._become(array("d", values))
            return
        at = self.at
        old = values[at]
        second_old = values[at + 1]
        values[at] = first
        values[at + 1] = second
        at += 2
        if at == len(values):
            self._become(values)
            return
        self.at = at
        delta = first - old
        self.mean = moved = mean + delta / window
        self.m2 += delta * (first - moved + old - mean)
        delta = second - second_old
        self.second_mean = moved = second_mean + delta / window
        self.second_m2 += delta * (second - moved + second_old - second_mean)

    def remove(self, first: float, second: float) -> bool:
        """Take the newest entry of this pair out again; return whether there was one."""
        ordered = self.values[self.at :] + self.values[: self.at]
        for place in range(len(ordered) - 2, -1, -2):
            if ordered[place] == first and ordered[place + 1] == second:
                del ordered[place : place + 2]
                self._become(ordered)
                return True
        return False

    def _become(self, ordered: "array[float]") -> None:
        self.values = ordered
        self.at = 0
        self.mean, self.m2 = exact_moments(ordered[0::2])
        self.second_mean, self.second_m2 = exact_moments(ordered[1::2])

    def state(self) -> PairState:
        """Return the ring as plain data."""
        return (
            self.values.tobytes(), self.at,
            self.mean, self.m2, self.second_mean, self.second_m2,
        )  # fmt: skip

    @classmethod
    def restore(cls, state: PairState, window: int) -> "PairRing":
        """Build the ring of a state; under another window, of its newest values."""
        ring = cls()
        data, ring.at, ring.mean, ring.m2, ring.second_mean, ring.second_m2 = state
        ring.values = unpacked(data)
        n = len(ring.values) >> 1
        if n > window or (ring.at and n < window):
            ordered = ring.values[ring.at :] + ring.values[: ring.at]
            ring._become(ordered[-2 * window :])
        return ring


class WideRing(Ring, kw_only=True, gc=False, eq=False):
    """
    A ring too long to sort when asked: median and MAD are refreshed every 32 values.

    The first refresh comes with the value from which the baseline is used at all. `median` and
    `mad` are those of ln(1+x), and 0 before that.

    Parameters
    ----------
    due : int
        Values until the next refresh, at first the fewest with which the ring is used.
    is_log : bool
        Whether the values are logarithms already.
    """

    due: int = REFRESH_EVERY
    is_log: bool = False
    median: float = 0.0
    mad: float = 0.0

    def push(self, value: float, window: int) -> None:
        """Take in a value, and refresh median and MAD when that is due."""
        self.add(value, window)
        self.due -= 1
        if self.due == 0:
            self.due = REFRESH_EVERY
            ordered = unpacked(np.sort(np.asarray(self.values)).tobytes())
            measure = median_and_mad if self.is_log else median_and_mad_of_logs
            self.median, self.mad = measure(ordered)

    def wide_state(self) -> WideState:
        """Return the ring as plain data, with the refreshed figures and when the next is due."""
        return self.state(), self.median, self.mad, self.due

    def load_wide(self, state: WideState, window: int) -> None:
        """Take over a state; under another window, its newest values."""
        ring, self.median, self.mad, self.due = state
        self.load(ring, window)
