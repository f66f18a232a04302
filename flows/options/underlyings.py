"""The underlying: its quote at a print, and its recent path."""

import math
from typing import Final

import msgspec

from flows.options.quotes import HISTORY_LENGTH
from flows.options.quotes import NS_PER_MS
from flows.options.quotes import PRICE_LIMIT
from schemas.records import EquityQuote
from schemas.records import OptionsPrint

NS_PER_S: Final = 1_000_000_000
PATH_SECONDS: Final = 900
SIGMA_SECONDS: Final = 600
SIGMA_FLOOR_BPS: Final = 0.5
SHARE_SECONDS: Final = 60
# Log changes are summed as integers, so that removing what was added leaves exactly nothing.
_CHANGE_SCALE: Final = 10**12


class JoinedUnderlying(msgspec.Struct, frozen=True, gc=False):
    """
    The underlying as of a print.

    Parameters
    ----------
    source : str
        `quote_mid`, `provider` or `none`.
    bid, ask, mid : float | None
        $.
    ts : int | None
        ns UTC of the quote.
    spread_bps, age_ms : float | None
        Spread over mid, age at the print.
    """

    source: str
    bid: float | None
    ask: float | None
    mid: float | None
    ts: int | None
    spread_bps: float | None
    age_ms: float | None


NO_UNDERLYING: Final = JoinedUnderlying("none", None, None, None, None, None, None)


class UnderlyingQuotes:
    """
    The newest quotes of one underlying in order of `source_ts`, at most `HISTORY_LENGTH`.

    `stream_ts` is the stamp of the newest option quote of any of its contracts, null before one.
    """

    __slots__ = ("quotes", "stream_ts")

    def __init__(self) -> None:
        self.quotes: list[EquityQuote] = []
        self.stream_ts: int | None = None

    def push(self, quote: EquityQuote) -> None:
        """Add a quote; one that arrives late goes where its stamp belongs."""
        quotes = self.quotes
        at = len(quotes)
        while at and quotes[at - 1].source_ts > quote.source_ts:
            at -= 1
        quotes.insert(at, quote)
        if len(quotes) > HISTORY_LENGTH:
            del quotes[0]

    def quote_at_or_before(self, ts: int) -> EquityQuote | None:
        """Return the newest quote with `source_ts` ≤ `ts` (ns), or null."""
        for quote in reversed(self.quotes):
            if quote.source_ts <= ts:
                return quote
        return None


def _joined(
    source: str, bid: float | None, ask: float | None, ts: int | None, at_ns: int
) -> JoinedUnderlying | None:
    if bid is None or ask is None or not 0.0 < bid <= ask < PRICE_LIMIT:
        return None
    mid = (bid + ask) / 2
    spread_bps = (ask - bid) / mid * 1e4
    age_ms = None if ts is None else (at_ns - ts) / NS_PER_MS
    return JoinedUnderlying(source, bid, ask, mid, ts, spread_bps, age_ms)


def join_underlying(
    record: OptionsPrint, quotes: UnderlyingQuotes, max_age_ms: float
) -> JoinedUnderlying:
    """
    Return the underlying as of a print: the topic's newest quote, else what the print carries.

    Parameters
    ----------
    record : OptionsPrint
        The print.
    quotes : UnderlyingQuotes
        Of its underlying.
    max_age_ms : float
        Age up to which a quote of the topic is used.

    Notes
    -----
    Carried values stamped after the print are ignored. An older quote is never dug out when the
    newest is unusable. Source: options flow specification, 4.1.
    """
    at_ns = record.source_ts
    quote = quotes.quote_at_or_before(at_ns)
    if quote is not None and (at_ns - quote.source_ts) / NS_PER_MS <= max_age_ms:
        joined = _joined("quote_mid", quote.bid, quote.ask, quote.source_ts, at_ns)
        if joined is not None:
            return joined
    if record.underlying_bid is None:
        return NO_UNDERLYING
    ts = record.underlying_ts
    if ts is not None and ts > at_ns:
        return NO_UNDERLYING
    carried = _joined("provider", record.underlying_bid, record.underlying_ask, ts, at_ns)
    return NO_UNDERLYING if carried is None else carried


