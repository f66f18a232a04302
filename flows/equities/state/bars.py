"""The bars of a trading date, and what is measured on them."""

import math
from bisect import bisect_left
from bisect import bisect_right
from typing import Final

from flows.common.prices import price_e4
from schemas.records import EquityCandle

CARRIED: Final = "carried"

BarsState = tuple[list[int], list[int], list[int], list[int]]


class WilderRange:
    """
    Average true range after Wilder.

    The first value is the mean of `period` true ranges, later ones
    (previous x (period - 1) + range) / period; a range needs the close before it, so `period`
    ranges need `period` + 1 bars.

    Parameters
    ----------
    period : int
        Ranges.

    Notes
    -----
    Source: equities specification, 12 and 13.
    """

    def __init__(self, period: int) -> None:
        self._period = period
        self._ranges = 0
        self._sum_e4 = 0
        self._close_e4: int | None = None
        self.value_e4: float | None = None

    def add(self, high_e4: int, low_e4: int, close_e4: int) -> None:
        """Take the next bar, 1/10,000 dollar."""
        before = self._close_e4
        self._close_e4 = close_e4
        if before is None:
            return
        range_e4 = max(high_e4, before) - min(low_e4, before)
        self._ranges += 1
        if self.value_e4 is not None:
            self.value_e4 = (self.value_e4 * (self._period - 1) + range_e4) / self._period
            return
        self._sum_e4 += range_e4
        if self._ranges == self._period:
            self.value_e4 = self._sum_e4 / self._period


class BarSeries:
    """
    Closed bars of one interval in order of time, revised bars replaced.

    A bar without a price of its own (`carried`) says nothing about ranges or changes: it is left
    out, and a revision that leaves no price takes its bar out.

    Parameters
    ----------
    period : int
        Ranges in the average true range.
    """

    def __init__(self, period: int) -> None:
        self._period = period
        self._range = WilderRange(period)
        self.starts: list[int] = []
        self._highs: list[int] = []
        self._lows: list[int] = []
        self._closes: list[int] = []
        self.version = 0

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def range_e4(self) -> float | None:
        """Return the average true range, 1/10,000 dollar; null until there are enough bars."""
        return self._range.value_e4

    def take(self, bar: EquityCandle) -> bool:
        """
        Take a bar or its revision.

        Returns
        -------
        bool
            It lies behind all others, so it is news and not a correction.
        """
        start = bar.window_start
        place = bisect_left(self.starts, start)
        is_known = place < len(self.starts) and self.starts[place] == start
        has_price = bar.price_basis != CARRIED and not (
            bar.close is None or bar.high is None or bar.low is None
        )
        if not has_price:
            if is_known:
                for column in self._columns():
                    del column[place]
                self._measure_again()
            return False
        is_next = place == len(self.starts)
        row = (start, price_e4(bar.high or 0.0), price_e4(bar.low or 0.0))
        row_with_close = (*row, price_e4(bar.close or 0.0))
        for column, value in zip(self._columns(), row_with_close, strict=True):
            if is_known:
                column[place] = value
            else:
                column.insert(place, value)
        if is_next:
            self._range.add(*row_with_close[1:])
            self.version += 1
        else:
            self._measure_again()
        return is_next

    def clear(self) -> None:
        """Forget every bar."""
        for column in self._columns():
            column.clear()
        self._measure_again()

    def change(self, last_start_ns: int, span_ns: int, step_ns: int) -> "Change | None":
        """
        Measure the change of the closes over a span.

        Parameters
        ----------
        last_start_ns : int
            Start of the last bar that counts, ns UTC; where there is none the close before holds.
        span_ns, step_ns : int
            Length of the span and of one return in it.

        Returns
        -------
        Change | None
            Null when the first close is younger than the span.
        """
        starts = self.starts
        first_ns = last_start_ns - span_ns
        if not starts or starts[0] > first_ns:
            return None
        place = bisect_right(starts, first_ns)
        before = base = self._closes[place - 1]
        returns: list[float] = []
        for at_ns in range(first_ns + step_ns, last_start_ns + 1, step_ns):
            if place < len(starts) and starts[place] <= at_ns:
                place += 1
                close = self._closes[place - 1]
                returns.append((close - before) / before)
                before = close
            else:
                returns.append(0.0)
        return Change((before - base) / base, tuple(returns))

    def closes_in_a_row(self) -> int:
        """Return how many closes rose in a row up to the newest; negative: fell."""
        closes = self._closes
        run = 0
        for place in range(len(closes) - 1, 0, -1):
            step = closes[place] - closes[place - 1]
            if not step or (run and (run > 0) != (step > 0)):
                break
            run += 1 if step > 0 else -1
        return run

    def state(self) -> BarsState:
        """Return the bars as plain data."""
        return list(self.starts), list(self._highs), list(self._lows), list(self._closes)

    def load(self, state: BarsState) -> None:
        """Take over a state."""
        for column, values in zip(self._columns(), state, strict=True):
            column[:] = values
        self._measure_again()

    def _columns(self) -> tuple[list[int], list[int], list[int], list[int]]:
        return self.starts, self._highs, self._lows, self._closes

    def _measure_again(self) -> None:
        self._range = WilderRange(self._period)
        for row in zip(self._highs, self._lows, self._closes, strict=True):
            self._range.add(*row)
        self.version += 1


class Change:
    """
    A change and the returns it is made of.

    Parameters
    ----------
    total : float
        Over the whole span, as a share of the first close.
    returns : tuple of float
        One a step.
    """

    __slots__ = ("returns", "total")

    def __init__(self, total: float, returns: tuple[float, ...]) -> None:
        self.total = total
        self.returns = returns

    @property
    def ratio(self) -> float | None:
        """
        Return the change over the size it would have by chance.

        That is the standard deviation of the returns (around their mean, n - 1) times the root of
        their number; null when they do not vary.
        """
        returns = self.returns
        mean = math.fsum(returns) / len(returns)
        squares = math.fsum([(each - mean) ** 2 for each in returns])
        expected = math.sqrt(squares / (len(returns) - 1) * len(returns))
        # Returns that are all alike differ by rounding only.
        if expected <= abs(self.total) * 1e-9:
            return None
        return self.total / expected
