"""Marks cut a log in any way: what is released stays what the whole log gives."""

import random
import threading
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from connectors.errors import MisconfiguredConnector
from connectors.errors import RejectedRecord
from connectors.kafka import reader
from connectors.kafka.config import SourceConfig
from connectors.kafka.marks import Mark
from connectors.kafka.marks import decode_mark
from connectors.kafka.marks import encode_mark
from connectors.kafka.source import OrderedPartition
from connectors.kafka.source import SourceState
from connectors.kafka.stamps import NO_STAMP
from schemas._wire import encode_long
from tests.connectors.kafka.memory_consumer import MOST_AT_ONCE
from tests.connectors.kafka.memory_consumer import MemoryBroker
from tests.connectors.kafka.memory_consumer import Place
from tests.connectors.kafka.memory_consumer import Stored

PREFIX = b"\0\0\0\0\7"
MARKS = "clock"
PAUSE_AT = 4
RESUME_AT = 1
MOST_CALLS = 5_000

# (rank, offset, late), a tick's event time, or the end
Row = tuple[int, int, bool]
Event = Row | int | None
# (stamp, whether it is wanted); a stamp of null is no record at all
Written = tuple[int | None, bool]


def stored(stamp: int | None, *, is_wanted: bool = True) -> Stored:
    value = b"junk" if stamp is None else PREFIX + encode_long(stamp) + b"body"
    return Stored(value, b"SPY" if is_wanted else b"QQQ", 0 if stamp is None else stamp)


@dataclass(frozen=True)
class Merging:
    """Of one record: what decides its turn, and what becomes of it."""

    effective: int
    rank: int
    offset: int
    is_late: bool
    is_bad: bool


def merged_order(inputs: Sequence[Sequence[Written]]) -> list[Merging]:
    """Return the wanted records of whole inputs in order, found by sorting."""
    found = []
    for rank, written in enumerate(inputs):
        highest = NO_STAMP
        for offset, (stamp, is_wanted) in enumerate(written):
            if not is_wanted:
                continue
            highest = max(highest, NO_STAMP if stamp is None else stamp)
            is_late = stamp is not None and stamp < highest
            found.append(Merging(highest, rank, offset, is_late, stamp is None))
    return sorted(found, key=lambda each: (each.effective, each.rank, each.offset))


def topic(rank: int) -> str:
    return f"topic-{rank}"


def marks_of(inputs: Sequence[Sequence[Written]], cuts: Sequence[int], seed: int) -> list[Mark]:
    """Return marks behind some numbers of records, as a writer that keeps its word gives them."""
    dice = random.Random(seed)  # noqa: S311 - a seeded writer, no secret
    order = merged_order(inputs)
    offsets = [0] * len(inputs)
    marks = []
    for cut in [*sorted(min(cut, len(order)) for cut in cuts), len(order)]:
        before = list(offsets)
        for each in order[:cut]:
            offsets[each.rank] = max(offsets[each.rank], each.offset + 1)
        for rank, written in enumerate(inputs):
            # The mark may lie anywhere among the records nobody wants.
            following = [is_wanted for _, is_wanted in written[offsets[rank] :]]
            unwanted = following.index(True) if True in following else len(following)
            offsets[rank] += dice.randint(0, unwanted)
        reached = (order[cut].effective if cut < len(order) else 40) - dice.randint(0, 3)
        named = {
            topic(rank): offset
            for rank, offset in enumerate(offsets)
            if offset != before[rank] or dice.random() < 0.5
        }
        marks.append(Mark(reached_ns=max(reached, NO_STAMP), offsets={**named, "another": 7}))
    ends = {topic(rank): len(written) for rank, written in enumerate(inputs)}
    return [*marks, Mark(reached_ns=50, offsets=ends, is_end=True)]