class UnderlyingPath:
    """
    Mids of one underlying, one a second for 15 minutes, and the spread of their changes.

    A second without a quote repeats the mid before it. After a gap of 15 minutes, or a step back
    in time, the path starts again.
    """

    __slots__ = ("_changes", "_mids", "_second", "_sigma_bps", "_sum", "_sum_squares")

    def __init__(self) -> None:
        self._second = -1
        self._sigma_bps: float | None = None
        self._mids: list[float] = []
        self._changes: list[int] = []
        self._sum = 0
        self._sum_squares = 0

    def add(self, ts: int, mid: float) -> None:
        """Note a mid ($) at a time (ns); the last one of a second stands for it."""
        second = ts // NS_PER_S
        elapsed = second - self._second
        self._sigma_bps = None
        if not self._mids or elapsed < 0 or elapsed >= PATH_SECONDS:
            self._second = second
            self._mids = [mid]
            self._changes = []
            self._sum = self._sum_squares = 0
            return
        mids = self._mids
        for _ in range(elapsed):
            mids.append(mids[-1])
            self._note_change(0)
        if elapsed:
            self._second = second
            if len(mids) > 2 * PATH_SECONDS:
                del mids[:-PATH_SECONDS]
        mids[-1] = mid
        if len(mids) > 1:
            self._replace_last_change(round(math.log(mid / mids[-2]) * _CHANGE_SCALE))

    def _note_change(self, change: int) -> None:
        changes = self._changes
        changes.append(change)
        self._sum += change
        self._sum_squares += change * change
        if len(changes) > SIGMA_SECONDS:
            gone = changes[-SIGMA_SECONDS - 1]
            self._sum -= gone
            self._sum_squares -= gone * gone
            if len(changes) > 2 * SIGMA_SECONDS:
                del changes[:-SIGMA_SECONDS]

    def _replace_last_change(self, change: int) -> None:
        gone = self._changes[-1]
        self._changes[-1] = change
        self._sum += change - gone
        self._sum_squares += change * change - gone * gone

    def mid_before(self, ts: int, seconds: int) -> float | None:
        """
        Return the mid that stood `seconds` before a time.

        Parameters
        ----------
        ts : int
            ns UTC, not before the path's newest second.
        seconds : int
            At most 900.

        Returns
        -------
        float | None
            $, the last one of that second; null when the path does not reach back so far.
        """
        back = self._second - (ts // NS_PER_S - seconds)
        mids = self._mids
        if not mids:
            return None
        if back < 0:
            return mids[-1] if -back < PATH_SECONDS else None
        return mids[-1 - back] if back < min(len(mids), PATH_SECONDS) else None

    def sigma_bps(self) -> float | None:
        """Return the standard deviation of the log changes of 600 seconds, floor .5; or null."""
        if self._sigma_bps is None:
            n = min(len(self._changes), SIGMA_SECONDS)
            if n < 2:
                return None
            variance = (n * self._sum_squares - self._sum * self._sum) / (n * n)
            self._sigma_bps = max(math.sqrt(variance) / _CHANGE_SCALE * 1e4, SIGMA_FLOOR_BPS)
        return self._sigma_bps

    def state(self) -> list[object]:
        """Return plain data from which `restore` builds an equal path."""
        return [self._second, self._mids[-PATH_SECONDS:], self._changes[-SIGMA_SECONDS:]]

    @classmethod
    def restore(cls, state: list[object]) -> "UnderlyingPath":
        """Build a path from `state`."""
        path = cls()
        second, mids, changes = state
        path._second = msgspec.convert(second, int)
        path._mids = msgspec.convert(mids, list[float])
        path._changes = msgspec.convert(changes, list[int])
        path._sum = sum(path._changes)
        path._sum_squares = sum(change * change for change in path._changes)
        return path


class TrailingSize:
    """Contracts traded in the trailing 60 seconds, in one-second buckets."""

    __slots__ = ("_buckets", "_total")

    def __init__(self, buckets: list[list[int]] | None = None) -> None:
        self._buckets = [] if buckets is None else buckets
        self._total = sum(size for _, size in self._buckets)

    def add(self, ts: int, size: int) -> None:
        """Count `size` contracts (negative for a cancel) at a time (ns)."""
        second = ts // NS_PER_S
        buckets = self._buckets
        if buckets and buckets[-1][0] == second:
            buckets[-1][1] += size
            self._total += size
            return
        if not buckets or buckets[-1][0] < second:
            if size > 0:
                buckets.append([second, size])
                self._total += size
                if buckets[0][0] <= second - SHARE_SECONDS:
                    self._forget(second)
            return
        for bucket in buckets:
            if bucket[0] == second:
                bucket[1] += size
                self._total += size
                return

    def _forget(self, second: int) -> None:
        buckets = self._buckets
        while buckets and buckets[0][0] <= second - SHARE_SECONDS:
            self._total -= buckets[0][1]
            del buckets[0]

    def total_at(self, ts: int) -> int:
        """Return the contracts of the 60 seconds that end with the second of `ts` (ns)."""
        second = ts // NS_PER_S
        buckets = self._buckets
        if buckets and buckets[0][0] <= second - SHARE_SECONDS:
            self._forget(second)
        return self._total

    def state(self) -> list[list[int]]:
        """Return the buckets as plain data."""
        return self._buckets
