"""Which batches of an idempotent producer are new, repeated, or out of order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kio.schema.errors import ErrorCode

from infra.embedded.kafka.batches import BatchHeader
from infra.embedded.kafka.batches import RejectedBatch
from infra.embedded.kafka.batches import read_header
from infra.embedded.kafka.producers import ProducerTable
from tests.infra.embedded.kafka.making import make_batch

PRODUCER = 42


def header(sequence: int, count: int = 1, *, epoch: int = 0, offset: int = 0) -> BatchHeader:
    batch = make_batch([0] * count, producer=PRODUCER, epoch=epoch, sequence=sequence)
    return read_header(batch, 0)._replace(base_offset=offset)


def table_with(*headers: BatchHeader) -> ProducerTable:
    table = ProducerTable()
    for each in headers:
        table.record(each, 0.0)
    return table


def refusal(table: ProducerTable, batch: BatchHeader) -> ErrorCode:
    with pytest.raises(RejectedBatch) as refused:
        table.duplicate_offset(batch)
    return refused.value.code


def test_an_unknown_producer_may_start_at_any_sequence() -> None:
    assert ProducerTable().duplicate_offset(header(1234)) is None


def test_the_next_sequence_is_new() -> None:
    table = table_with(header(0, 3, offset=0))
    assert table.duplicate_offset(header(3)) is None


@pytest.mark.parametrize("back", range(5))
def test_each_of_the_last_five_batches_is_recognised_with_its_offset(back: int) -> None:
    table = table_with(*(header(2 * n, 2, offset=100 + 2 * n) for n in range(8)))
    repeated = 7 - back
    assert table.duplicate_offset(header(2 * repeated, 2)) == 100 + 2 * repeated


def test_an_older_repetition_is_called_a_duplicate() -> None:
    table = table_with(*(header(n, offset=n) for n in range(8)))
    assert refusal(table, header(2)) is ErrorCode.duplicate_sequence_number


def test_a_gap_is_out_of_order() -> None:
    table = table_with(header(0))
    assert refusal(table, header(2)) is ErrorCode.out_of_order_sequence_number


def test_a_repetition_of_another_length_is_not_taken_for_the_same_batch() -> None:
    table = table_with(header(0, 3))
    assert refusal(table, header(0, 2)) is ErrorCode.duplicate_sequence_number


def test_an_older_epoch_is_fenced() -> None:
    table = table_with(header(0, epoch=3))
    assert refusal(table, header(1, epoch=2)) is ErrorCode.invalid_producer_epoch


def test_a_new_epoch_starts_at_zero() -> None:
    table = table_with(header(9, epoch=0))
    assert table.duplicate_offset(header(0, epoch=1)) is None
    assert refusal(table, header(5, epoch=1)) is ErrorCode.out_of_order_sequence_number


def test_sequences_wrap_after_the_greatest_int32() -> None:
    table = table_with(header(2**31 - 2, 2))
    assert table.duplicate_offset(header(0)) is None
    assert refusal(table, header(1)) is ErrorCode.out_of_order_sequence_number


def test_a_batch_across_the_wrap_is_followed_by_the_rest() -> None:
    table = table_with(header(2**31 - 1, 3, offset=7))
    assert table.duplicate_offset(header(2)) is None
    assert table.duplicate_offset(header(2**31 - 1, 3)) == 7


def test_a_producer_not_heard_of_is_forgotten() -> None:
    table = table_with(header(0))
    table.forget_before(1.0)
    assert len(table) == 0
    assert table.duplicate_offset(header(5)) is None


@given(counts=st.lists(st.integers(1, 5), min_size=1, max_size=30), data=st.data())
def test_a_snapshot_recognises_what_the_table_recognised(
    counts: list[int], data: st.DataObject
) -> None:
    table = ProducerTable()
    sequence = 0
    sent: list[BatchHeader] = []
    for count in counts:
        sent.append(header(sequence, count, offset=1000 + sequence))
        table.record(sent[-1], 0.0)
        sequence += count
    restored = ProducerTable()
    restored.restore(table.snapshot(), 0.0)
    repeated = data.draw(st.sampled_from(sent[-5:]))
    assert restored.duplicate_offset(repeated) == repeated.base_offset
    assert restored.duplicate_offset(header(sequence)) is None
