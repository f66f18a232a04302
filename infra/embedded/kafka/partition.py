"""The log of one partition: its segments, its producers and who waits for its next record."""

import time
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path
from typing import Final
from typing import NamedTuple

from kio.schema.errors import ErrorCode

from infra.embedded.kafka.batches import BatchHeader
from infra.embedded.kafka.batches import RejectedBatch
from infra.embedded.kafka.batches import assign_offset
from infra.embedded.kafka.batches import check_produced
from infra.embedded.kafka.batches import first_record_at
from infra.embedded.kafka.files import FilePool
from infra.embedded.kafka.flusher import Flusher
from infra.embedded.kafka.producers import ProducerTable
from infra.embedded.kafka.recovery import recover
from infra.embedded.kafka.segment import Segment
from infra.errors import InfraError

CHECKPOINT_BYTES: Final = 8 << 20
PRODUCER_MEMORY_S: Final = 7 * 86_400.0
UNLIMITED: Final = -1


class LogBounds(NamedTuple):
    """Sizes and ages of one topic's logs; -1 means unlimited."""

    segment_bytes: int
    max_batch_bytes: int
    retention_ms: int
    retention_bytes: int


class OffsetOutOfRange(InfraError):
    """The offset is before the first or after the last record."""


class StoredOffset(NamedTuple):
    """Offset and timestamp (ms UTC) of a record."""

    offset: int
    timestamp_ms: int


Waiter = Callable[[int], None]
"""Called with the bytes appended, -1 when the partition is gone."""


