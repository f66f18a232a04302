"""The batched sink over a real broker."""

import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource
from bytewax.inputs import StatefulSourcePartition
from bytewax.recovery import RecoveryConfig
from bytewax.testing import TestingSource

from connectors.errors import MisconfiguredConnector
from connectors.errors import TransientConnector
from connectors.kafka.admin import list_topics
from connectors.kafka.batch import OutRecord
from connectors.kafka.config import SinkConfig
from connectors.kafka.partitioner import partition_key
from connectors.kafka.sink import PRODUCED_HEADER
from connectors.kafka.sink import BatchProducer
from connectors.kafka.sink import KafkaSink
from infra.embedded.stack import EmbeddedStack
from infra.embedded.stack import StackAddresses
from tests.connectors.kafka.runs import EntryPoint
from tests.connectors.kafka.runs import on_main
from tests.connectors.kafka.runs import on_two_workers
from tests.connectors.kafka.runs import recovery_store
from tests.connectors.kafka.runs import reopened_store
from tests.services.flow_services import create_topics
from tests.services.flow_services import records_of

PARTITIONS = 3
STAMP_MS = 1_700_000_000_000
BATCHES = 20
BATCH_RECORDS = 10
CRASHED = 9


def a_record(topic: str, number: int) -> OutRecord:
    return OutRecord(
        topic,
        number % PARTITIONS,
        f"key{number}".encode(),
        str(number).encode(),
        STAMP_MS + number,
        (("number", str(number).encode()),),
    )


@pytest.mark.parametrize("entry_point", [on_main, on_two_workers])
def test_every_record_is_on_its_partition_in_order_with_key_stamp_and_headers(
    stack: StackAddresses, topic_prefix: str, entry_point: EntryPoint
) -> None:
    topic = f"{topic_prefix}.out"
    create_topics(stack.kafka, [topic], PARTITIONS)
    # One worker writes what has one key, in order.
    batches = [
        (partition_key(0), [a_record(topic, 10 * turn + i) for i in range(10)])
        for turn in range(20)
    ]
    started_ns = time.time_ns()
    flow = Dataflow("sink")
    stream = op.input("in", flow, TestingSource(batches, batch_size=3))
    sink = KafkaSink(SinkConfig(brokers=stack.kafka), threading.Event(), PARTITIONS)
    op.output("out", stream, sink)

    entry_point(flow)

    found = records_of(stack.kafka, topic)
    for partition in range(PARTITIONS):
        numbers = [int(each.value or b"") for each in found if each.partition == partition]
        assert numbers == list(range(partition, 200, PARTITIONS))
    for each in found:
        number = int(each.value or b"")
        assert (each.key, each.timestamp_ms) == (f"key{number}".encode(), STAMP_MS + number)
        assert each.headers["number"] == str(number)
        assert started_ns <= int(each.headers[PRODUCED_HEADER]) <= time.time_ns()


Batch = tuple[str, Sequence[OutRecord]]


class Counting(StatefulSourcePartition[Batch, int]):
    """Batches of numbered records from a position; then the process dies, or the input ends."""

    def __init__(self, topic: str, position: int, crash_at: int | None) -> None:
        self._topic = topic
        self._crash_at = crash_at
        self._position = position

    def next_batch(self) -> list[Batch]:
        if self._position == self._crash_at:
            os._exit(CRASHED)
        if self._position == BATCHES:
            raise StopIteration
        first = BATCH_RECORDS * self._position
        self._position += 1
        numbers = range(first, first + BATCH_RECORDS)
        return [(partition_key(0), [a_record(self._topic, number) for number in numbers])]

    def snapshot(self) -> int:
        return self._position


class CountingSource(FixedPartitionedSource[Batch, int]):
    def __init__(self, topic: str, crash_at: int | None = None) -> None:
        self._topic = topic
        self._crash_at = crash_at
        self.resumed_at: int | None = None

    def list_parts(self) -> list[str]:
        return ["numbers"]

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> Counting:
        del step_id, for_part
        self.resumed_at = resume_state
        return Counting(self._topic, resume_state or 0, self._crash_at)


def run_counting(source: CountingSource, brokers: str, recovery: RecoveryConfig) -> None:
    """Write what a source gives, one epoch a batch, with a client that would rather wait."""
    flow = Dataflow("sink")
    config = SinkConfig(brokers=brokers, linger_ms=1000)
    sink = KafkaSink(config, threading.Event(), PARTITIONS)
    op.output("out", op.input("in", flow, source), sink)
    on_main(flow, epoch_interval=timedelta(0), recovery_config=recovery)


def crash(topic: str, brokers: str, folder: Path, crash_at: int) -> NoReturn:
    run_counting(CountingSource(topic, crash_at), brokers, reopened_store(folder))
    os._exit(0)


@pytest.mark.parametrize("crash_at", [2, 13])
def test_records_of_a_closed_epoch_are_in_the_log_when_the_process_dies(
    stack: StackAddresses, topic_prefix: str, tmp_path: Path, crash_at: int
) -> None:
    topic = f"{topic_prefix}.out"
    create_topics(stack.kafka, [topic], PARTITIONS)
    recovery = recovery_store(tmp_path)
    arguments = (topic, stack.kafka, tmp_path, crash_at)
    process = multiprocessing.get_context("spawn").Process(target=crash, args=arguments)

    process.start()
    process.join(60)
    assert process.exitcode == CRASHED
    survived = {int(each.value or b"") for each in records_of(stack.kafka, topic)}
    source = CountingSource(topic)
    run_counting(source, stack.kafka, recovery)

    assert source.resumed_at is not None
    assert 0 < source.resumed_at <= crash_at
    assert survived >= set(range(BATCH_RECORDS * source.resumed_at))
    written = [int(each.value or b"") for each in records_of(stack.kafka, topic)]
    assert set(written) == set(range(BATCH_RECORDS * BATCHES))


def test_more_records_than_the_queue_holds_are_all_written(
    stack: StackAddresses, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.kafka.sink.QUEUE_RECORDS", 50)
    topic = f"{topic_prefix}.out"
    create_topics(stack.kafka, [topic], PARTITIONS)

    BatchProducer(SinkConfig(brokers=stack.kafka)).write([a_record(topic, i) for i in range(999)])

    assert len(records_of(stack.kafka, topic)) == 999


def test_unknown_topic_is_refused_and_not_created(stack: StackAddresses, topic_prefix: str) -> None:
    producer = BatchProducer(SinkConfig(brokers=stack.kafka))

    with pytest.raises(MisconfiguredConnector, match="topics apply"):
        producer.write([a_record(f"{topic_prefix}.none", 0)])

    assert f"{topic_prefix}.none" not in list_topics(stack.kafka)


def test_broker_that_is_gone_stops_the_caller(
    new_embedded_stack: Callable[[str], EmbeddedStack], topic_prefix: str
) -> None:
    services = new_embedded_stack("gone")
    addresses = services.start()
    topic = f"{topic_prefix}.out"
    create_topics(addresses.kafka, [topic], PARTITIONS)
    producer = BatchProducer(SinkConfig(brokers=addresses.kafka, delivery_timeout_ms=1000))
    producer.write([a_record(topic, 0)])
    services.stop()

    with pytest.raises(TransientConnector, match="did not take"):
        producer.write([a_record(topic, 1)])
