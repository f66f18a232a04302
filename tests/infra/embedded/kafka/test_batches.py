"""What the broker reads of a batch, and what it refuses."""

import struct

import pytest
from crc32c import crc32c
from hypothesis import given
from hypothesis import strategies as st
from kio.schema.errors import ErrorCode

from infra.embedded.kafka.batches import RejectedBatch
from infra.embedded.kafka.batches import assign_offset
from infra.embedded.kafka.batches import check_produced
from infra.embedded.kafka.batches import crc_matches
from infra.embedded.kafka.batches import first_record_at
from infra.embedded.kafka.batches import read_header
from tests.infra.embedded.kafka.making import make_batch

MAGIC_AT = 16
CRC_AT = 17
RECORD_COUNT_AT = 57


def code_for(batch: bytes | bytearray) -> ErrorCode:
    with pytest.raises(RejectedBatch) as refused:
        check_produced(memoryview(batch), 0, len(batch))
    return refused.value.code


def test_a_batch_survives_the_assignment_of_its_offset() -> None:
    batch = make_batch([10, 20, 30], producer=7, sequence=5)
    assign_offset(batch, 0, 1_000_000)
    header = read_header(batch, 0)
    assert header.base_offset == 1_000_000
    assert header.next_offset == 1_000_003
    assert header.last_sequence == 7
    assert header.leader_epoch == 0
    assert crc_matches(batch, 0, header)


@pytest.mark.parametrize("position", range(21, 66))
def test_any_flipped_byte_after_the_crc_is_noticed(position: int) -> None:
    batch = make_batch([10])
    batch[position] ^= 0x40
    assert code_for(batch) is ErrorCode.corrupt_message


def test_an_older_message_format_is_refused_by_name() -> None:
    batch = make_batch([10])
    batch[MAGIC_AT] = 1
    assert code_for(batch) is ErrorCode.unsupported_for_message_format


@pytest.mark.parametrize("kept", [1, 16, 17, 60, 61, 70])
def test_a_batch_cut_short_is_refused(kept: int) -> None:
    assert code_for(make_batch([10], value=b"x" * 100)[:kept]) is ErrorCode.corrupt_message


@pytest.mark.parametrize(
    ("attributes", "code"),
    [(0x20, ErrorCode.invalid_record), (0x10, ErrorCode.invalid_txn_state)],
)
def test_control_and_transactional_batches_are_refused(attributes: int, code: ErrorCode) -> None:
    assert code_for(make_batch([10], attributes=attributes)) is code


def test_a_count_that_contradicts_the_last_offset_is_refused() -> None:
    batch = make_batch([10, 20])
    struct.pack_into(">i", batch, RECORD_COUNT_AT, 3)

    struct.pack_into(">I", batch, CRC_AT, crc32c(bytes(batch[21:])))
    assert code_for(batch) is ErrorCode.invalid_record


@given(
    times=st.lists(st.integers(0, 2**41), min_size=1, max_size=20),
    wanted=st.integers(0, 2**41),
)
def test_the_first_record_at_a_time_is_the_first_in_offset_order(
    times: list[int], wanted: int
) -> None:
    batch = make_batch(times)
    assign_offset(batch, 0, 500)
    expected = next(((500 + i, t) for i, t in enumerate(times) if t >= wanted), None)
    if expected is not None:
        assert first_record_at(batch, wanted) == expected


def test_a_compressed_batch_answers_with_its_first_record() -> None:
    batch = make_batch([10, 20, 30], attributes=2)
    assign_offset(batch, 0, 500)
    assert first_record_at(batch, 25) == (500, 10)
