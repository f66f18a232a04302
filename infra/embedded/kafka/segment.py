"""One append-only file of record batches with a sparse index in memory."""

import os
from array import array
from bisect import bisect_left
from bisect import bisect_right
from pathlib import Path
from typing import Final
from typing import NamedTuple

import msgspec
from crc32c import crc32c

from infra.embedded.kafka.batches import HEADER_BYTES
from infra.embedded.kafka.batches import NO_TIMESTAMP
from infra.embedded.kafka.batches import BatchHeader
from infra.embedded.kafka.batches import read_header
from infra.embedded.kafka.files import FilePool
from infra.embedded.kafka.files import write_fully
from infra.embedded.kafka.producers import ProducerSnapshot

INDEX_INTERVAL_BYTES: Final = 16 * 1024
INDEX_ENTRY_BYTES: Final = 8
REMEMBERED_CURSORS: Final = 32
LOG_SUFFIX: Final = ".log"
CHECKPOINT_SUFFIX: Final = ".idx"


class Checkpoint(msgspec.Struct, frozen=True, array_like=True):
    """
    What is known of the first `size` bytes of a segment, so that a start need not read them again.

    `crc` is the CRC32C of those bytes; the three index columns are native int64 arrays.
    """

    size: int
    crc: int
    next_offset: int
    max_timestamp: int
    offsets: bytes
    positions: bytes
    times: bytes
    producers: list[ProducerSnapshot]


class Chunk(NamedTuple):
    """Whole batches as stored, and the offset after them; empty when there was nothing to read."""

    records: bytes
    next_offset: int


