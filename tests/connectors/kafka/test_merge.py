"""The merge is a function of the inputs' content, never of how they were cut."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kafka.merge import OrderedMerge
from connectors.kafka.stamps import NO_STAMP
from connectors.kafka.stamps import read_source_stamps
from schemas._wire import encode_long

PREFIX = b"\0\0\0\0\7"

Row = tuple[int, int, int, bool]  # effective time, rank, offset, late


def value(stamp: int) -> bytes:
    return PREFIX + encode_long(stamp) + b"body"


@given(st.lists(st.integers(-(2**63) + 1, 2**63 - 1)))
def test_stamps_of_a_batch_equal_the_stamps_encoded(stamps: list[int]) -> None:
    found, is_bad = read_source_stamps([value(stamp) for stamp in stamps])

    assert found.tolist() == stamps
    assert not is_bad.any()


@pytest.mark.parametrize(
    "bad",
    [
        None,
        b"",
        b"\0\0\0\0\7",
        b"\1" + value(5)[1:],
        PREFIX + b"\x80",
        PREFIX + b"\xff" * 10 + b"rest",
        PREFIX + b"\xff" * 9 + b"\x7f",
    ],
)
def test_what_is_no_record_is_marked_and_leaves_its_neighbours_alone(bad: bytes | None) -> None:
    found, is_bad = read_source_stamps([value(1), bad, value(2)])

    assert is_bad.tolist() == [False, True, False]
    assert found.tolist() == [1, NO_STAMP, 2]


def expected_order(inputs: Sequence[Sequence[int]]) -> list[Row]:
    rows = []
    for rank, stamps in enumerate(inputs):
        highest = NO_STAMP
        for offset, stamp in enumerate(stamps):
            highest = max(highest, stamp)
            rows.append((highest, rank, offset, stamp < highest))
    return sorted(rows)


class Feeder:
    """Feeds a merge in given steps, and can hand over to a new one at any point."""

    def __init__(self, inputs: Sequence[Sequence[int]]) -> None:
        self.inputs = inputs
        self.sent = [0] * len(inputs)
        self.merge = OrderedMerge([None] * len(inputs))
        self.rows: list[Row] = []
        self._end_exhausted()

    def add(self, rank: int, count: int) -> None:
        start = self.sent[rank]
        stop = min(start + count, len(self.inputs[rank]))
        if stop == start:
            return
        offsets = list(range(start, stop))
        values = [value(self.inputs[rank][offset]) for offset in offsets]
        self.merge.add(rank, values, [None] * len(values), offsets)
        self.sent[rank] = stop
        self._end_exhausted()

    def take(self, limit: int) -> None:
        merged = self.merge.take(limit)
        if merged is not None:
            assert len(merged.values) <= limit
            assert merged.inputs.tolist() == list(merged.ranks)
            late = map(bool, merged.late)
            self.rows += zip(merged.order.tolist(), merged.ranks, merged.offsets, late, strict=True)

    def resume(self) -> None:
        state = [self.merge.running_max(rank) for rank in range(len(self.inputs))]
        done = [0] * len(self.inputs)
        for _, rank, offset, _ in self.rows:
            done[rank] = offset + 1
        self.merge = OrderedMerge(state)
        self.sent = done
        self._end_exhausted()

    def finish(self) -> None:
        for rank in range(len(self.inputs)):
            self.add(rank, len(self.inputs[rank]))
        while not self.merge.is_empty:
            self.take(1000)

    def _end_exhausted(self) -> None:
        for rank, stamps in enumerate(self.inputs):
            if self.sent[rank] == len(stamps):
                self.merge.end(rank)


stamp_lists = st.lists(st.lists(st.integers(0, 30), max_size=25), min_size=1, max_size=4)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 3), st.integers(1, 8)),
        st.tuples(st.just("take"), st.integers(1, 9), st.just(0)),
        st.tuples(st.just("resume"), st.just(0), st.just(0)),
    ),
    max_size=40,
)


@given(stamp_lists, steps)
def test_any_cut_into_batches_and_any_resume_gives_the_same_stream(
    inputs: list[list[int]], script: list[tuple[str, int, int]]
) -> None:
    feeder = Feeder(inputs)
    for action, first, second in script:
        if action == "add":
            feeder.add(first % len(inputs), second)
        elif action == "take":
            feeder.take(first)
        else:
            feeder.resume()
    feeder.finish()

    assert feeder.rows == expected_order(inputs)
    assert feeder.merge.has_ended


def offsets_of(merge: OrderedMerge, limit: int = 100, waived: tuple[int, ...] = ()) -> list[int]:
    merged = merge.take(limit, waived=waived)
    return [] if merged is None else merged.offsets


def add(merge: OrderedMerge, rank: int, stamps: list[int], first: int = 0) -> None:
    merge.add(
        rank,
        [value(stamp) for stamp in stamps],
        [None] * len(stamps),
        list(range(first, first + len(stamps))),
    )


def test_nothing_is_released_while_an_open_input_may_bring_something_earlier() -> None:
    merge = OrderedMerge([None, None])
    add(merge, 1, [5, 6])

    assert offsets_of(merge) == []
    assert merge.holding() == [0]

    merge.end(0)

    assert offsets_of(merge) == [0, 1]


def test_at_equal_time_the_lower_rank_goes_first_and_is_waited_for() -> None:
    merge = OrderedMerge([None, None])
    add(merge, 1, [5], first=10)
    add(merge, 0, [5], first=20)

    assert offsets_of(merge) == [20]
    add(merge, 0, [5, 6], first=21)
    assert offsets_of(merge) == [21, 10]


def test_what_arrives_behind_released_time_is_late_and_comes_at_once() -> None:
    merge = OrderedMerge([None, None])
    add(merge, 1, [5, 9], first=10)
    assert offsets_of(merge, waived=(0,)) == [10, 11]

    add(merge, 0, [7, 9, 11], first=20)
    add(merge, 1, [12], first=12)
    merged = merge.take(100)

    assert merged is not None
    # At 9 rank 1 has been released, so rank 0 came too late for its turn there as well.
    assert (merged.offsets, list(merged.late)) == ([20, 21, 22], [1, 1, 0])
    assert merge.late == 2


def test_nothing_behind_the_settled_time_is_released() -> None:
    merge = OrderedMerge([None, None])
    add(merge, 1, [5, 9])

    merged = merge.take(100, waived=(0,), until_ns=8)

    assert merged is not None
    assert merged.offsets == [0]


def test_record_behind_a_tick_is_late_even_after_a_resume() -> None:
    merge = OrderedMerge([None])
    add(merge, 0, [5])
    assert offsets_of(merge) == [0]
    assert merge.tick(9)
    assert not merge.tick(9)

    resumed = OrderedMerge([merge.running_max(0)], merge.watermark_ns)
    add(resumed, 0, [8, 9], first=1)
    merged = resumed.take(100)

    assert merged is not None
    assert list(merged.late) == [1, 0]


def test_no_tick_passes_a_record_that_waits() -> None:
    merge = OrderedMerge([None, None])
    add(merge, 1, [5])

    assert not merge.tick(9)


def test_what_is_no_record_keeps_its_place_in_the_log() -> None:
    merge = OrderedMerge([None, None])
    merge.add(0, [value(1), b"junk", value(3)], [None] * 3, [0, 1, 2])
    add(merge, 1, [2], first=10)
    merge.end(0)
    merge.end(1)
    merged = merge.take(100)

    assert merged is not None
    assert merged.offsets == [0, 1, 10, 2]
    assert list(merged.bad) == [0, 1, 0, 0]
    assert not any(merged.late)
    assert merged.order.tolist() == [1, 1, 2, 3]


def test_what_is_no_record_before_an_inputs_first_stamp_comes_before_everything() -> None:
    merge = OrderedMerge([None, None])
    add(merge, 0, [1])
    merge.add(1, [None, value(2)], [None] * 2, [10, 11])
    merge.end(0)
    merge.end(1)
    merged = merge.take(100)

    assert merged is not None
    assert merged.offsets == [10, 0, 11]
    assert merged.order.tolist() == [NO_STAMP, 1, 2]


def test_more_inputs_than_a_byte_counts_are_told_apart() -> None:
    merge = OrderedMerge([None] * 300)
    for rank in (299, 43, 0):
        add(merge, rank, [5], first=rank)
    for rank in range(300):
        merge.end(rank)
    merged = merge.take(100)

    assert merged is not None
    assert merged.inputs.tolist() == merged.offsets == [0, 43, 299]


def test_only_the_beginning_of_each_input_is_taken_when_more_waits() -> None:
    merge = OrderedMerge([None, None, None])
    add(merge, 0, [1, 2], first=0)
    add(merge, 0, [3, 9], first=2)
    add(merge, 1, [7, 8], first=10)
    add(merge, 2, [2, 2], first=20)
    add(merge, 2, [4, 9], first=22)
    for rank in range(3):
        merge.end(rank)

    assert offsets_of(merge, 5) == [0, 1, 20, 21, 2]
    assert offsets_of(merge, 2) == [22, 10]
    assert offsets_of(merge) == [11, 3, 23]