def log_of(inputs: Sequence[Sequence[Written]], marks: Sequence[Mark]) -> dict[Place, list[Stored]]:
    log = {
        (topic(rank), 0): [stored(stamp, is_wanted=is_wanted) for stamp, is_wanted in written]
        for rank, written in enumerate(inputs)
    }
    log[MARKS, 0] = [Stored(encode_mark(mark)) for mark in marks]
    return log


@contextmanager
def memory_broker(log: Mapping[Place, Sequence[Stored]], seed: int) -> Iterator[MemoryBroker]:
    broker = MemoryBroker(log, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "Consumer", broker)
        patch.setattr(reader, "PAUSE_AT_RECORDS", PAUSE_AT)
        patch.setattr(reader, "RESUME_AT_RECORDS", RESUME_AT)
        yield broker


def marked(count: int, batch_records: int, keys: tuple[str, ...] = ()) -> SourceConfig:
    return SourceConfig(
        brokers="memory",
        group="group",
        topics=tuple(map(topic, range(count))),
        marks_topic=MARKS,
        batch_records=batch_records,
        keys=keys,
    )


@dataclass
class Seen:
    """What one or several runs of a partition have given, as a reader that drops repeats has it."""

    events: list[Event] = field(default_factory=list)
    poison: list[tuple[str, int]] = field(default_factory=list)

    def take(self, part: OrderedPartition) -> None:
        """Take one batch; `StopIteration` at the end."""
        for _, batch in part.next_batch():
            columns = zip(batch.ranks, batch.offsets, map(bool, batch.late), strict=True)
            self.events += list(columns)
            self.poison += [(each.topic, each.offset) for each in batch.poison]
            if batch.watermark_ns is not None:
                self.events.append(batch.watermark_ns)
            if batch.is_end:
                self.events.append(None)

    @property
    def rows(self) -> list[Row]:
        return [event for event in self.events if isinstance(event, tuple)]

    def is_begin_of(self, other: "Seen") -> bool:
        return (
            self.events == other.events[: len(self.events)]
            and self.poison == other.poison[: len(self.poison)]
        )


def drained(config: SourceConfig, state: SourceState | None = None) -> tuple[Seen, SourceState]:
    part = OrderedPartition(config, 0, state, threading.Event())
    seen = Seen()
    for _ in range(MOST_CALLS):
        try:
            seen.take(part)
        except StopIteration:
            return seen, part.snapshot()
    msg = "the source does not come to its end"
    raise AssertionError(msg)


def aborted_and_resumed(config: SourceConfig, aborts: Sequence[tuple[int, int]]) -> Seen:
    """Return what comes of runs that are killed after a while, some batches after a snapshot."""
    kept = Seen()
    state: SourceState | None = None
    lost: list[Seen] = []
    for kept_batches, lost_batches in aborts:
        part = OrderedPartition(config, 0, state, threading.Event())
        for _ in range(kept_batches):
            if kept.events[-1:] == [None]:
                break
            kept.take(part)
        state = part.snapshot()
        if kept.events[-1:] == [None]:
            break
        more = Seen(list(kept.events), list(kept.poison))
        lost.append(more)
        try:
            for _ in range(lost_batches):
                more.take(part)
        except StopIteration:
            pass
        part.close()
    rest, _ = drained(config, state)
    whole = Seen(kept.events + rest.events, kept.poison + rest.poison)
    if kept.events[-1:] == [None]:
        # What has ended ends again.
        assert (rest.events, rest.poison) == ([None], [])
        whole = kept
    assert all(each.is_begin_of(whole) for each in lost)
    return whole


def written(is_wanted: st.SearchStrategy[bool]) -> st.SearchStrategy[list[list[Written]]]:
    stamps = st.one_of(st.integers(0, 30), st.integers(0, 30), st.none())
    records = st.tuples(stamps, is_wanted)
    return st.lists(st.lists(records, max_size=25), min_size=1, max_size=4)