class PartitionLog:
    """
    Append-only log of record batches, stored as the producer sent them.

    Delivery: an append has returned only after the batch was handed to the system, so an
    acknowledged record survives kill -9. A batch an idempotent producer repeats gets its first
    offset and is not stored again, also after a restart.
    Order: offsets rise by one in the order of the appends.

    Attributes
    ----------
    next_offset : int
        Offset the next record gets; with one replica also the high watermark.
    """

    def __init__(
        self, topic: str, index: int, directory: Path, files: FilePool, flusher: Flusher
    ) -> None:
        self.topic = topic
        self.index = index
        self.directory = directory
        self.next_offset = 0
        self.waiters: set[Waiter] = set()
        self._files = files
        self._flusher = flusher
        self._producers = ProducerTable()
        self._segments: list[Segment] = []
        self._bases: list[int] = []

    @property
    def log_start_offset(self) -> int:
        """Offset of the earliest record kept."""
        return self._bases[0] if self._bases else 0

    @property
    def size(self) -> int:
        """Bytes stored."""
        return sum(segment.size for segment in self._segments)

    @property
    def segment_count(self) -> int:
        """Number of segment files."""
        return len(self._segments)

    def open(self) -> int:
        """Recover the segments from disk and return how many bytes were cut off."""
        recovered = recover(self.directory, self._files, self._producers, time.monotonic())
        self._segments = recovered.segments
        self._bases = [segment.base_offset for segment in self._segments]
        if self._segments:
            self.next_offset = self._segments[-1].next_offset
        return recovered.truncated_bytes

    def append(self, records: memoryview, bounds: LogBounds) -> int:
        """
        Append the batches in `records`, changing their base offsets in place.

        Returns
        -------
        int
            Offset of the first record.

        Raises
        ------
        RejectedBatch
            With the protocol's code; nothing of the batch was stored.
        """
        if self._flusher.failed:
            msg = "an fsync failed; records are refused until the broker is started again"
            raise RejectedBatch(ErrorCode.kafka_storage_error, msg)
        position, end = 0, len(records)
        first_offset: int | None = None
        while position < end:
            header = check_produced(records, position, end)
            batch = records[position : position + header.size]
            offset = self._append_one(batch, header, bounds)
            first_offset = offset if first_offset is None else first_offset
            position += header.size
        if first_offset is None:
            msg = f"no batch in the records for {self.topic}-{self.index}"
            raise RejectedBatch(ErrorCode.invalid_record, msg)
        return first_offset

    def _append_one(self, batch: memoryview, header: BatchHeader, bounds: LogBounds) -> int:
        if header.size > bounds.max_batch_bytes:
            msg = f"batch of {header.size} bytes, max.message.bytes is {bounds.max_batch_bytes}"
            raise RejectedBatch(ErrorCode.message_too_large, msg)
        if header.producer_id >= 0:
            duplicate = self._producers.duplicate_offset(header)
            if duplicate is not None:
                return duplicate
        offset = self.next_offset
        assign_offset(batch, 0, offset)
        header = header._replace(base_offset=offset)
        try:
            segment = self._writable_segment(header.size, bounds.segment_bytes)
            segment.append(batch, header)
        except OSError as error:
            msg = f"could not write {self.topic}-{self.index}: {error}"
            raise RejectedBatch(ErrorCode.kafka_storage_error, msg) from error
        self.next_offset = header.next_offset
        if header.producer_id >= 0:
            self._producers.record(header, time.monotonic())
        self._flusher.file_written(segment.path)
        if segment.size - segment.checkpointed_bytes >= CHECKPOINT_BYTES:
            self._checkpoint(segment)
        for waiter in tuple(self.waiters):
            waiter(header.size)
        return offset

    def read(self, offset: int, max_bytes: int, *, whole_first: bool) -> bytes:
        """
        Return whole batches from the one that holds `offset` on, b"" at the end of the log.

        Raises
        ------
        OffsetOutOfRange
            The offset is outside `log_start_offset` to `next_offset`.
        """
        if offset == self.next_offset:
            # By far the most frequent question: readers wait at the end.
            return b""
        if not self.log_start_offset <= offset < self.next_offset:
            msg = f"offset {offset}, expected {self.log_start_offset} to {self.next_offset}"
            raise OffsetOutOfRange(msg)
        pieces: list[bytes] = []
        room = max_bytes
        entry = max(bisect_right(self._bases, offset) - 1, 0)
        for segment in self._segments[entry:]:
            if offset >= segment.next_offset:
                continue
            chunk = segment.read(offset, room, whole_first=whole_first and not pieces)
            if not chunk.records:
                break
            pieces.append(chunk.records)
            room -= len(chunk.records)
            offset = chunk.next_offset
            if offset < segment.next_offset or room <= 0:
                break
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def offset_at(self, timestamp_ms: int) -> StoredOffset | None:
        """Return the first record stamped at or after a time, None when all are earlier."""
        for segment in self._segments:
            batch = segment.first_batch_at(timestamp_ms)
            if batch is not None:
                return StoredOffset(*first_record_at(batch, timestamp_ms))
        return None

    def offset_of_greatest_timestamp(self) -> StoredOffset | None:
        """Return the first record with the greatest timestamp, None for an empty log."""
        stamped = [s for s in self._segments if s.size > 0]
        if not stamped:
            return None
        return self.offset_at(max(segment.max_timestamp for segment in stamped))

    def apply_retention(self, bounds: LogBounds, now_ms: int) -> int:
        """Delete segments that are too old or too many, forget idle producers; return how many."""
        self._producers.forget_before(time.monotonic() - PRODUCER_MEMORY_S)
        deleted = 0
        if bounds.retention_ms != UNLIMITED:
            expired_ms = now_ms - bounds.retention_ms
            while self._segments and self._is_older(self._segments[0], expired_ms):
                self._delete_first()
                deleted += 1
        if bounds.retention_bytes != UNLIMITED:
            excess = self.size - bounds.retention_bytes
            while len(self._segments) > 1 and excess >= self._segments[0].size:
                excess -= self._segments[0].size
                self._delete_first()
                deleted += 1
        return deleted

    def _is_older(self, segment: Segment, expired_ms: int) -> bool:
        if segment.size == 0:
            return False
        newest_ms = segment.max_timestamp
        if newest_ms < 0:
            newest_ms = int(segment.path.stat().st_mtime * 1000)
        return newest_ms < expired_ms

    def _delete_first(self) -> None:
        if len(self._segments) == 1:
            # The name of the new, empty file is what keeps the next offset over a restart.
            self._roll()
        segment = self._segments.pop(0)
        self._bases.pop(0)
        segment.delete()
        self._flusher.folder_changed(self.directory)

    def close(self, *, checkpoint: bool) -> None:
        """Close the files; with `checkpoint` the next start reads only what follows it."""
        for segment in self._segments:
            segment.close()
        if checkpoint and self._segments:
            last = self._segments[-1]
            if last.size > last.checkpointed_bytes:
                self._checkpoint(last)

    def discard(self) -> None:
        """Close the files of a deleted topic and send its waiting readers away."""
        for waiter in tuple(self.waiters):
            waiter(-1)
        self.close(checkpoint=False)

    def _writable_segment(self, incoming_bytes: int, segment_bytes: int) -> Segment:
        if self._segments:
            last = self._segments[-1]
            if last.size == 0 or last.size + incoming_bytes <= segment_bytes:
                return last
            self._checkpoint(last)
        return self._roll()

    def _roll(self) -> Segment:
        self.directory.mkdir(parents=True, exist_ok=True)
        segment = Segment(self.directory, self.next_offset, self._files)
        segment.create()
        self._segments.append(segment)
        self._bases.append(segment.base_offset)
        self._flusher.folder_changed(self.directory)
        return segment

    def _checkpoint(self, segment: Segment) -> None:
        encoded = segment.checkpoint(self._producers.snapshot())
        self._flusher.checkpoint_ready(segment.path, encoded)
