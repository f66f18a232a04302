"""
Fetch, versions 4 to 12: long polls that appends wake.

Requests are read by kio (a few microseconds, nothing to copy); responses are written by hand,
because kio's writer is a Python loop over fields and would copy the records twice.
"""

import asyncio
import struct
from collections.abc import Callable
from typing import Final
from typing import NamedTuple

from kio.schema.errors import ErrorCode

from infra.embedded.kafka.batches import LEADER_EPOCH
from infra.embedded.kafka.codec import Request
from infra.embedded.kafka.partition import OffsetOutOfRange
from infra.embedded.kafka.partition import PartitionLog
from infra.embedded.kafka.topics import TopicStore
from infra.embedded.kafka.wire import array_length
from infra.embedded.kafka.wire import string_bytes
from infra.embedded.kafka.wire import unsigned_varint

FETCH_KEY: Final = 1
MIN_FETCH_VERSION: Final = 4
MAX_FETCH_VERSION: Final = 12
FIRST_FLEXIBLE_VERSION: Final = 12
MAX_WAIT_S: Final = 300.0
NO_OFFSET: Final = -1

_PREFIX: Final = struct.Struct(">ii")
_INT32: Final = struct.Struct(">i")
_SESSION: Final = struct.Struct(">ihi")
_PARTITION_V4: Final = struct.Struct(">ihqqi")
_PARTITION_V5: Final = struct.Struct(">ihqqqi")
_PARTITION_V11: Final = struct.Struct(">ihqqqii")
_PARTITION_V12: Final = struct.Struct(">ihqqqBi")


class FetchedPartition(NamedTuple):
    """One partition's part of a response; offsets are -1 with an error."""

    partition: int
    error: ErrorCode
    high_watermark: int
    log_start_offset: int
    records: bytes


class Collected(NamedTuple):
    """Everything one look at the logs found."""

    topics: list[tuple[str, list[FetchedPartition]]]
    record_bytes: int
    failed: bool


def collect(request: Request, topics: TopicStore, response_bytes: int) -> Collected:
    """
    Read what a fetch request asks for, now.

    Parameters
    ----------
    request : Request
        Any served version.
    response_bytes : int
        The broker's own bound on the record bytes of one response.
    """
    room = min(request.max_bytes, response_bytes)
    total = 0
    failed = False
    answered = []
    for topic in request.topics:
        found = topics.get(topic.topic)
        fetched = []
        for wanted in topic.partitions:
            log = None if found is None else found.partition(wanted.partition)
            part = _fetch_one(wanted, log, max(room - total, 0), whole_first=total == 0)
            total += len(part.records)
            failed = failed or part.error is not ErrorCode.none
            fetched.append(part)
        answered.append((topic.topic, fetched))
    return Collected(answered, total, failed)


def _fetch_one(
    wanted: Request, log: PartitionLog | None, room: int, *, whole_first: bool
) -> FetchedPartition:
    index = wanted.partition
    if log is None:
        return _failure(index, ErrorCode.unknown_topic_or_partition)
    if getattr(wanted, "current_leader_epoch", NO_OFFSET) > LEADER_EPOCH:
        return _failure(index, ErrorCode.unknown_leader_epoch)
    try:
        records = log.read(
            wanted.fetch_offset, min(wanted.partition_max_bytes, room), whole_first=whole_first
        )
    except OffsetOutOfRange:
        return _failure(index, ErrorCode.offset_out_of_range)
    except OSError:
        return _failure(index, ErrorCode.kafka_storage_error)
    return FetchedPartition(index, ErrorCode.none, log.next_offset, log.log_start_offset, records)


def _failure(index: int, error: ErrorCode) -> FetchedPartition:
    return FetchedPartition(index, error, NO_OFFSET, NO_OFFSET, b"")


class LongPoll:
    """
    One fetch that waits until enough bytes were appended, its time is over or its partition gone.

    Nothing runs while it waits: appends count down what is missing, and one timer bounds the wait.
    `on_ready` is called once, from the loop, never from inside an append.
    """

    def __init__(
        self,
        request: Request,
        topics: TopicStore,
        missing_bytes: int,
        on_ready: Callable[[], None],
    ) -> None:
        self._missing_bytes = missing_bytes
        self._on_ready = on_ready
        self._loop = asyncio.get_running_loop()
        self._is_over = False
        self._logs: list[PartitionLog] = []
        for topic in request.topics:
            for wanted in topic.partitions:
                log = topics.partition(topic.topic, wanted.partition)
                if log is not None:
                    log.waiters.add(self._appended)
                    self._logs.append(log)
        wait_s = min(max(request.max_wait.total_seconds(), 0.0), MAX_WAIT_S)
        self._timer = self._loop.call_later(wait_s, self._finish)

    def cancel(self) -> None:
        """Stop waiting without an answer; for a connection that is gone."""
        self._is_over = True
        self._timer.cancel()
        for log in self._logs:
            log.waiters.discard(self._appended)

    def _appended(self, record_bytes: int) -> None:
        self._missing_bytes -= record_bytes
        if record_bytes < 0 or self._missing_bytes <= 0:
            # Not before the append is answered: its producer is first in line.
            self.cancel()
            self._loop.call_soon(self._on_ready)

    def _finish(self) -> None:
        if not self._is_over:
            self.cancel()
            self._on_ready()


def encode_fetch(collected: Collected, api_version: int, correlation_id: int) -> list[bytes]:
    """Encode a response as pieces to be written one after the other."""
    flexible = api_version >= FIRST_FLEXIBLE_VERSION
    tags = b"\x00" if flexible else b""
    head = _SESSION.pack(0, 0, 0) if api_version >= 7 else _INT32.pack(0)
    pieces = [b"", tags, head, array_length(len(collected.topics), flexible=flexible)]
    for name, partitions in collected.topics:
        pieces.append(string_bytes(name, flexible=flexible))
        pieces.append(array_length(len(partitions), flexible=flexible))
        for partition in partitions:
            pieces.append(_encode_partition(partition, api_version))
            pieces.append(partition.records)
            pieces.append(tags)
        pieces.append(tags)
    pieces.append(tags)
    pieces[0] = _PREFIX.pack(sum(map(len, pieces)) + 4, correlation_id)
    return pieces


def encode_no_session(api_version: int, correlation_id: int) -> bytes:
    """Encode the refusal of a fetch session, which this broker never grants."""
    flexible = api_version >= FIRST_FLEXIBLE_VERSION
    tags = b"\x00" if flexible else b""
    body = tags + _SESSION.pack(0, ErrorCode.fetch_session_id_not_found.value, 0)
    body += array_length(0, flexible=flexible) + tags
    return _PREFIX.pack(len(body) + 4, correlation_id) + body


def _encode_partition(part: FetchedPartition, api_version: int) -> bytes:
    code, high, start = part.error.value, part.high_watermark, part.log_start_offset
    size = len(part.records)
    # The zero after the offsets is the empty array of aborted transactions.
    if api_version >= FIRST_FLEXIBLE_VERSION:
        fixed = _PARTITION_V12.pack(part.partition, code, high, high, start, 1, NO_OFFSET)
        return fixed + unsigned_varint(size + 1)
    if api_version >= 11:
        fixed = _PARTITION_V11.pack(part.partition, code, high, high, start, 0, NO_OFFSET)
    elif api_version >= 5:
        fixed = _PARTITION_V5.pack(part.partition, code, high, high, start, 0)
    else:
        fixed = _PARTITION_V4.pack(part.partition, code, high, high, 0)
    return fixed + _INT32.pack(size)