cuts_of_a_log = st.lists(st.integers(0, 100), max_size=12)
aborts_of_a_run = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=6)
batch_sizes = st.sampled_from([1, 2, 3, 7, 1000])
seeds = st.integers(0, 2**32)


@settings(deadline=None)
@given(written(st.just(True)), cuts_of_a_log, batch_sizes, aborts_of_a_run, seeds)
def test_any_marks_give_the_records_the_whole_log_gives(
    inputs: list[list[Written]],
    cuts: list[int],
    batch_records: int,
    aborts: list[tuple[int, int]],
    seed: int,
) -> None:
    order = merged_order(inputs)
    config = marked(len(inputs), batch_records)
    whole = msgspec.structs.replace(config, marks_topic="", stop_at_end=True, deliver_policy="all")
    with memory_broker(log_of(inputs, marks_of(inputs, cuts, seed)), seed):
        unmarked, _ = drained(whole)
        found, _ = drained(config)
        repeated = aborted_and_resumed(config, aborts)

    assert found.rows == [(e.rank, e.offset, e.is_late) for e in order if not e.is_bad]
    assert found.poison == [(topic(e.rank), e.offset) for e in order if e.is_bad]
    assert (unmarked.rows, unmarked.poison) == (found.rows, found.poison)
    assert found.events[-1] is None
    assert (repeated.events, repeated.poison) == (found.events, found.poison)


@settings(deadline=None)
@given(written(st.booleans()), cuts_of_a_log, batch_sizes, aborts_of_a_run, seeds)
def test_with_keys_the_stream_is_that_of_a_log_without_the_others(
    inputs: list[list[Written]],
    cuts: list[int],
    batch_records: int,
    aborts: list[tuple[int, int]],
    seed: int,
) -> None:
    order = merged_order(inputs)
    config = marked(len(inputs), batch_records, keys=("SPY",))
    whole = msgspec.structs.replace(config, marks_topic="", stop_at_end=True, deliver_policy="all")
    with memory_broker(log_of(inputs, marks_of(inputs, cuts, seed)), seed):
        unmarked, state = drained(whole)
        found, marked_state = drained(config)
        repeated = aborted_and_resumed(config, aborts)
        unmarked_repeated = aborted_and_resumed(whole, aborts)

    assert found.rows == [(e.rank, e.offset, e.is_late) for e in order if not e.is_bad]
    assert (unmarked.rows, unmarked.poison) == (found.rows, found.poison)
    assert (repeated.events, repeated.poison) == (found.events, found.poison)
    assert unmarked_repeated == unmarked
    for final in (state, marked_state):
        assert [final[1][topic(rank)][0] for rank in range(len(inputs))] == list(map(len, inputs))


@settings(deadline=None)
@given(st.integers(1, 4), batch_sizes, seeds)
def test_a_mark_far_ahead_is_reached_with_bounded_buffers(
    quiet: int, batch_records: int, seed: int
) -> None:
    # All of the first input comes before the others', and none may be read far ahead.
    inputs: list[list[Written]] = [[(at, True) for at in range(300)]]
    inputs += [[(at, True) for at in range(250, 350)] for _ in range(quiet)]
    config = marked(len(inputs), batch_records)
    released = dict.fromkeys(config.topics, 0)
    seen = Seen()
    with memory_broker(log_of(inputs, marks_of(inputs, [20, 500], seed)), seed) as broker:
        part = OrderedPartition(config, 0, None, threading.Event())
        for _ in range(MOST_CALLS):
            before = len(seen.events)
            try:
                seen.take(part)
            except StopIteration:
                break
            for event in seen.events[before:]:
                if isinstance(event, tuple):
                    released[topic(event[0])] += 1
            for name, count in released.items():
                waiting = broker.consumer.delivered[name, 0] - count
                assert waiting <= PAUSE_AT + MOST_AT_ONCE

    assert len(seen.rows) == 300 + 100 * quiet
    assert seen.events[-1] is None


