"""Baselines in Redis: written behind the flow, read when one starts."""

import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from queue import SimpleQueue
from typing import Final
from typing import cast

import msgspec
import structlog
from redis import Redis
from redis.exceptions import RedisError

from connectors.errors import RejectedRecord
from connectors.errors import TransientConnector
from connectors.redis.config import BaselineStoreConfig
from connectors.redis.config import RedisConfig
from schemas.records import BaselineSnapshot

log: Final = structlog.get_logger()

KEY_PREFIX: Final = "if:baseline:"
# Underlyings that have keys, and the keys of one underlying: Redis is never searched through.
UNDERLYINGS_KEY: Final = "if:baseline-underlyings"
MEMBERS_PREFIX: Final = "if:baseline-keys:"
RECORD_FIELD: Final = "record"
CHUNK: Final = 500

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(BaselineSnapshot).decode

Batch = tuple[int, Sequence[BaselineSnapshot]]


def redis_client(config: RedisConfig) -> "Redis":
    """Return a client that waits no longer than configured; it connects when it is first used."""
    return Redis.from_url(
        config.url,
        decode_responses=True,
        socket_timeout=config.timeout_s,
        socket_connect_timeout=config.timeout_s,
    )


class BaselineStore:
    """
    Keep the newest state of each baseline key as a hash `if:baseline:<key>`: its record as JSON,
    with snapshot id and time beside it.

    Delivery: at most once, and nothing waits for it. A batch is handed over every `interval_s`
    seconds for each partition and written by a thread of its own; one Redis does not take is
    logged, counted and dropped, and its keys are written again when they change. A flow that ends
    loses what it has not written.

    Parameters
    ----------
    config : BaselineStoreConfig
        Where, how often, for how long.
    clock : callable
        Monotonic seconds.

    Attributes
    ----------
    written, failed : int
        Keys Redis took, and keys of batches it did not take.
    """

    def __init__(
        self, config: BaselineStoreConfig, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._config = config
        self._clock = clock
        self._client = redis_client(config.redis)
        self._queue: SimpleQueue[Batch | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._last: dict[int, float] = {}
        self._pending: set[int] = set()
        self._idle = threading.Condition(self._lock)
        self.written = 0
        self.failed = 0

    def is_due(self, partition: int) -> bool:
        """
        Return whether a partition's changed keys should be offered now.

        Never while its last batch is still being written, so one batch a partition is the most
        that waits.
        """
        now = self._clock()
        with self._lock:
            last = self._last.setdefault(partition, now)
            return now - last >= self._config.interval_s and partition not in self._pending

    def offer(self, partition: int, records: Sequence[BaselineSnapshot]) -> None:
        """Hand over a partition's changed keys; returns at once."""
        with self._lock:
            self._last[partition] = self._clock()
            if not records:
                return
            self._pending.add(partition)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._write_all, name="baseline-store", daemon=True
                )
                self._thread.start()
        self._queue.put((partition, records))

    def flush(self, timeout_s: float) -> bool:
        """Wait until nothing is left to write; return whether that came to be in time."""
        with self._idle:
            return self._idle.wait_for(lambda: not self._pending, timeout_s)

    def close(self) -> None:
        """End the thread after what it has to write, and the connections."""
        thread = self._thread
        if thread is not None:
            self._queue.put(None)
            thread.join(2 * self._config.redis.timeout_s)
        self._client.close()

    def _write_all(self) -> None:
        while (batch := self._queue.get()) is not None:
            partition, records = batch
            try:
                self._write(records)
                self.written += len(records)
            except RedisError as error:
                self.failed += len(records)
                log.warning(
                    "baselines_not_stored",
                    partition=partition, keys=len(records), failed=self.failed, error=str(error),
                )  # fmt: skip
            with self._idle:
                self._pending.discard(partition)
                self._idle.notify_all()

    def _write(self, records: Sequence[BaselineSnapshot]) -> None:
        ttl_s = self._config.ttl_s
        for begin in range(0, len(records), CHUNK):
            part = records[begin : begin + CHUNK]
            with self._client.pipeline(transaction=False) as pipe:
                for record in part:
                    key = f"{KEY_PREFIX}{record.key}"
                    pipe.hset(key, items=_fields(record))
                    pipe.expire(key, ttl_s)
                members: dict[str, list[str]] = {}
                for record in part:
                    members.setdefault(record.underlying_id, []).append(record.key)
                for underlying_id, keys in members.items():
                    pipe.sadd(f"{MEMBERS_PREFIX}{underlying_id}", *keys)
                    pipe.expire(f"{MEMBERS_PREFIX}{underlying_id}", ttl_s)
                pipe.sadd(UNDERLYINGS_KEY, *members)
                pipe.expire(UNDERLYINGS_KEY, ttl_s)
                pipe.execute()

    def underlyings(self) -> list[str]:
        """
        Return the underlyings that have keys, in alphabetical order.

        Raises
        ------
        TransientConnector
            Redis does not answer.
        """
        try:
            return sorted(cast("set[str]", self._client.smembers(UNDERLYINGS_KEY)))
        except RedisError as error:
            raise _unanswered(error) from error

    def load(self, underlying_id: str) -> list[BaselineSnapshot]:
        """
        Return the keys of an underlying, in alphabetical order, under one snapshot id.

        Keys are written at different times; the id is that of the newest.

        Raises
        ------
        TransientConnector
            Redis does not answer.
        RejectedRecord
            A key holds something else.
        """
        try:
            found = list(self._hashes(underlying_id))
        except RedisError as error:
            raise _unanswered(error) from error
        except (KeyError, msgspec.DecodeError) as error:
            msg = f"{MEMBERS_PREFIX}{underlying_id} leads to what is no baseline: {error}"
            raise RejectedRecord(msg) from error
        if not found:
            return []
        newest = max(found, key=lambda record: record.as_of_ts).snapshot_id
        return [msgspec.structs.replace(record, snapshot_id=newest) for record in found]

    def _hashes(self, underlying_id: str) -> Iterator[BaselineSnapshot]:
        members = self._client.smembers(f"{MEMBERS_PREFIX}{underlying_id}")
        keys = sorted(cast("set[str]", members))
        for begin in range(0, len(keys), CHUNK):
            with self._client.pipeline(transaction=False) as pipe:
                for key in keys[begin : begin + CHUNK]:
                    pipe.hgetall(f"{KEY_PREFIX}{key}")
                for fields in pipe.execute():
                    # Empty: the key has expired, its name in the set not yet.
                    if fields:
                        yield _decode(fields[RECORD_FIELD])


def _fields(record: BaselineSnapshot) -> list[str | int | bytes]:
    # Two fields to look at by hand; a field a column takes the writer nearly twice the time.
    return [
        "snapshot_id", record.snapshot_id, "as_of_ts", record.as_of_ts,
        RECORD_FIELD, _encode(record),
    ]  # fmt: skip


def _unanswered(error: RedisError) -> TransientConnector:
    msg = f"Redis does not answer: {error}"
    return TransientConnector(msg)
