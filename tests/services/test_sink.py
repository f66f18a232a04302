"""The batched sink over a real broker."""

import threading
import time
from collections.abc import Callable

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSource

from connectors.errors import MisconfiguredConnector
from connectors.errors import TransientConnector
from connectors.kafka.admin import list_topics
from connectors.kafka.batch import OutRecord
from connectors.kafka.config import SinkConfig
from connectors.kafka.sink import PRODUCED_HEADER
from connectors.kafka.sink import BatchProducer
from connectors.kafka.sink import KafkaSink
from infra.embedded.stack import EmbeddedStack
from infra.embedded.stack import StackAddresses
from tests.connectors.kafka.runs import EntryPoint
from tests.connectors.kafka.runs import on_main
from tests.connectors.kafka.runs import on_two_workers
from tests.services.flow_services import create_topics
from tests.services.flow_services import records_of

PARTITIONS = 3
STAMP_MS = 1_700_000_000_000


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
    batches = [[a_record(topic, 10 * turn + i) for i in range(10)] for turn in range(20)]
    started_ns = time.time_ns()
    flow = Dataflow("sink")
    stream = op.input("in", flow, TestingSource(batches, batch_size=3))
    op.output("out", stream, KafkaSink(SinkConfig(brokers=stack.kafka), threading.Event()))

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