class Segment:
    """
    Batches of one partition from `base_offset` on.

    Order: as appended. `append` returns after the bytes were handed to the system, so they survive
    the death of the process; surviving the death of the machine needs the caller's fsync.

    Notes
    -----
    The index holds, about every 16 KiB, a batch's offset and position and the greatest timestamp
    before it. That column never falls, so a time is found by bisection.
    """

    def __init__(self, directory: Path, base_offset: int, files: FilePool) -> None:
        self.base_offset = base_offset
        self.next_offset = base_offset
        self.size = 0
        self.crc = 0
        self.max_timestamp = NO_TIMESTAMP
        self.checkpointed_bytes = 0
        self.path = directory / f"{base_offset:020d}{LOG_SUFFIX}"
        self.checkpoint_path = self.path.with_suffix(CHECKPOINT_SUFFIX)
        self._files = files
        self._offsets = array("q")
        self._positions = array("q")
        self._times = array("q")
        self._cursors: dict[int, int] = {}

    def append(self, view: memoryview, header: BatchHeader) -> None:
        """
        Write one batch whose base offset is already in place.

        Raises
        ------
        OSError
            The bytes could not be written; the file has its former length.
        """
        descriptor = self._files.descriptor(self.path)
        try:
            write_fully(descriptor, view, self.size)
        except OSError:
            os.ftruncate(descriptor, self.size)
            raise
        self.crc = crc32c(view, self.crc)
        self.note(header)

    def note(self, header: BatchHeader) -> None:
        """Take a batch that stands at the end of the known bytes into the index."""
        position = self.size
        if not self._positions or position - self._positions[-1] >= INDEX_INTERVAL_BYTES:
            self._offsets.append(header.base_offset)
            self._positions.append(position)
            self._times.append(self.max_timestamp)
        self.size = position + header.size
        self.next_offset = header.next_offset
        self.max_timestamp = max(self.max_timestamp, header.max_timestamp)

    def read(self, offset: int, max_bytes: int, *, whole_first: bool) -> Chunk:
        """
        Read whole batches from the one that holds `offset` on.

        Parameters
        ----------
        offset : int
            From `base_offset` to before `next_offset`.
        max_bytes : int
            Bound of the answer.
        whole_first : bool
            Whether to return the first batch although it alone is longer than `max_bytes`.
        """
        start = self._position_of(offset)
        end, next_offset = self._boundary_before(start + max_bytes)
        if end <= start:
            return self._read_from_first(start, max_bytes, whole_first=whole_first)
        self._remember(next_offset, end)
        return Chunk(self._pread(end - start, start), next_offset)

    def _read_from_first(self, start: int, max_bytes: int, *, whole_first: bool) -> Chunk:
        first = read_header(self._pread(HEADER_BYTES, start), 0)
        if first.size > max_bytes and not whole_first:
            return Chunk(b"", first.base_offset)
        # Between two index entries: take the batches that fit, at least the first.
        data = self._pread(min(max(max_bytes, first.size), self.size - start), start)
        end, next_offset = first.size, first.next_offset
        while end + HEADER_BYTES <= len(data):
            header = read_header(data, end)
            if end + header.size > len(data):
                break
            end, next_offset = end + header.size, header.next_offset
        self._remember(next_offset, start + end)
        return Chunk(data[:end], next_offset)

    def first_batch_at(self, timestamp_ms: int) -> bytes | None:
        """Return the first batch whose maximum timestamp is at or after `timestamp_ms`."""
        if self.max_timestamp < timestamp_ms or not self._positions:
            return None
        entry = max(bisect_left(self._times, timestamp_ms) - 1, 0)
        position = self._positions[entry]
        while position < self.size:
            header = read_header(self._pread(HEADER_BYTES, position), 0)
            if header.max_timestamp >= timestamp_ms:
                return self._pread(header.size, position)
            position += header.size
        return None

    def checkpoint(self, producers: list[ProducerSnapshot]) -> bytes:
        """Encode what is known of the segment, for `restore` at a later start."""
        self.checkpointed_bytes = self.size
        return msgspec.msgpack.encode(
            Checkpoint(
                self.size,
                self.crc,
                self.next_offset,
                self.max_timestamp,
                self._offsets.tobytes(),
                self._positions.tobytes(),
                self._times.tobytes(),
                producers,
            )
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Take over a checkpoint whose bytes the caller trusts."""
        self.size = self.checkpointed_bytes = checkpoint.size
        self.crc = checkpoint.crc
        self.next_offset = checkpoint.next_offset
        self.max_timestamp = checkpoint.max_timestamp
        self._offsets = array("q", checkpoint.offsets)
        self._positions = array("q", checkpoint.positions)
        self._times = array("q", checkpoint.times)

    def create(self) -> None:
        """Create the file, so that its name keeps the offset when the log is empty."""
        self._files.descriptor(self.path)

    def close(self) -> None:
        """Close the file."""
        self._files.close(self.path)

    def delete(self) -> None:
        """Remove the file and its checkpoint."""
        self.close()
        self.path.unlink(missing_ok=True)
        self.checkpoint_path.unlink(missing_ok=True)

    def _position_of(self, offset: int) -> int:
        cursor = self._cursors.get(offset)
        if cursor is not None:
            return cursor
        entry = bisect_right(self._offsets, offset) - 1
        if entry < 0:
            return 0
        position = self._positions[entry]
        if self._offsets[entry] == offset:
            return position
        following = entry + 1
        end = self._positions[following] if following < len(self._positions) else self.size
        data = self._pread(end - position, position)
        inside = 0
        while inside < len(data):
            header = read_header(data, inside)
            if header.next_offset > offset:
                break
            inside += header.size
        return position + inside

    def _boundary_before(self, limit: int) -> tuple[int, int]:
        if limit >= self.size:
            return self.size, self.next_offset
        entry = bisect_right(self._positions, limit) - 1
        return self._positions[entry], self._offsets[entry]

    def _remember(self, offset: int, position: int) -> None:
        # A reader comes back for the offset after its last batch: keep where that is, because it
        # is seldom an index entry when the reader follows the tail.
        cursors = self._cursors
        if len(cursors) >= REMEMBERED_CURSORS:
            del cursors[next(iter(cursors))]
        cursors[offset] = position

    def _pread(self, length: int, position: int) -> bytes:
        return os.pread(self._files.descriptor(self.path), length, position)
