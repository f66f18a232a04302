"""Minute buckets of one trading date, in integer columns."""

import hashlib
import struct
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from operator import add
from operator import sub
from typing import Final

import msgspec

from flows.common.cadence import NEVER
from flows.common.prices import round6
from flows.equities.observed import BUY
from flows.equities.observed import MICRO
from flows.equities.observed import SELL
from flows.equities.observed import ObservedPrint
from flows.equities.orderflow.config import BUCKET_NS
from flows.equities.orderflow.config import OrderFlowConfig
from flows.equities.orderflow.spans import span_at

_START, _BUY, _SELL, _UNKNOWN, _BUYS, _SELLS, _REVISION, _DIGEST = range(8)
_COLUMNS: Final = 8
_UNPUBLISHED: Final = -1

# Buy, sell, unknown micro-shares, buys, sells.
Amounts = tuple[int, int, int, int, int]
DayState = tuple[int, int, list[int], list[bytes]]


class MinuteFlow(msgspec.Struct, frozen=True, gc=False):
    """
    A bucket and the sums that lead to it; equal ones give equal records.

    Parameters
    ----------
    start_ns : int
        Window start.
    buy, sell, unknown : int
        Micro-shares of the bucket.
    buys, sells : int
        Prints of the bucket that have a direction.
    cumulative, cumulative_day : int
        Delta since the segment, and since the day began, micro-shares.
    momentum : int
        Change of `cumulative` over the momentum window, micro-shares.
    volume_ratio : float
        Volume of the window's last minute over the mean closed minute.
    """

    start_ns: int
    buy: int
    sell: int
    unknown: int
    buys: int
    sells: int
    cumulative: int
    cumulative_day: int
    momentum: int
    volume_ratio: float

    def digest(self) -> int:
        """Return 64 bits by which two versions of a bucket are told apart."""
        packed = struct.pack("<9qd", *[getattr(self, name) for name in self.__struct_fields__])
        return int.from_bytes(hashlib.blake2b(packed, digest_size=8).digest(), signed=True)


def volume_ratio(volume: int, bars: tuple[int, int], min_bars: int) -> float:
    """
    Return a minute's volume over the mean of bars.

    Parameters
    ----------
    volume : int
        Micro-shares.
    bars : tuple[int, int]
        Micro-shares and number of the bars.
    min_bars : int
        Bars below which the ratio is 1.0.
    """
    total, count = bars
    return round6(volume * count / total) if count >= min_bars and total else 1.0


def pressures(buy: int, sell: int) -> tuple[float, float]:
    """Return buy and sell in percent of their sum; 50 and 50 when there is neither."""
    both = buy + sell
    if not both:
        return 50.0, 50.0
    return round6(100 * buy / both), round6(100 * sell / both)


def amounts_of(p: ObservedPrint, sign: int) -> Amounts:
    """Return what a print adds to a bucket (`sign` 1), or takes away from it (-1)."""
    micro = sign * p.micro
    if p.direction == BUY:
        return micro, 0, 0, sign, 0
    if p.direction == SELL:
        return 0, micro, 0, 0, sign
    return 0, 0, micro, 0, 0


def shares(micro: int) -> float:
    """Return micro-shares as shares."""
    return micro / MICRO


