"""The ordered source over a real broker: between two times, for some keys, and behind marks."""

import threading
import time
from collections.abc import Container
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import bytewax.operators as op
import msgspec
import pytest
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSink
from confluent_kafka import Producer

from connectors.errors import MisconfiguredConnector
from connectors.kafka.config import SourceConfig
from connectors.kafka.marks import Mark
from connectors.kafka.marks import encode_mark
from connectors.kafka.source import Item
from connectors.kafka.source import OrderedPartition
from connectors.kafka.source import OrderedSource
from infra.embedded.stack import StackAddresses
from schemas._wire import encode_long
from tests.connectors.kafka.runs import EntryPoint
from tests.connectors.kafka.runs import on_main
from tests.connectors.kafka.runs import on_two_workers
from tests.connectors.kafka.runs import recovery_store
from tests.services.crashes import CrashingSource
from tests.services.flow_services import DEADLINE_S
from tests.services.flow_services import committed
from tests.services.flow_services import create_topics
from tests.services.flow_services import publish

PARTITIONS = 2
MS = 1_000_000
START_MS = 1_700_000_000_000

# partition, rank, offset, late; a tick's event time; or the end
Row = tuple[int, int, int, bool]
Event = Row | tuple[int, int] | tuple[int, None]
# topic, partition, key, ms since the start
Message = tuple[str, int, bytes, int]


def value(stamp_ms: int) -> bytes:
    return b"\0\0\0\0\1" + encode_long((START_MS + stamp_ms) * MS) + b"body"


@pytest.fixture
def topics(stack: StackAddresses, topic_prefix: str) -> tuple[str, ...]:
    names = tuple(f"{topic_prefix}.{name}" for name in ("stock", "quote", "trade"))
    create_topics(stack.kafka, [*names, f"{topic_prefix}.clock"], PARTITIONS)
    return names


@pytest.fixture
def clock(topic_prefix: str) -> str:
    return f"{topic_prefix}.clock"


def a_tape(topics: Sequence[str], count: int) -> list[Message]:
    """Return messages whose stamps interleave, tie and sometimes go back."""
    return [
        (
            topics[i % 3],
            i // 3 % PARTITIONS,
            b"SPY" if i % 5 else b"QQQ",
            i // 2 - (5 if i % 17 == 16 else 0),
        )
        for i in range(count)
    ]


def publish_stamped(brokers: str, messages: Sequence[Message]) -> None:
    producer = Producer({"bootstrap.servers": brokers, "enable.idempotence": True})
    for topic, partition, key, stamp_ms in messages:
        producer.produce(
            topic, value(stamp_ms), key, partition=partition, timestamp=START_MS + stamp_ms
        )
    assert producer.flush(DEADLINE_S) == 0


def events_of(items: Sequence[Item], partition: int) -> list[Event]:
    events: list[Event] = []
    for _, batch in items:
        if batch.partition != partition:
            continue
        for rank, offset, late in zip(batch.ranks, batch.offsets, batch.late, strict=True):
            events.append((partition, rank, offset, bool(late)))
        if batch.watermark_ns is not None:
            events.append((partition, batch.watermark_ns))
        if batch.is_end:
            events.append((partition, None))
    return events


def rows_of(items: Sequence[Item], partition: int) -> list[Event]:
    return [event for event in events_of(items, partition) if len(event) == 4]


def source_of(stack: StackAddresses, topics: tuple[str, ...]) -> SourceConfig:
    return SourceConfig(
        brokers=stack.kafka,
        group=f"{topics[0]}.group",
        topics=topics,
        stop_at_end=True,
        deliver_policy="all",
        batch_records=7,
    )


def dataflow(source: OrderedSource, out: list[Item]) -> Dataflow:
    flow = Dataflow("source")
    op.output("out", op.input("in", flow, source), TestingSink(out))
    return flow


def run(config: SourceConfig, entry_point: EntryPoint = on_main) -> list[Item]:
    out: list[Item] = []
    entry_point(dataflow(OrderedSource(config, threading.Event()), out))
    return out


def in_order(
    tape: Sequence[Message], topics: Sequence[str], partition: int, keys: Container[bytes]
) -> list[tuple[int, Row]]:
    """Return the rows of a partition that have some keys, each behind its effective stamp."""
    offsets = dict.fromkeys(topics, -1)
    highest: dict[str, int] = {}
    rows: list[tuple[int, Row]] = []
    for topic, number, key, stamp_ms in tape:
        if number != partition:
            continue
        offsets[topic] += 1
        if key in keys:
            effective = highest[topic] = max(stamp_ms, highest.get(topic, stamp_ms))
            late = stamp_ms < effective
            rows.append((effective, (partition, topics.index(topic), offsets[topic], late)))
    return sorted(rows)


