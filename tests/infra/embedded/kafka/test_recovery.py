"""What a start finds after a stop, a kill, or a torn write."""

import asyncio
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from infra.embedded.kafka import recovery as recovery_module
from infra.embedded.kafka.batches import BatchHeader
from infra.embedded.kafka.batches import crc_matches
from infra.embedded.kafka.files import FilePool
from infra.embedded.kafka.flusher import Flusher
from infra.embedded.kafka.partition import LogBounds
from infra.embedded.kafka.partition import PartitionLog
from tests.infra.embedded.kafka.making import BOUNDS
from tests.infra.embedded.kafka.making import append
from tests.infra.embedded.kafka.making import batches_of
from tests.infra.embedded.kafka.making import make_batch
from tests.infra.embedded.kafka.making import open_log

SMALL = BOUNDS._replace(segment_bytes=1024)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "0"


def stored(log: PartitionLog) -> list[tuple[int, int]]:
    return batches_of(log.read(log.log_start_offset, 1 << 30, whole_first=True))


def last_segment(folder: Path) -> Path:
    return max(folder.glob("*.log"))


def write_batches(folder: Path, count: int, *, bounds: LogBounds = BOUNDS) -> None:
    """Append as a broker that is then killed: no checkpoint, no fsync."""
    files = FilePool()
    log = open_log(folder, files)
    for number in range(count):
        append(log, make_batch([number] * 2, producer=1, sequence=2 * number), bounds)
    files.close_all()


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_log_cut_anywhere_keeps_its_whole_batches(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("cut") / "0"
    write_batches(folder, 10)
    path = last_segment(folder)
    batch_bytes = path.stat().st_size // 10
    kept = data.draw(st.integers(0, path.stat().st_size))
    content = path.read_bytes()
    path.write_bytes(content[:kept])
    log = PartitionLog("t", 0, folder, FilePool(), Flusher(100))
    cut = log.open()
    assert stored(log) == [(2 * n, 2) for n in range(kept // batch_bytes)]
    assert cut == kept % batch_bytes
    assert path.stat().st_size == kept - cut
    assert append(log, make_batch([1])) == 2 * (kept // batch_bytes)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_flipped_byte_ends_the_log_before_its_batch(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("flip") / "0"
    write_batches(folder, 10)
    path = last_segment(folder)
    content = bytearray(path.read_bytes())
    position = data.draw(st.integers(0, len(content) - 1))
    content[position] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    damaged = position // (len(content) // 10)
    assert stored(open_log(folder)) == [(2 * n, 2) for n in range(damaged)]


def test_a_tail_of_zeros_as_after_a_power_cut_is_removed(folder: Path) -> None:
    write_batches(folder, 3)
    with last_segment(folder).open("ab") as file:
        file.write(bytes(4096))
    assert open_log(folder).next_offset == 6


def test_segments_before_the_last_survive_a_torn_last_one(folder: Path) -> None:
    write_batches(folder, 40, bounds=SMALL)
    last = last_segment(folder)
    last.write_bytes(last.read_bytes()[:-1])
    log = open_log(folder)
    assert log.segment_count > 3
    assert stored(log) == [(2 * n, 2) for n in range(39)]


def test_damage_in_a_closed_segment_keeps_the_later_ones(folder: Path) -> None:
    write_batches(folder, 40, bounds=SMALL)
    first = min(folder.glob("*.log"))
    content = bytearray(first.read_bytes())
    content[-1] ^= 1
    first.write_bytes(content)
    log = open_log(folder)
    assert log.next_offset == 80
    found = []
    offset = 0
    while offset < log.next_offset:
        found += batches_of(log.read(offset, 300, whole_first=True))
        offset = found[-1][0] + found[-1][1]
    assert len(found) == 39
    assert found == sorted(found)


def test_a_batch_retried_after_a_kill_is_not_appended_again(folder: Path) -> None:
    write_batches(folder, 10)
    log = open_log(folder)
    assert append(log, make_batch([9] * 2, producer=1, sequence=18)) == 18
    assert log.next_offset == 20
    assert append(log, make_batch([10] * 2, producer=1, sequence=20)) == 20


def flushed(log: PartitionLog, flusher: Flusher) -> None:
    log.close(checkpoint=True)
    asyncio.run(flusher.stop())


def test_a_clean_stop_leaves_nothing_to_scan(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flusher = Flusher(100)
    log = PartitionLog("t", 0, folder, FilePool(), flusher)
    for number in range(40):
        append(log, make_batch([number] * 2, producer=1, sequence=2 * number), SMALL)
    expected = stored(log)
    flushed(log, flusher)
    scanned: list[int] = []
    real = crc_matches

    def counted(buffer: bytes, position: int, header: BatchHeader) -> bool:
        scanned.append(position)
        return real(buffer, position, header)

    monkeypatch.setattr(recovery_module, "crc_matches", counted)
    reopened = open_log(folder)
    assert scanned == []
    assert stored(reopened) == expected
    assert reopened.offset_at(17) == (34, 17)
    assert append(reopened, make_batch([39] * 2, producer=1, sequence=78)) == 78


def test_what_follows_a_checkpoint_is_still_verified(folder: Path) -> None:
    flusher = Flusher(100)
    log = PartitionLog("t", 0, folder, FilePool(), flusher)
    for number in range(5):
        append(log, make_batch([number] * 2, producer=1, sequence=2 * number))
    flushed(log, flusher)
    log = open_log(folder)
    for number in range(5, 9):
        append(log, make_batch([number] * 2, producer=1, sequence=2 * number))
    path = last_segment(folder)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    reopened = open_log(folder)
    assert stored(reopened) == [(2 * n, 2) for n in range(8)]
    assert append(reopened, make_batch([7] * 2, producer=1, sequence=14)) == 14


def test_a_checkpoint_that_contradicts_its_segment_is_not_believed(folder: Path) -> None:
    flusher = Flusher(100)
    log = PartitionLog("t", 0, folder, FilePool(), flusher)
    for number in range(5):
        append(log, make_batch([number] * 2))
    flushed(log, flusher)
    path = last_segment(folder)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert stored(open_log(folder)) == [(0, 2), (2, 2)]


def test_an_unreadable_checkpoint_is_ignored(folder: Path) -> None:
    write_batches(folder, 5)
    last_segment(folder).with_suffix(".idx").write_bytes(b"\xc1 not a checkpoint")
    assert open_log(folder).next_offset == 10


def test_an_offset_that_jumps_is_not_believed(folder: Path) -> None:
    write_batches(folder, 3)
    path = last_segment(folder)
    content = bytearray(path.read_bytes())
    struct.pack_into(">q", content, 2 * len(content) // 3, 1000)
    path.write_bytes(content)
    assert open_log(folder).next_offset == 4