class DayFlow:
    """
    The minute buckets of a trading date: 64 bytes each, in order of time.

    Parameters
    ----------
    trade_date : int
        Days since 1970-01-01.

    Attributes
    ----------
    touched : list of int
        Starts of closed buckets that changed since they were last looked at, ascending.
    dirty_from_ns : int
        Start of the earliest bucket whose change later ones have not taken over; NEVER for none.
    """

    __slots__ = ("_columns", "dirty_from_ns", "touched", "trade_date")

    def __init__(self, trade_date: int) -> None:
        self.trade_date = trade_date
        self.touched: list[int] = []
        self.dirty_from_ns = NEVER
        self._columns = [array("q") for _ in range(_COLUMNS)]

    def add(self, start_ns: int, amounts: Amounts) -> None:
        """Add to, or take away from, a bucket."""
        at = self._row(start_ns)
        columns = self._columns
        buy, sell, unknown, buys, sells = amounts
        columns[_BUY][at] += buy
        columns[_SELL][at] += sell
        columns[_UNKNOWN][at] += unknown
        columns[_BUYS][at] += buys
        columns[_SELLS][at] += sells

    def touch(self, start_ns: int) -> None:
        """Remember that a closed bucket changed."""
        at = bisect_left(self.touched, start_ns)
        if at == len(self.touched) or self.touched[at] != start_ns:
            self.touched.insert(at, start_ns)
        self.dirty_from_ns = min(self.dirty_from_ns, start_ns)

    def last_bars(self, before_ns: int, count: int) -> tuple[int, int]:
        """Return micro-shares and number of the last `count` minutes with volume that ended."""
        end = bisect_left(self._columns[_START], before_ns - BUCKET_NS + 1)
        first = max(0, end - count)
        volumes = self._volumes(first, end)
        if first and 0 in volumes:
            volumes = self._volumes(0, end)
        bars = [volume for volume in volumes if volume][-count:]
        return sum(bars), len(bars)

    def own(self, start_ns: int) -> Amounts:
        """Return what a bucket that exists holds."""
        columns, at = self._columns, self._row(start_ns)
        return (
            columns[_BUY][at],
            columns[_SELL][at],
            columns[_UNKNOWN][at],
            columns[_BUYS][at],
            columns[_SELLS][at],
        )

    def minutes(self, from_ns: int, at_ns: int, config: OrderFlowConfig) -> Iterator[MinuteFlow]:
        """Yield the buckets from a start on that ended by an instant, worked out anew."""
        starts, buy, sell, unknown, buys, sells = self._columns[:_REVISION]
        deltas = [0, *accumulate(map(sub, buy, sell))]
        volumes = self._volumes(0, len(starts))
        # Minutes without volume are no bars: sums over the bars, and how many there were by then.
        bars = [0, *accumulate([volume for volume in volumes if volume])]
        counts = list(accumulate([volume > 0 for volume in volumes]))
        for at in range(bisect_left(starts, from_ns), len(starts)):
            start = starts[at]
            if start + BUCKET_NS > at_ns:
                return
            span = span_at(start)
            momentum_ns = start + BUCKET_NS - config.momentum_min * BUCKET_NS
            since = deltas[at + 1]
            last = counts[at]
            first = max(0, last - config.mean_bars)
            yield MinuteFlow(
                start,
                buy[at],
                sell[at],
                unknown[at],
                buys[at],
                sells[at],
                since - deltas[bisect_left(starts, span.start_ns)],
                since - deltas[bisect_left(starts, span.day_start_ns)],
                since - deltas[bisect_left(starts, max(span.start_ns, momentum_ns))],
                volume_ratio(
                    volumes[at], (bars[last] - bars[first], last - first), config.min_bars
                ),
            )

    def publish(self, minute: MinuteFlow) -> int | None:
        """
        Return the revision under which a bucket is to be emitted.

        Returns
        -------
        int | None
            None when it says what was said already, or has never had a print that stayed.
        """
        at = self._row(minute.start_ns)
        revisions, digests = self._columns[_REVISION], self._columns[_DIGEST]
        if revisions[at] == _UNPUBLISHED and not minute.buy + minute.sell + minute.unknown:
            return None
        digest = minute.digest()
        if revisions[at] != _UNPUBLISHED and digests[at] == digest:
            return None
        digests[at] = digest
        revisions[at] += 1
        return revisions[at]

    def state(self) -> DayState:
        """Return the date as plain data."""
        columns = [column.tobytes() for column in self._columns]
        return self.trade_date, self.dirty_from_ns, list(self.touched), columns

    @classmethod
    def restore(cls, state: DayState) -> "DayFlow":
        """Return the date of a state."""
        day = cls(state[0])
        day.dirty_from_ns = state[1]
        day.touched = state[2]
        for column, data in zip(day._columns, state[3], strict=True):
            column.frombytes(data)
        return day

    def _volumes(self, first: int, end: int) -> list[int]:
        _, buy, sell, unknown, *_ = self._columns
        return list(map(add, map(add, buy[first:end], sell[first:end]), unknown[first:end]))

    def _row(self, start_ns: int) -> int:
        starts = self._columns[_START]
        if starts and starts[-1] == start_ns:
            return len(starts) - 1
        at = bisect_left(starts, start_ns)
        if at == len(starts) or starts[at] != start_ns:
            for column in self._columns:
                column.insert(at, 0)
            starts[at] = start_ns
            self._columns[_REVISION][at] = _UNPUBLISHED
        return at