def offset_at(tape: Sequence[Message], topic: str, partition: int, stamp_ms: int) -> int:
    """Return the first offset stamped at or after a time, or the end."""
    stamps = [each[3] for each in tape if each[:2] == (topic, partition)]
    return next((at for at, stamp in enumerate(stamps) if stamp >= stamp_ms), len(stamps))


@pytest.mark.parametrize(
    ("from_ms", "until_ms", "stop_at_end"),
    [(40, 100, True), (0, 100, False), (40, 1000, False), (900, 1000, True)],
)
def test_a_run_between_two_times_reads_what_the_log_finds_there(
    stack: StackAddresses,
    topics: tuple[str, ...],
    from_ms: int,
    until_ms: int,
    stop_at_end: bool,
) -> None:
    tape = a_tape(topics, 300)
    publish_stamped(stack.kafka, tape)
    config = msgspec.structs.replace(
        source_of(stack, topics),
        deliver_policy="new",
        stop_at_end=stop_at_end,
        from_ns=(START_MS + from_ms) * MS,
        until_ns=(START_MS + until_ms) * MS,
    )

    out = run(config)

    for partition in range(PARTITIONS):
        found = events_of(out, partition)
        expected = {
            (rank, offset)
            for rank, topic in enumerate(topics)
            for offset in range(
                offset_at(tape, topic, partition, from_ms),
                offset_at(tape, topic, partition, until_ms),
            )
        }
        assert {(event[1], event[2]) for event in found if len(event) == 4} == expected
        assert len(found) == len(expected) + 1
        assert found[-1] == (partition, None)
    for topic in topics:
        ends = [offset_at(tape, topic, partition, until_ms) for partition in range(PARTITIONS)]
        begins = [offset_at(tape, topic, partition, from_ms) for partition in range(PARTITIONS)]
        read = [max(pair) for pair in zip(begins, ends, strict=True)]
        assert committed(stack.kafka, config.group, topic, PARTITIONS) == sum(read)


def test_some_keys_give_what_a_log_of_theirs_gives(
    stack: StackAddresses, topics: tuple[str, ...]
) -> None:
    # What is passed over is stamped far ahead: it must not make anything late.
    tape = [
        (topic, partition, key, stamp_ms + (1000 if key == b"QQQ" else 0))
        for topic, partition, key, stamp_ms in a_tape(topics, 300)
    ]
    publish_stamped(stack.kafka, tape)
    config = msgspec.structs.replace(source_of(stack, topics), keys=("SPY", "IWM"))

    out = run(config)

    for partition in range(PARTITIONS):
        expected = in_order(tape, topics, partition, {b"SPY"})
        assert rows_of(out, partition) == [row for _, row in expected]
    assert all(key == b"SPY" for _, batch in out for key in batch.keys)
    shown = sum(committed(stack.kafka, config.group, topic, PARTITIONS) for topic in topics)
    assert shown == 300


KEYS = {b"SPY", b"QQQ"}


def marked_source(stack: StackAddresses, topics: tuple[str, ...], clock: str) -> SourceConfig:
    return msgspec.structs.replace(
        source_of(stack, topics), deliver_policy="new", stop_at_end=False, marks_topic=clock
    )


def marks_behind(
    topics: tuple[str, ...], rows: Sequence[tuple[int, Row]], every: int
) -> list[Mark]:
    """Return a mark behind every few records of a partition in order, and the end."""
    offsets = dict.fromkeys(topics, 0)
    marks = []
    for count, (_, (_, rank, offset, _)) in enumerate(rows, start=1):
        offsets[topics[rank]] = offset + 1
        if count % every == 0 and count < len(rows):
            reached_ns = (START_MS + rows[count][0]) * MS - 1
            marks.append(Mark(reached_ns=reached_ns, offsets=dict(offsets)))
    end_ns = (START_MS + 10_000) * MS
    return [*marks, Mark(reached_ns=end_ns, offsets=offsets, is_end=True)]


