"""Record batches and logs for the tests of the broker, built without the code under test."""

import struct
from pathlib import Path

from crc32c import crc32c

from infra.embedded.kafka.files import FilePool
from infra.embedded.kafka.flusher import Flusher
from infra.embedded.kafka.partition import LogBounds
from infra.embedded.kafka.partition import PartitionLog

BOUNDS = LogBounds(
    segment_bytes=64 << 20, max_batch_bytes=1 << 20, retention_ms=-1, retention_bytes=-1
)


def signed_varint(value: int) -> bytes:
    zigzag = (value << 1) ^ (value >> 63)
    encoded = bytearray()
    while zigzag >= 0x80:
        encoded.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    encoded.append(zigzag)
    return bytes(encoded)


def one_record(offset_delta: int, time_delta: int, value: bytes) -> bytes:
    body = b"\x00" + signed_varint(time_delta) + signed_varint(offset_delta)
    body += signed_varint(-1) + signed_varint(len(value)) + value + signed_varint(0)
    return signed_varint(len(body)) + body


def make_batch(
    times_ms: list[int],
    *,
    value: bytes = b"value",
    producer: int = -1,
    epoch: int = 0,
    sequence: int = -1,
    attributes: int = 0,
) -> bytearray:
    """Return one batch as a producer sends it, a record per timestamp."""
    base = times_ms[0]
    records = b"".join(one_record(i, time - base, value) for i, time in enumerate(times_ms))
    after_crc = struct.pack(
        ">hiqqqhii",
        attributes,
        len(times_ms) - 1,
        base,
        max(times_ms),
        producer,
        epoch if producer >= 0 else -1,
        sequence,
        len(times_ms),
    )
    after_crc += records
    head = struct.pack(">qiibI", 0, len(after_crc) + 9, -1, 2, crc32c(after_crc))
    return bytearray(head + after_crc)


def open_log(directory: Path, files: FilePool | None = None) -> PartitionLog:
    """Open the log in a folder; its fsyncs are never started, so nothing needs a loop."""
    pool = FilePool() if files is None else files
    log = PartitionLog("t", 0, directory, pool, Flusher(100))
    log.open()
    return log


def append(log: PartitionLog, batch: bytearray, bounds: LogBounds = BOUNDS) -> int:
    return log.append(memoryview(batch), bounds)


def batches_of(stored: bytes) -> list[tuple[int, int]]:
    """Return (base offset, record count) of every batch in stored bytes."""
    found = []
    position = 0
    while position < len(stored):
        base_offset, length = struct.unpack_from(">qi", stored, position)
        found.append((base_offset, struct.unpack_from(">i", stored, position + 57)[0]))
        position += length + 12
    return found
