"""
Bring the segments of one partition back after a stop, clean or not.

A closed segment is trusted when its checkpoint covers the whole file. The last segment is always
verified: the part under the checkpoint by one CRC over all of it, the rest batch by batch (length,
format, CRC32C, rising offsets). What follows the last whole batch is cut off.
"""

import mmap
import os
from pathlib import Path
from typing import NamedTuple

import msgspec
import structlog
from crc32c import crc32c

from infra.embedded.kafka.batches import LEADER_EPOCH
from infra.embedded.kafka.batches import MAGIC
from infra.embedded.kafka.batches import Buffer
from infra.embedded.kafka.batches import crc_matches
from infra.embedded.kafka.batches import iterate_headers
from infra.embedded.kafka.files import FilePool
from infra.embedded.kafka.producers import ProducerTable
from infra.embedded.kafka.segment import INDEX_ENTRY_BYTES
from infra.embedded.kafka.segment import LOG_SUFFIX
from infra.embedded.kafka.segment import Checkpoint
from infra.embedded.kafka.segment import Segment

log = structlog.get_logger(__name__)


class Recovered(NamedTuple):
    """Segments in offset order and the bytes cut from their ends."""

    segments: list[Segment]
    truncated_bytes: int


def recover(directory: Path, files: FilePool, producers: ProducerTable, now_s: float) -> Recovered:
    """
    Load every segment of a partition folder and rebuild the producer table.

    Parameters
    ----------
    directory : Path
        Folder of the partition; may be absent.
    producers : ProducerTable
        Filled from checkpoints and batch headers.
    now_s : float
        Monotonic time the producers count as seen at.

    Notes
    -----
    A closed segment damaged in the middle keeps its whole batches up to there; the later segments
    stay, and readers step over the gap as they do in a compacted topic.
    """
    bases = sorted(int(path.stem) for path in directory.glob(f"*{LOG_SUFFIX}"))
    segments: list[Segment] = []
    truncated_bytes = 0
    for base_offset in bases:
        segment = Segment(directory, base_offset, files)
        is_last = base_offset == bases[-1]
        truncated_bytes += _load(segment, producers, now_s, verify=is_last)
        segments.append(segment)
    return Recovered(segments, truncated_bytes)


def _load(segment: Segment, producers: ProducerTable, now_s: float, *, verify: bool) -> int:
    file_bytes = segment.path.stat().st_size
    checkpoint = _read_checkpoint(segment.checkpoint_path)
    if file_bytes == 0:
        return 0
    if checkpoint is not None and not verify and checkpoint.size == file_bytes:
        _restore(segment, checkpoint, producers, now_s)
        return 0
    with (
        segment.path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        memoryview(mapped) as view,
    ):
        if checkpoint is not None and _covers(view, checkpoint):
            _restore(segment, checkpoint, producers, now_s)
        _scan(view, segment, producers, now_s)
    if segment.size == file_bytes:
        return 0
    os.truncate(segment.path, segment.size)
    log.warning(
        "segment_truncated",
        path=str(segment.path),
        kept_bytes=segment.size,
        cut_bytes=file_bytes - segment.size,
    )
    return file_bytes - segment.size


def _scan(view: Buffer, segment: Segment, producers: ProducerTable, now_s: float) -> None:
    known = segment.size
    for position, header in iterate_headers(view, known, len(view)):
        # The CRC does not cover these three, so each is compared with what it must be.
        if header.magic != MAGIC or header.leader_epoch != LEADER_EPOCH:
            break
        if header.base_offset != segment.next_offset or header.last_offset_delta < 0:
            break
        if not crc_matches(view, position, header):
            break
        segment.note(header)
        if header.producer_id >= 0:
            producers.record(header, now_s)
    with memoryview(view)[known : segment.size] as scanned:
        segment.crc = crc32c(scanned, segment.crc)


def _restore(
    segment: Segment, checkpoint: Checkpoint, producers: ProducerTable, now_s: float
) -> None:
    segment.restore(checkpoint)
    producers.restore(checkpoint.producers, now_s)


def _covers(view: Buffer, checkpoint: Checkpoint) -> bool:
    if checkpoint.size > len(view):
        return False
    with memoryview(view)[: checkpoint.size] as covered:
        return bool(crc32c(covered) == checkpoint.crc)


def _read_checkpoint(path: Path) -> Checkpoint | None:
    try:
        checkpoint = msgspec.msgpack.decode(path.read_bytes(), type=Checkpoint)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError:
        # Only an optimisation: without it the segment is read batch by batch.
        log.warning("checkpoint_unreadable", path=str(path))
        return None
    lengths = {len(checkpoint.offsets), len(checkpoint.positions), len(checkpoint.times)}
    if len(lengths) != 1 or lengths.pop() % INDEX_ENTRY_BYTES:
        log.warning("checkpoint_unreadable", path=str(path))
        return None
    return checkpoint