def publish_marks(
    stack: StackAddresses, clock: str, topics: tuple[str, ...], tape: Sequence[Message], every: int
) -> list[list[Event]]:
    """Publish the marks of a tape and return by partition what comes of them."""
    expected: list[list[Event]] = []
    for partition in range(PARTITIONS):
        rows = in_order(tape, topics, partition, KEYS)
        marks = marks_behind(topics, rows, every)
        publish(stack.kafka, [(clock, partition, None, encode_mark(mark)) for mark in marks])
        events: list[Event] = []
        for count, (effective, row) in enumerate(rows, start=1):
            events.append(row)
            if count % every == 0 and count < len(rows) and rows[count][0] - 1 >= effective:
                events.append((partition, marks[count // every - 1].reached_ns))
        expected.append([*events, (partition, None)])
    return expected


@pytest.mark.parametrize(("entry_point", "every"), [(on_main, 11), (on_two_workers, 60)])
def test_marks_cut_the_stream_of_the_whole_log_and_end_it(
    stack: StackAddresses,
    topics: tuple[str, ...],
    clock: str,
    entry_point: EntryPoint,
    every: int,
) -> None:
    tape = a_tape(topics, 300)
    publish_stamped(stack.kafka, tape)
    expected = publish_marks(stack, clock, topics, tape, every)

    out = run(marked_source(stack, topics, clock), entry_point)
    whole = run(source_of(stack, topics))

    for partition in range(PARTITIONS):
        assert events_of(out, partition) == expected[partition]
        assert rows_of(out, partition) == rows_of(whole, partition)


def test_crash_within_marks_and_resume_give_what_one_run_gives(
    stack: StackAddresses, topics: tuple[str, ...], clock: str, tmp_path: Path
) -> None:
    tape = a_tape(topics, 300)
    publish_stamped(stack.kafka, tape)
    expected = publish_marks(stack, clock, topics, tape, 40)
    config = marked_source(stack, topics, clock)
    recovery = recovery_store(tmp_path)
    crashed: list[Item] = []
    resumed: list[Item] = []
    epoch = timedelta(0)

    on_main(dataflow(CrashingSource(config, 14), crashed), recovery, epoch)
    on_main(dataflow(OrderedSource(config, threading.Event()), resumed), recovery, epoch)
    again: list[Item] = []
    on_main(dataflow(OrderedSource(config, threading.Event()), again), recovery, epoch)

    assert any(batch.values for _, batch in crashed)
    for partition in range(PARTITIONS):
        first, second = events_of(crashed, partition), events_of(resumed, partition)
        assert first == expected[partition][: len(first)]
        assert second == expected[partition][len(expected[partition]) - len(second) :]
        assert len(first) + len(second) >= len(expected[partition])
        assert events_of(again, partition) == [(partition, None)]


def test_what_is_written_behind_the_last_mark_waits_for_the_next(
    stack: StackAddresses, topics: tuple[str, ...], clock: str
) -> None:
    part = OrderedPartition(marked_source(stack, topics, clock), 0, None, threading.Event())
    found: list[Event] = []

    def take(count: int) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while len(found) < count:
            assert time.monotonic() < deadline, found
            found.extend(events_of(part.next_batch(), 0))

    try:
        publish_stamped(stack.kafka, [(topics[2], 0, b"SPY", stamp_ms) for stamp_ms in (1, 2, 9)])
        mark = Mark(reached_ns=(START_MS + 5) * MS, offsets={topics[2]: 2})
        publish(stack.kafka, [(clock, 0, None, encode_mark(mark))])
        take(3)
        publish_stamped(stack.kafka, [(topics[0], 0, b"SPY", 7)])
        end = Mark(reached_ns=mark.reached_ns, offsets={topics[0]: 1, topics[2]: 3}, is_end=True)
        publish(stack.kafka, [(clock, 0, None, encode_mark(end))])
        take(6)
    finally:
        part.close()

    assert found == [
        (0, 2, 0, False),
        (0, 2, 1, False),
        (0, mark.reached_ns),
        (0, 0, 0, False),
        (0, 2, 2, False),
        (0, None),
    ]


def test_marks_need_a_topic_with_the_partitions_of_the_inputs(
    stack: StackAddresses, topics: tuple[str, ...], topic_prefix: str
) -> None:
    odd = f"{topic_prefix}.odd"
    create_topics(stack.kafka, [odd], PARTITIONS + 1)

    for clock, what in ((odd, "same number of partitions"), (f"{odd}.none", "topics apply")):
        source = OrderedSource(marked_source(stack, topics, clock), threading.Event())
        with pytest.raises(MisconfiguredConnector, match=what):
            source.list_parts()