def run_of(
    inputs: Sequence[Sequence[Written]], marks: Sequence[Mark], batch_records: int = 1000
) -> list[Event]:
    with memory_broker(log_of(inputs, marks), 1):
        return drained(marked(len(inputs), batch_records))[0].events


def records(*stamps: int) -> list[Written]:
    return [(stamp, True) for stamp in stamps]


def test_a_mark_is_followed_by_a_tick_that_says_something_new() -> None:
    events = run_of(
        [records(5, 9)],
        [
            Mark(reached_ns=5, offsets={topic(0): 1}),
            Mark(reached_ns=8, offsets={}),
            Mark(reached_ns=8, offsets={topic(0): 1}),
            Mark(reached_ns=20, offsets={topic(0): 2}),
            Mark(reached_ns=30, offsets={topic(0): 2}, is_end=True),
        ],
    )

    # The first mark has reached what its last record says, the third repeats the second, and
    # what is open at the end stays open.
    assert events == [(0, 0, False), 8, (0, 1, False), 20, None]


def test_what_lies_behind_a_mark_is_neither_released_nor_heard_of() -> None:
    events = run_of(
        [records(5, 90), records(6, 7, 95)],
        [
            Mark(reached_ns=7, offsets={topic(0): 1, topic(1): 2}),
            Mark(reached_ns=7, offsets={topic(0): 1, topic(1): 2}, is_end=True),
        ],
    )

    assert events == [(0, 0, False), (1, 0, False), (1, 1, False), None]


def test_without_a_mark_nothing_is_released_and_no_time_passes() -> None:
    with memory_broker(log_of([records(5)], []), 1) as broker:
        part = OrderedPartition(marked(1, 10), 0, None, threading.Event())
        batches = [batch for _ in range(100) for batch in part.next_batch()]

        assert broker.consumer.delivered[topic(0), 0] == 1
    assert batches == []


def test_a_run_that_has_ended_ends_again_when_it_is_resumed() -> None:
    marks = [Mark(reached_ns=9, offsets={topic(0): 1}, is_end=True)]
    with memory_broker(log_of([records(5)], marks), 1):
        config = marked(1, 10)
        first, state = drained(config)
        second, again = drained(config, state)

    assert first.events == [(0, 0, False), None]
    assert second.events == [None]
    assert state == again


def test_progress_shows_the_marks_too() -> None:
    marks = [Mark(reached_ns=9, offsets={topic(0): 2}), Mark(reached_ns=9, offsets={})]
    with memory_broker(log_of([records(5, 6)], marks), 1) as broker:
        part = OrderedPartition(marked(1, 10), 0, None, threading.Event())
        for _ in range(100):
            part.next_batch()
        part.close()

        assert broker.consumer.committed == {(topic(0), 0): 2, (MARKS, 0): 2}


@pytest.mark.parametrize("value", [None, b"", b"{}", b'{"reached_ns": 1}', b"\0\0\0\0\1"])
def test_a_message_that_is_no_mark_stops_the_source(value: bytes | None) -> None:
    log = {(topic(0), 0): [], (MARKS, 0): [Stored(value)]}

    with memory_broker(log, 1), pytest.raises(RejectedRecord, match="no mark"):
        drained(marked(1, 10))


def test_a_mark_comes_back_as_it_was_written() -> None:
    mark = Mark(reached_ns=1_747_922_400_000_000_001, offsets={"a": 7, "b": 0}, is_end=True)

    assert decode_mark(encode_mark(mark)) == mark
    assert decode_mark(b'{"reached_ns": 3, "offsets": {}}') == Mark(reached_ns=3, offsets={})


@pytest.mark.parametrize("changes", [{"from_ns": 1}, {"until_ns": 1}, {"marks_topic": topic(0)}])
def test_marks_stand_alone(changes: dict[str, int | str]) -> None:
    with pytest.raises(MisconfiguredConnector, match="marks_topic"):
        msgspec.structs.replace(marked(1, 10), **changes)
