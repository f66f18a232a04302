"""The ordered source over a real broker: order, resume, quiet tapes, bad messages."""

import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSink
from confluent_kafka import Producer

from connectors.errors import MisconfiguredConnector
from connectors.kafka.batch import EventBatch
from connectors.kafka.config import SourceConfig
from connectors.kafka.source import Item
from connectors.kafka.source import OrderedPartition
from connectors.kafka.source import OrderedSource
from connectors.kafka.source import SourceState
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
from tests.services.flow_services import wait_until

PARTITIONS = 2
MS = 1_000_000
START_NS = 1_700_000_000_000 * MS

Row = tuple[int, int, int, bool]  # partition, rank, offset, late


def value(stamp_ms: int) -> bytes:
    return b"\0\0\0\0\1" + encode_long(START_NS + stamp_ms * MS) + b"body"


@pytest.fixture
def topics(stack: StackAddresses, topic_prefix: str) -> tuple[str, ...]:
    names = tuple(f"{topic_prefix}.{name}" for name in ("stock", "quote", "trade"))
    create_topics(stack.kafka, names, PARTITIONS)
    return names


def a_tape(topics: tuple[str, ...], count: int) -> list[tuple[str, int, bytes | None, bytes]]:
    """Return messages whose stamps interleave, tie and sometimes go back."""
    return [
        (topics[i % 3], i // 3 % PARTITIONS, b"SPY", value(i // 2 - (5 if i % 17 == 0 else 0)))
        for i in range(count)
    ]


def expected(topics: tuple[str, ...], count: int) -> list[Row]:
    offsets: dict[tuple[str, int], int] = {}
    highest: dict[tuple[str, int], int] = {}
    rows = []
    for i, (topic, partition, _, _) in enumerate(a_tape(topics, count)):
        place = (topic, partition)
        stamp = i // 2 - (5 if i % 17 == 0 else 0)
        effective = highest[place] = max(stamp, highest.get(place, stamp))
        offset = offsets[place] = offsets.get(place, -1) + 1
        rank = topics.index(topic)
        rows.append((partition, effective, rank, offset, stamp < effective))
    rows.sort()
    return [(partition, rank, offset, late) for partition, _, rank, offset, late in rows]


def rows_of(items: list[Item]) -> list[Row]:
    rows = [
        (batch.partition, rank, offset, bool(late))
        for _, batch in items
        for rank, offset, late in zip(batch.ranks, batch.offsets, batch.late, strict=True)
    ]
    return sorted(rows, key=lambda row: row[0])  # stable: the order within a partition stays


def drained(stack: StackAddresses, topics: tuple[str, ...], batch_records: int) -> SourceConfig:
    return SourceConfig(
        brokers=stack.kafka,
        group=f"{topics[0]}.group",
        topics=topics,
        stop_at_end=True,
        deliver_policy="all",
        batch_records=batch_records,
    )


def dataflow(source: OrderedSource, out: list[Item]) -> Dataflow:
    flow = Dataflow("source")
    op.output("out", op.input("in", flow, source), TestingSink(out))
    return flow


@pytest.mark.parametrize(
    ("entry_point", "batch_records"), [(on_main, 1), (on_main, 1000), (on_two_workers, 7)]
)
def test_partitions_come_in_event_time_order_and_end_once(
    stack: StackAddresses, topics: tuple[str, ...], entry_point: EntryPoint, batch_records: int
) -> None:
    publish(stack.kafka, a_tape(topics, 300))
    out: list[Item] = []
    config = drained(stack, topics, batch_records)

    entry_point(dataflow(OrderedSource(config, threading.Event()), out))

    assert rows_of(out) == expected(topics, 300)
    ends = [batch.partition for _, batch in out if batch.is_end]
    assert sorted(ends) == [0, 1]
    assert all(len(batch.values) <= batch_records for _, batch in out)
    shown = sum(committed(stack.kafka, config.group, topic, PARTITIONS) for topic in topics)
    assert shown == 300


def test_crash_and_resume_repeats_but_neither_loses_nor_reorders(
    stack: StackAddresses, topics: tuple[str, ...], tmp_path: Path
) -> None:
    publish(stack.kafka, a_tape(topics, 300))
    config = drained(stack, topics, 10)
    recovery = recovery_store(tmp_path)
    crashed: list[Item] = []
    resumed: list[Item] = []
    epoch = timedelta(0)

    on_main(dataflow(CrashingSource(config, 12), crashed), recovery, epoch)
    on_main(dataflow(OrderedSource(config, threading.Event()), resumed), recovery, epoch)

    assert 0 < len(rows_of(crashed)) < 300
    for partition in range(PARTITIONS):
        whole = [row for row in expected(topics, 300) if row[0] == partition]
        first = [row for row in rows_of(crashed) if row[0] == partition]
        second = [row for row in rows_of(resumed) if row[0] == partition]
        assert first == whole[: len(first)]
        assert second == whole[len(whole) - len(second) :]
        assert len(first) + len(second) >= len(whole)


def test_what_is_appended_behind_a_drained_end_is_not_late_for_its_date(
    stack: StackAddresses, topics: tuple[str, ...], tmp_path: Path
) -> None:
    config = drained(stack, topics, 100)
    recovery = recovery_store(tmp_path)
    publish(stack.kafka, [(topics[2], 0, None, value(1000))])
    on_main(dataflow(OrderedSource(config, threading.Event()), []), recovery)
    publish(stack.kafka, [(topics[2], 0, None, value(5))])
    out: list[Item] = []

    on_main(dataflow(OrderedSource(config, threading.Event()), out), recovery)

    assert rows_of(out) == [(0, 2, 1, False)]


def test_stop_ends_without_the_end_mark_and_the_next_run_goes_on(
    stack: StackAddresses, topics: tuple[str, ...], tmp_path: Path
) -> None:
    publish(stack.kafka, a_tape(topics, 60))
    config = drained(stack, topics, 5)
    recovery = recovery_store(tmp_path)
    stop = threading.Event()
    first: list[Item] = []

    flow = Dataflow("source")
    batches = op.input("in", flow, OrderedSource(config, stop))

    def count(item: Item) -> Item:
        if len(first) >= 3:
            stop.set()
        return item

    op.output("out", op.map("count", batches, count), TestingSink(first))
    on_main(flow, recovery)
    second: list[Item] = []
    on_main(dataflow(OrderedSource(config, threading.Event()), second), recovery)

    assert not any(batch.is_end for _, batch in first)
    assert 0 < len(rows_of(first)) < 60
    assert rows_of(first + second) == expected(topics, 60)


def test_messages_that_are_no_records_are_put_aside_in_their_place(
    stack: StackAddresses, topics: tuple[str, ...]
) -> None:
    bad: list[bytes | None] = [None, b"", b"\0\0\0\0\1", b"no header", value(3)[:6]]
    publish(stack.kafka, [(topics[2], 0, b"K", each) for each in [value(1), *bad, value(9)]])
    out: list[Item] = []

    config = drained(stack, topics, 1000)
    on_main(dataflow(OrderedSource(config, threading.Event()), out))

    assert [row[2] for row in rows_of(out)] == [0, 6]
    poison = [each for _, batch in out for each in batch.poison]
    assert [(each.topic, each.partition, each.offset, each.key) for each in poison] == [
        (topics[2], 0, offset, b"K") for offset in range(1, 6)
    ]
    assert [each.value for each in poison] == bad
    assert all(each.error for each in poison)


@pytest.fixture
def live(
    stack: StackAddresses, topics: tuple[str, ...]
) -> Iterator[Callable[[int], OrderedPartition]]:
    made: list[OrderedPartition] = []

    def make(max_idle_ms: int) -> OrderedPartition:
        config = SourceConfig(
            brokers=stack.kafka,
            group=f"{topics[0]}.group",
            topics=topics,
            max_idle_ms=max_idle_ms,
            tick_ms=10,
        )
        made.append(OrderedPartition(config, 0, None, threading.Event()))
        return made[-1]

    yield make
    for part in made:
        part.close()


def next_where(part: OrderedPartition, is_wanted: Callable[[EventBatch], bool]) -> EventBatch:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        for _, batch in part.next_batch():
            if is_wanted(batch):
                return batch
        time.sleep(0.002)
    msg = "no such batch"
    raise AssertionError(msg)


def test_live_a_quiet_topic_holds_back_the_others_for_a_while_only(
    stack: StackAddresses, topics: tuple[str, ...], live: Callable[[int], OrderedPartition]
) -> None:
    part = live(50)
    publish(stack.kafka, [(topics[2], 0, None, value(10))])
    released = next_where(part, lambda batch: bool(batch.values))

    publish(stack.kafka, [(topics[1], 0, None, value(9)), (topics[1], 0, None, value(90_000))])
    following: list[int] = []
    while len(following) < 2:
        following += next_where(part, lambda batch: bool(batch.values)).late

    assert list(released.late) == [0]
    assert following == [1, 0]


def test_live_records_published_together_come_in_order(
    stack: StackAddresses, topics: tuple[str, ...], live: Callable[[int], OrderedPartition]
) -> None:
    part = live(2000)
    publish(stack.kafka, [(topics[2], 0, None, value(10)), (topics[2], 0, None, value(30))])
    publish(stack.kafka, [(topics[0], 0, None, value(9)), (topics[1], 0, None, value(10))])

    ranks: list[int] = []
    late: list[int] = []
    while len(ranks) < 4:
        batch = next_where(part, lambda batch: bool(batch.values))
        ranks += batch.ranks
        late += batch.late

    assert ranks == [0, 1, 2, 2]
    assert not any(late)


def test_live_ticks_pass_time_on_a_quiet_tape_and_say_nothing_twice(
    stack: StackAddresses, topics: tuple[str, ...], live: Callable[[int], OrderedPartition]
) -> None:
    part = live(20)
    publish(stack.kafka, [(topics[2], 0, None, value(10))])
    next_where(part, lambda batch: bool(batch.values))

    first = next_where(part, lambda batch: batch.watermark_ns is not None)
    second = next_where(part, lambda batch: batch.watermark_ns is not None)

    assert first.watermark_ns is not None
    assert second.watermark_ns is not None
    assert START_NS + 10 * MS < first.watermark_ns < second.watermark_ns


def test_new_policy_skips_what_was_there_before(
    stack: StackAddresses, topics: tuple[str, ...], live: Callable[[int], OrderedPartition]
) -> None:
    publish(stack.kafka, [(topics[2], 0, None, value(10))])
    part = live(10)
    publish(stack.kafka, [(topics[2], 0, None, value(20))])

    batch = next_where(part, lambda batch: bool(batch.values))

    assert batch.offsets == [1]


def test_state_of_another_log_is_refused(stack: StackAddresses, topics: tuple[str, ...]) -> None:
    state: SourceState = (2, {topics[0]: (500, None)}, None, None)

    with pytest.raises(MisconfiguredConnector, match=r"offset 500.*another log"):
        OrderedPartition(drained(stack, topics, 10), 0, state, threading.Event())


def test_topics_that_are_missing_or_not_co_partitioned_are_refused(
    stack: StackAddresses, topics: tuple[str, ...], topic_prefix: str
) -> None:
    odd = f"{topic_prefix}.odd"
    create_topics(stack.kafka, [odd], PARTITIONS + 1)

    with pytest.raises(MisconfiguredConnector, match="same number of partitions"):
        OrderedSource(drained(stack, (*topics, odd), 10), threading.Event()).list_parts()
    with pytest.raises(MisconfiguredConnector, match="topics apply"):
        OrderedSource(drained(stack, (f"{odd}.none",), 10), threading.Event()).list_parts()


def test_attempts_of_messages_sent_again_reach_the_flow(
    stack: StackAddresses, topics: tuple[str, ...]
) -> None:
    producer = Producer({"bootstrap.servers": stack.kafka})
    producer.produce(topics[0], value(1), partition=0)
    producer.produce(topics[0], value(2), partition=0, headers=[("attempt", b"3")])
    wait_until(lambda: producer.flush(1) == 0, "published")
    out: list[Item] = []

    config = drained(stack, topics, 1000)
    on_main(dataflow(OrderedSource(config, threading.Event()), out))

    assert [batch.attempts for _, batch in out if batch.values] == [{1: 3}]
