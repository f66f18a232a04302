"""The log of one partition: append, read, find by time, expire."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from kio.schema.errors import ErrorCode

from infra.embedded.kafka.batches import RejectedBatch
from infra.embedded.kafka.files import FilePool
from infra.embedded.kafka.partition import OffsetOutOfRange
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


def filled(folder: Path, batches: int, *, records: int = 3, step_ms: int = 10) -> PartitionLog:
    """Return a log in small segments, timestamps rising by `step_ms` a record from 0 on."""
    log = open_log(folder)
    times = itertools.count(0, step_ms)
    for _ in range(batches):
        append(log, make_batch([next(times) for _ in range(records)], value=b"v" * 80), SMALL)
    return log


def read_all(log: PartitionLog, max_bytes: int) -> Iterator[tuple[int, int]]:
    offset = log.log_start_offset
    while offset < log.next_offset:
        stored = batches_of(log.read(offset, max_bytes, whole_first=True))
        assert stored, f"nothing read at {offset}"
        assert stored[0][0] <= offset < stored[0][0] + stored[0][1]
        yield from stored
        offset = stored[-1][0] + stored[-1][1]


def test_an_empty_log_reads_as_empty(folder: Path) -> None:
    log = open_log(folder)
    assert (log.log_start_offset, log.next_offset) == (0, 0)
    assert log.read(0, 1000, whole_first=True) == b""
    assert log.offset_at(0) is None
    assert not folder.exists()


@settings(max_examples=25, deadline=None)
@given(
    counts=st.lists(st.integers(1, 4), min_size=1, max_size=40),
    max_bytes=st.integers(1, 5000),
    segment_bytes=st.integers(100, 4000),
)
def test_every_batch_is_read_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory,
    counts: list[int],
    max_bytes: int,
    segment_bytes: int,
) -> None:
    log = open_log(tmp_path_factory.mktemp("log"))
    bounds = BOUNDS._replace(segment_bytes=segment_bytes)
    expected = []
    for count in counts:
        offset = append(log, make_batch([5] * count, value=b"v" * 50), bounds)
        expected.append((offset, count))
    assert list(read_all(log, max_bytes)) == expected


def test_a_read_holds_at_most_what_was_asked_for(folder: Path) -> None:
    log = filled(folder, 30)
    assert 0 < len(log.read(0, 2000, whole_first=True)) <= 2000


def test_a_batch_longer_than_asked_for_comes_whole_only_as_the_first(folder: Path) -> None:
    log = filled(folder, 3)
    assert log.read(0, 10, whole_first=False) == b""
    assert batches_of(log.read(0, 10, whole_first=True)) == [(0, 3)]


def test_reading_in_the_middle_of_a_batch_returns_that_batch(folder: Path) -> None:
    log = filled(folder, 20)
    for offset in range(log.next_offset):
        (base, count), *_ = batches_of(log.read(offset, 1, whole_first=True))
        assert base <= offset < base + count


@pytest.mark.parametrize("offset", [-1, 61])
def test_an_offset_outside_the_log_is_refused(folder: Path, offset: int) -> None:
    log = filled(folder, 20)
    with pytest.raises(OffsetOutOfRange):
        log.read(offset, 1000, whole_first=True)


def test_reading_at_the_end_is_empty_and_no_error(folder: Path) -> None:
    log = filled(folder, 20)
    assert log.read(log.next_offset, 1000, whole_first=True) == b""


@settings(max_examples=25, deadline=None)
@given(
    batches=st.lists(
        st.lists(st.integers(0, 10_000), min_size=1, max_size=4), min_size=1, max_size=30
    ),
    wanted=st.integers(0, 10_500),
)
def test_a_time_finds_the_first_record_at_or_after_it(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[int]], wanted: int
) -> None:
    log = open_log(tmp_path_factory.mktemp("log"))
    for times in batches:
        append(log, make_batch(times, value=b"v" * 60), SMALL)
    flat = [time for times in batches for time in times]
    expected = next(((i, time) for i, time in enumerate(flat) if time >= wanted), None)
    assert log.offset_at(wanted) == expected


def test_the_greatest_timestamp_is_found_although_later_records_are_older(folder: Path) -> None:
    log = open_log(folder)
    for times in ([10, 20], [500, 90], [30, 40]):
        append(log, make_batch(times), SMALL)
    assert log.offset_of_greatest_timestamp() == (2, 500)


def test_a_repeated_batch_keeps_its_offset_and_is_stored_once(folder: Path) -> None:
    log = open_log(folder)
    batch = make_batch([1, 2], producer=9, sequence=0)
    again = bytearray(batch)
    first = append(log, batch)
    append(log, make_batch([3], producer=9, sequence=2))
    assert append(log, again) == first
    assert log.next_offset == 3


def test_nothing_of_a_refused_batch_is_stored(folder: Path) -> None:
    log = filled(folder, 1)
    size = log.size
    with pytest.raises(RejectedBatch) as refused:
        append(log, make_batch([1], value=b"v" * 2000), SMALL._replace(max_batch_bytes=1000))
    assert refused.value.code is ErrorCode.message_too_large
    assert (log.size, log.next_offset) == (size, 3)


def test_a_full_disk_leaves_the_log_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = filled(folder, 1)
    size = log.size
    real_pwrite = os.pwrite

    def full(descriptor: int, data: memoryview, position: int) -> int:
        if position > size:
            raise OSError(28, "No space left on device")
        return real_pwrite(descriptor, data[:40], position)

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", full)
        with pytest.raises(RejectedBatch) as refused:
            append(log, make_batch([1]))
    assert refused.value.code is ErrorCode.kafka_storage_error
    assert next(folder.glob("*.log")).stat().st_size == size
    assert append(log, make_batch([1])) == 3
    assert list(read_all(log, 10_000)) == [(0, 3), (3, 1)]


def test_old_segments_go_whole_and_the_start_moves(folder: Path) -> None:
    log = filled(folder, 30, records=1, step_ms=1000)
    assert log.segment_count > 3
    files = len(list(folder.glob("*.log")))
    deleted = log.apply_retention(SMALL._replace(retention_ms=5_000), now_ms=20_000)
    assert deleted > 0
    assert len(list(folder.glob("*.log"))) == files - deleted
    first = log.offset_at(0)
    assert first is not None
    assert first.offset == log.log_start_offset
    assert 0 < log.log_start_offset <= 15
    assert log.next_offset == 30


def test_a_log_that_expired_whole_keeps_its_next_offset(folder: Path) -> None:
    log = filled(folder, 10, records=1)
    log.apply_retention(SMALL._replace(retention_ms=1), now_ms=10**9)
    assert (log.log_start_offset, log.next_offset, log.size) == (10, 10, 0)
    log.close(checkpoint=True)
    reopened = open_log(folder)
    assert (reopened.log_start_offset, reopened.next_offset) == (10, 10)
    assert append(reopened, make_batch([5])) == 10


@settings(max_examples=20, deadline=None)
@given(retention_bytes=st.integers(0, 6000))
def test_retention_by_size_keeps_at_least_the_bytes_asked_for(
    tmp_path_factory: pytest.TempPathFactory, retention_bytes: int
) -> None:
    log = filled(tmp_path_factory.mktemp("log") / "0", 20, records=1)
    log.apply_retention(SMALL._replace(retention_bytes=retention_bytes), now_ms=0)
    assert log.size >= min(retention_bytes, 20 * 100)
    assert log.segment_count == 1 or log.size < retention_bytes + SMALL.segment_bytes


def test_without_limits_nothing_expires(folder: Path) -> None:
    log = filled(folder, 30)
    assert log.apply_retention(SMALL, now_ms=10**15) == 0


def test_few_files_are_open_however_many_segments_there_are(folder: Path) -> None:
    files = FilePool(limit=3)
    log = open_log(folder, files)
    for _ in range(40):
        append(log, make_batch([1, 2, 3], value=b"v" * 80), SMALL)
    assert log.segment_count > 10
    assert len(list(read_all(log, 10**6))) == 40
    assert len(files) == 3
