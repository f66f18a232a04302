"""Candles of a dataflow into the cache, behind the flow."""

import threading
from collections.abc import Sequence
from typing import Final

import structlog
from bytewax.outputs import DynamicSink
from bytewax.outputs import StatelessSinkPartition

from connectors.errors import TransientConnector
from connectors.redis.candles import CandleCache
from connectors.redis.config import CandleCacheConfig
from schemas.records import EquityCandle

log: Final = structlog.get_logger()

MAX_PENDING: Final = 100_000
CHUNK: Final = 2_000
RETRY_S: Final = 1.0
# Between two writes: a chart need not be newer, and a tape run flat out would write every bar.
GATHER_S: Final = 0.25

_Id = tuple[str, int, int]


class CandlesBehind:
    """
    Write candles with a thread of its own, so that nothing waits for Redis.

    Delivery: at most once. What waits is kept by bar, the newest revision of each, and written four
    times a second, so a fast tape and a slow Redis mean fewer writes. Bars it does not take are
    tried again each second; when more than 100,000 wait, all that wait are dropped. Failures and
    drops are logged and counted, and stop nothing.

    Parameters
    ----------
    cache : CandleCache
        Where to; closed with this.
    timeout_s : float
        How long `close` waits for what is still to be written.

    Attributes
    ----------
    written, failed, dropped : int
        Bars Redis took, bars of writes it did not take (each try counts), bars given up.
    """

    def __init__(self, cache: CandleCache, timeout_s: float) -> None:
        self._cache = cache
        self._timeout_s = timeout_s
        self._pending: dict[_Id, EquityCandle] = {}
        self._is_busy = False
        self._is_closing = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self.written = 0
        self.failed = 0
        self.dropped = 0

    def offer(self, records: Sequence[EquityCandle]) -> None:
        """Hand bars over; returns at once."""
        if not records:
            return
        with self._changed:
            pending = self._pending
            for record in records:
                name = record.underlying_id, record.interval_ms, record.window_start
                known = pending.get(name)
                if known is None or _replaces(record, known):
                    pending[name] = record
            self._bound()
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._write_all, name="candle-cache", daemon=True
                )
                self._thread.start()
            self._changed.notify_all()

    def flush(self, timeout_s: float) -> bool:
        """Wait until nothing is left to write; return whether that came to be in time."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._pending and not self._is_busy, timeout_s
            )

    def close(self) -> None:
        """Write what waits, for as long as configured, and end the thread."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        thread = self._thread
        if thread is not None:
            thread.join(self._timeout_s)
        self._cache.close()

    def _write_all(self) -> None:
        while (records := self._next()) is not None:
            is_taken = True
            for begin in range(0, len(records), CHUNK):
                part = records[begin : begin + CHUNK]
                try:
                    self._cache.write(part)
                except TransientConnector as error:
                    is_taken = False
                    self._keep(records[begin:], error)
                    break
                self.written += len(part)
            with self._changed:
                self._is_busy = False
                self._changed.notify_all()
                pause_s = GATHER_S if is_taken else RETRY_S
                self._changed.wait_for(lambda: self._is_closing, pause_s)
                if not is_taken and self._is_closing:
                    return

    def _next(self) -> list[EquityCandle] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._pending or self._is_closing)
            if not self._pending:
                return None
            records = list(self._pending.values())
            self._pending = {}
            self._is_busy = True
            return records

    def _keep(self, records: Sequence[EquityCandle], error: TransientConnector) -> None:
        self.failed += len(records)
        log.warning("candles_not_cached", bars=len(records), failed=self.failed, error=str(error))
        with self._changed:
            for record in records:
                name = record.underlying_id, record.interval_ms, record.window_start
                self._pending.setdefault(name, record)
            self._bound()

    def _bound(self) -> None:
        if len(self._pending) > MAX_PENDING:
            self.dropped += len(self._pending)
            log.warning("candles_dropped", bars=len(self._pending), dropped=self.dropped)
            self._pending = {}


def _replaces(record: EquityCandle, known: EquityCandle) -> bool:
    return record.revision >= known.revision or record.source != known.source


class _SinkPartition(StatelessSinkPartition[tuple[str, Sequence[EquityCandle]]]):
    def __init__(self, behind: CandlesBehind) -> None:
        self._behind = behind

    def write_batch(self, items: list[tuple[str, Sequence[EquityCandle]]]) -> None:
        for _, candles in items:
            self._behind.offer(candles)

    def close(self) -> None:
        self._behind.close()


class CandleCacheSink(DynamicSink[tuple[str, Sequence[EquityCandle]]]):
    """
    Keep the newest candles of a dataflow in Redis.

    Items are (key, candles). Delivery: at most once; see `CandlesBehind`. The cache takes bars
    twice and in any order, so an epoch may be repeated. One thread and connection a worker.

    Parameters
    ----------
    config : CandleCacheConfig
        Where, how many, for how long.
    """

    def __init__(self, config: CandleCacheConfig) -> None:
        self._config = config

    def build(self, step_id: str, worker_index: int, worker_count: int) -> _SinkPartition:
        """Build the writer of a worker."""
        del step_id, worker_index, worker_count
        cache = CandleCache(self._config)
        return _SinkPartition(CandlesBehind(cache, 2 * self._config.redis.timeout_s))
