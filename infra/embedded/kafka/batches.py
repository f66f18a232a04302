"""
Record batch headers: the only part of a batch the broker reads.

Source: Apache Kafka protocol, message format version 2. The CRC covers everything from the
attributes on, so base offset and leader epoch may be written in place without touching it.
"""

import struct
from collections.abc import Iterator
from typing import Final
from typing import NamedTuple

from crc32c import crc32c
from kio.schema.errors import ErrorCode

from infra.errors import InfraError

Buffer = bytes | bytearray | memoryview

HEADER: Final = struct.Struct(">qiibIhiqqqhii")
HEADER_BYTES: Final = HEADER.size
LENGTH_PREFIX_BYTES: Final = 12
CRC_START: Final = 21
MIN_BATCH_LENGTH: Final = HEADER_BYTES - LENGTH_PREFIX_BYTES
MAGIC: Final = 2
LEADER_EPOCH: Final = 0
COMPRESSION_MASK: Final = 0x07
LOG_APPEND_TIME_BIT: Final = 0x08
TRANSACTIONAL_BIT: Final = 0x10
CONTROL_BIT: Final = 0x20
NO_TIMESTAMP: Final = -1
SEQUENCE_MODULUS: Final = 1 << 31
MAX_VARINT_BYTES: Final = 10

_OFFSET: Final = struct.Struct(">q")
_EPOCH: Final = struct.Struct(">i")
_MAGIC_POSITION: Final = 16


class RejectedBatch(InfraError):
    """A batch the log refuses; `code` is what the producer is told."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class BatchHeader(NamedTuple):
    """The 61 bytes before the records; timestamps in ms UTC, `batch_length` counts from byte 12."""

    base_offset: int
    batch_length: int
    leader_epoch: int
    magic: int
    crc: int
    attributes: int
    last_offset_delta: int
    base_timestamp: int
    max_timestamp: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    record_count: int

    @property
    def size(self) -> int:
        """Bytes of the whole batch, prefix included."""
        return self.batch_length + LENGTH_PREFIX_BYTES

    @property
    def next_offset(self) -> int:
        """Offset after the last record."""
        return self.base_offset + self.last_offset_delta + 1

    @property
    def last_sequence(self) -> int:
        """Producer sequence of the last record; sequences wrap at 2**31."""
        return (self.base_sequence + self.last_offset_delta) % SEQUENCE_MODULUS


def read_header(buffer: Buffer, position: int) -> BatchHeader:
    """Read the header at `position`; the caller has checked that 61 bytes are there."""
    return BatchHeader._make(HEADER.unpack_from(buffer, position))


def iterate_headers(buffer: Buffer, start: int, end: int) -> Iterator[tuple[int, BatchHeader]]:
    """Yield (position, header) of every batch wholly inside `buffer[start:end]`."""
    position = start
    while position + HEADER_BYTES <= end:
        header = read_header(buffer, position)
        if header.batch_length < MIN_BATCH_LENGTH or position + header.size > end:
            return
        yield position, header
        position += header.size


def crc_matches(buffer: Buffer, position: int, header: BatchHeader) -> bool:
    """Compare the stored CRC32C with the one of the bytes."""
    view = memoryview(buffer)[position + CRC_START : position + header.size]
    return bool(crc32c(view) == header.crc)


def check_produced(view: memoryview, position: int, end: int) -> BatchHeader:
    """
    Check one batch as a producer sent it.

    Raises
    ------
    RejectedBatch
        The format is older than version 2, lengths or counts disagree, the CRC differs, or the
        batch is a control or transactional one.
    """
    if position + _MAGIC_POSITION < end and view[position + _MAGIC_POSITION] != MAGIC:
        magic = view[position + _MAGIC_POSITION]
        msg = f"message format {magic} is not stored, expected {MAGIC} (Kafka 0.11 or later)"
        raise RejectedBatch(ErrorCode.unsupported_for_message_format, msg)
    if position + HEADER_BYTES > end:
        msg = f"batch of {end - position} bytes, expected at least {HEADER_BYTES}"
        raise RejectedBatch(ErrorCode.corrupt_message, msg)
    header = read_header(view, position)
    if header.batch_length < MIN_BATCH_LENGTH or position + header.size > end:
        msg = f"batch length {header.batch_length} does not fit {end - position} bytes"
        raise RejectedBatch(ErrorCode.corrupt_message, msg)
    if not crc_matches(view, position, header):
        msg = f"batch CRC {header.crc:#010x} does not match its bytes"
        raise RejectedBatch(ErrorCode.corrupt_message, msg)
    if header.record_count < 1 or header.record_count != header.last_offset_delta + 1:
        msg = f"batch of {header.record_count} records ends at {header.last_offset_delta}"
        raise RejectedBatch(ErrorCode.invalid_record, msg)
    if header.attributes & CONTROL_BIT:
        msg = "control batches are written by brokers only"
        raise RejectedBatch(ErrorCode.invalid_record, msg)
    if header.attributes & TRANSACTIONAL_BIT:
        msg = "transactions are not supported by the embedded broker"
        raise RejectedBatch(ErrorCode.invalid_txn_state, msg)
    if header.producer_id >= 0 and (header.base_sequence < 0 or header.producer_epoch < 0):
        msg = f"producer {header.producer_id} sent sequence {header.base_sequence}"
        raise RejectedBatch(ErrorCode.invalid_record, msg)
    return header


def assign_offset(view: memoryview | bytearray, position: int, base_offset: int) -> None:
    """Write base offset and leader epoch into the batch at `position`, in place."""
    _OFFSET.pack_into(view, position, base_offset)
    _EPOCH.pack_into(view, position + LENGTH_PREFIX_BYTES, LEADER_EPOCH)


def first_record_at(batch: Buffer, timestamp_ms: int) -> tuple[int, int]:
    """
    Find the first record of one batch stamped at or after a time.

    Parameters
    ----------
    batch : bytes
        A whole batch whose maximum timestamp is at or after `timestamp_ms`.

    Returns
    -------
    tuple of int
        Offset and timestamp (ms). For a compressed batch those of its first record, because the
        broker does not decompress: a consumer then reads a few earlier records, never fewer.

    Notes
    -----
    kio's record reader is not used here because it cuts record timestamps to whole seconds.
    """
    header = read_header(batch, 0)
    if header.attributes & COMPRESSION_MASK:
        return header.base_offset, header.base_timestamp
    if header.attributes & LOG_APPEND_TIME_BIT:
        return header.base_offset, header.max_timestamp
    position = HEADER_BYTES
    for _ in range(header.record_count):
        length, position = _varint(batch, position)
        body = position
        time_delta, body = _varint(batch, body + 1)
        offset_delta, body = _varint(batch, body)
        if header.base_timestamp + time_delta >= timestamp_ms:
            return header.base_offset + offset_delta, header.base_timestamp + time_delta
        position += length
    return header.base_offset, header.base_timestamp


def _varint(buffer: Buffer, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 7 * MAX_VARINT_BYTES, 7):
        byte = buffer[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
    return (value >> 1) ^ -(value & 1), position
