"""Records and marks of a replay in the log, over the embedded services."""

import numpy as np
import pytest

from connectors.errors import MisconfiguredConnector
from connectors.kafka.config import SinkConfig
from connectors.kafka.marks import Mark
from connectors.kafka.marks import decode_mark
from infra.embedded.stack import StackAddresses
from infra.errors import InfraError
from infra.errors import MisconfiguredInfra
from infra.replay.lookahead import Stretch
from infra.replay.player import Due
from infra.replay.writer import TapeWriter
from tests.services.flow_services import create_topics
from tests.services.flow_services import publish
from tests.services.flow_services import records_of

AT_NS = 1_748_009_876_000_000_000
MS = 1_000_000
TOPICS = ("equities.quotes", "options.prints")
PARTITIONS = 3


def stretch(numbers: list[int], step_ns: int = MS) -> Stretch:
    return Stretch(
        order_ns=np.array([AT_NS + number * step_ns for number in numbers], np.int64),
        topics=bytes(number % 2 for number in numbers),
        partitions=[number % PARTITIONS for number in numbers],
        keys=[f"key{number}".encode() for number in numbers],
        values=[None if number == 4 else str(number).encode() for number in numbers],
        timestamps_ms=[(AT_NS + number * step_ns) // MS for number in numbers],
    )


def a_writer(addresses: StackAddresses, namespace: str) -> TapeWriter:
    names = [f"{namespace}.{topic}" for topic in (*TOPICS, "clock")]
    create_topics(addresses.kafka, names, PARTITIONS)
    return TapeWriter(SinkConfig(brokers=addresses.kafka, namespace=namespace), TOPICS, PARTITIONS)


def marks_of(addresses: StackAddresses, namespace: str) -> list[list[Mark]]:
    found: list[list[Mark]] = [[] for _ in range(PARTITIONS)]
    for each in records_of(addresses.kafka, f"{namespace}.clock"):
        found[each.partition].append(decode_mark(each.value or b""))
    return found


def test_records_are_where_the_tape_has_them_and_marks_name_what_is_behind_them(
    embedded_stack: StackAddresses, topic_prefix: str
) -> None:
    writer = a_writer(embedded_stack, topic_prefix)

    assert writer.write(Due(stretch([0, 1, 2, 3, 4]), AT_NS + 4 * MS)) == PARTITIONS
    assert writer.write(Due(stretch([5, 6]), AT_NS + 6 * MS, is_end=True)) == PARTITIONS

    found = {
        topic: [
            (each.partition, each.key, each.value, each.timestamp_ms)
            for each in sorted(
                records_of(embedded_stack.kafka, f"{topic_prefix}.{topic}"),
                key=lambda r: r.timestamp_ms,
            )
        ]
        for topic in TOPICS
    }
    whole = stretch(list(range(7)))
    for index, topic in enumerate(TOPICS):
        assert found[topic] == [
            (whole.partitions[i], whole.keys[i], whole.values[i], whole.timestamps_ms[i])
            for i in range(7)
            if i % 2 == index
        ]
    quotes, prints = (f"{topic_prefix}.{topic}" for topic in TOPICS)
    assert marks_of(embedded_stack, topic_prefix) == [
        [
            Mark(AT_NS + 4 * MS, {quotes: 1, prints: 1}),
            Mark(AT_NS + 6 * MS, {quotes: 2, prints: 1}, is_end=True),
        ],
        [
            Mark(AT_NS + 4 * MS, {quotes: 1, prints: 1}),
            Mark(AT_NS + 6 * MS, {quotes: 1, prints: 1}, is_end=True),
        ],
        [
            Mark(AT_NS + 4 * MS, {quotes: 1, prints: 0}),
            Mark(AT_NS + 6 * MS, {quotes: 1, prints: 1}, is_end=True),
        ],
    ]
    assert writer.written == {TOPICS[0]: 4, TOPICS[1]: 3}
    writer.check()


def test_only_what_is_news_is_marked(embedded_stack: StackAddresses, topic_prefix: str) -> None:
    writer = a_writer(embedded_stack, topic_prefix)

    assert writer.write(Due(Stretch(), None)) == 0
    assert writer.write(Due(stretch([0, 1], 0), AT_NS)) == PARTITIONS
    assert writer.write(Due(Stretch(), AT_NS)) == 0
    assert writer.write(Due(stretch([1], 0), AT_NS)) == 1
    assert writer.write(Due(Stretch(), AT_NS + 1)) == PARTITIONS
    assert writer.write(Due(Stretch(), AT_NS + 1, is_end=True)) == PARTITIONS
    assert writer.write(Due(Stretch(), AT_NS + 1, is_end=True)) == 0


def test_topics_that_hold_something_are_not_written_to(
    embedded_stack: StackAddresses, topic_prefix: str
) -> None:
    writer = a_writer(embedded_stack, topic_prefix)
    writer.write(Due(stretch([0]), AT_NS))
    writer.flush()
    config = SinkConfig(brokers=embedded_stack.kafka, namespace=topic_prefix)

    with pytest.raises(MisconfiguredInfra, match="expected 3 empty partitions"):
        TapeWriter(config, TOPICS, PARTITIONS)
    with pytest.raises(MisconfiguredConnector, match="no topic"):
        TapeWriter(config, ["equities.prints"], PARTITIONS)


def test_a_second_writer_is_noticed(embedded_stack: StackAddresses, topic_prefix: str) -> None:
    writer = a_writer(embedded_stack, topic_prefix)
    writer.write(Due(stretch([0]), AT_NS))
    publish(embedded_stack.kafka, [(f"{topic_prefix}.{TOPICS[0]}", 0, b"key", b"of another")])

    with pytest.raises(InfraError, match=r"ends at \[2, 0, 0\]"):
        writer.check()
