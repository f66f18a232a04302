"""Topics as code, tail and dead letters over a real broker."""

import threading
from collections.abc import Iterator

import msgspec
import pytest

from connectors.errors import MisconfiguredConnector
from connectors.kafka.admin import apply_topics
from connectors.kafka.admin import describe_topic
from connectors.kafka.admin import list_topics
from connectors.kafka.batch import OutRecord
from connectors.kafka.batch import PoisonRecord
from connectors.kafka.bounded import END
from connectors.kafka.bounded import Start
from connectors.kafka.bounded import read_log
from connectors.kafka.config import SinkConfig
from connectors.kafka.dlq import dead_letter
from connectors.kafka.dlq import dead_letter_topic
from connectors.kafka.dlq import list_dead_letters
from connectors.kafka.dlq import replay_dead_letters
from connectors.kafka.registry import SchemaRegistry
from connectors.kafka.serde import AvroWire
from connectors.kafka.sink import BatchProducer
from connectors.kafka.tail import TailedRecord
from connectors.kafka.tail import tail
from infra.embedded.stack import StackAddresses
from redpanda.catalog import TopicSpec
from tests.connectors.kafka.market import START_NS
from tests.connectors.kafka.market import a_print
from tests.services.flow_services import count_of
from tests.services.flow_services import create_topics
from tests.services.flow_services import empty_catalog
from tests.services.flow_services import publish
from tests.services.flow_services import records_of
from tests.services.flow_services import wait_until


def a_spec(name: str, partitions: int = 2, retention_bytes: int = 1_000_000) -> TopicSpec:
    return TopicSpec(
        name=name,
        partitions=partitions,
        key="underlying_id",
        cleanup="delete",
        retention_ms=-1,
        retention_bytes=retention_bytes,
        kind="derived",
    )


def test_apply_creates_then_changes_only_what_differs(
    stack: StackAddresses, topic_prefix: str
) -> None:
    name = f"{topic_prefix}.a"

    (created,) = apply_topics(stack.kafka, {name: a_spec(name)})
    wait_until(lambda: name in list_topics(stack.kafka), "topic is listed")
    (unchanged,) = apply_topics(stack.kafka, {name: a_spec(name)})
    (changed,) = apply_topics(stack.kafka, {name: a_spec(name, 3, 2_000_000)})

    assert (created.action, unchanged.action, changed.action) == ("created", "unchanged", "changed")
    assert "partitions 2 → 3" in changed.detail
    assert "retention.bytes 1000000 → 2000000" in changed.detail
    wait_until(lambda: list_topics(stack.kafka)[name] == 3, "partitions are added")
    found = describe_topic(stack.kafka, name)
    assert found.configs["retention.bytes"] == "2000000"
    assert [each.partition for each in found.partitions] == [0, 1, 2]


def test_partitions_are_never_taken_away(stack: StackAddresses, topic_prefix: str) -> None:
    name = f"{topic_prefix}.a"
    create_topics(stack.kafka, [name], 3)

    with pytest.raises(MisconfiguredConnector, match=r"has 3 partitions, topics.yaml says 2"):
        apply_topics(stack.kafka, {name: a_spec(name, 2)})


def test_describe_counts_records_and_refuses_what_is_not_there(
    stack: StackAddresses, topic_prefix: str
) -> None:
    name = f"{topic_prefix}.a"
    create_topics(stack.kafka, [name], 2)
    publish(stack.kafka, [(name, 1, None, b"x")] * 3)

    assert describe_topic(stack.kafka, name).records == 3
    with pytest.raises(MisconfiguredConnector, match="no topic"):
        describe_topic(stack.kafka, f"{name}.none")


@pytest.fixture
def wire(stack: StackAddresses) -> Iterator[AvroWire]:
    empty_catalog(stack.kafka)
    registry = SchemaRegistry(stack.registry)
    yield AvroWire(registry)
    registry.close()


def publish_prints(stack: StackAddresses, wire: AvroWire, count: int) -> None:
    encode = wire.encoder("options.prints")
    underlyings = ("SPY", "NVDA")
    publish(
        stack.kafka,
        (
            (
                "options.prints",
                2,
                underlyings[i % 2].encode(),
                encode(a_print(i, underlying_id=underlyings[i % 2])),
            )
            for i in range(count)
        ),
    )


def test_tail_decodes_filters_by_key_and_starts_where_told(
    stack: StackAddresses, wire: AvroWire
) -> None:
    publish_prints(stack, wire, 10)

    def sequence(start: Start, key: str | None = None) -> list[int]:
        found = tail(stack.kafka, stack.registry, "options.prints", start, key=key)
        return [msgspec.structs.asdict(each.record)["seq"] for each in found if each.record]

    assert sequence(Start("beginning")) == list(range(10))
    assert sequence(Start("beginning"), "NVDA") == [1, 3, 5, 7, 9]
    assert sequence(Start("offset", 7)) == [7, 8, 9]
    assert sequence(Start("offset", -2)) == [8, 9]
    assert sequence(Start("time", 0)) == list(range(10))
    assert sequence(END) == []


def test_tail_says_what_it_cannot_decode(stack: StackAddresses, wire: AvroWire) -> None:
    value = wire.encoder("options.prints")(a_print())[:-2]
    publish(stack.kafka, [("options.prints", 0, b"NVDA", value)])

    (found,) = tail(stack.kafka, stack.registry, "options.prints")

    assert found.record is None
    assert "not decodable" in (found.error or "")


def test_tail_follows_until_stopped(stack: StackAddresses, wire: AvroWire) -> None:
    stop = threading.Event()
    found: list[TailedRecord] = []

    def follow() -> None:
        records = tail(stack.kafka, stack.registry, "options.prints", follow=True, stop=stop)
        for record in records:
            found.append(record)  # noqa: PERF402 - the test looks on while it grows

    follower = threading.Thread(target=follow)
    follower.start()
    publish_prints(stack, wire, 1)
    wait_until(lambda: len(found) == 1, "first print")
    publish_prints(stack, wire, 1)
    wait_until(lambda: len(found) == 2, "second print")
    stop.set()
    follower.join(10)

    assert not follower.is_alive()


def test_unknown_topic_is_refused(stack: StackAddresses, topic_prefix: str) -> None:
    with pytest.raises(MisconfiguredConnector):
        list(read_log(stack.kafka, f"{topic_prefix}.none"))


def a_poison(offset: int, value: bytes | None, attempt: int = 1) -> PoisonRecord:
    return PoisonRecord("options.prints", 3, offset, b"NVDA", value, "cut body", attempt)


def test_dead_letters_are_listed_once_and_replayed_once(
    stack: StackAddresses, wire: AvroWire
) -> None:
    del wire
    producer = BatchProducer(SinkConfig(brokers=stack.kafka))
    letters = [a_poison(7, b"raw"), a_poison(9, None), a_poison(7, b"raw")]
    producer.write([dead_letter(each, "islandflow-options") for each in letters])
    producer.write([dead_letter(a_poison(7, b"raw"), "islandflow-persist")])

    listed = list_dead_letters(stack.kafka, ["options.prints"])
    assert [(each.origin, each.offset, each.attempt) for each in listed] == [
        ("islandflow-options", 7, 1),
        ("islandflow-options", 9, 1),
        ("islandflow-persist", 7, 1),
    ]
    assert [(each.error, each.key, each.value) for each in listed[:1]] == [
        ("cut body", b"NVDA", b"raw")
    ]

    first = replay_dead_letters(stack.kafka, ["options.prints"])
    second = replay_dead_letters(stack.kafka, ["options.prints"])

    assert [each.offset for each in first.replayed] == [7]
    assert [each.offset for each in first.skipped] == [9]
    assert (second.replayed, second.skipped) == ((), ())
    (again,) = records_of(stack.kafka, "options.prints")
    place = (again.partition, again.key, again.value, again.headers["attempt"])
    assert place == (3, b"NVDA", b"raw", "2")
    assert all(each.is_replayed for each in list_dead_letters(stack.kafka, ["options.prints"]))


def test_what_a_feed_rejected_is_listed_but_not_sent_again(
    stack: StackAddresses, wire: AvroWire
) -> None:
    del wire
    plain = dead_letter(a_poison(0, b"vendor row"), "x")
    headers = (("error", b"bad_symbol"), ("feed", b"file:tos"), ("position", b"a.csv:12"))
    producer = BatchProducer(SinkConfig(brokers=stack.kafka))
    producer.write([msgspec.structs.replace(plain, headers=headers)])

    result = replay_dead_letters(stack.kafka, ["options.prints"])

    (skipped,) = result.skipped
    assert (skipped.origin, skipped.position, skipped.topic) == (
        "file:tos",
        "a.csv:12",
        "options.prints",
    )
    assert not result.replayed
    assert count_of(stack.kafka, "options.prints") == 0
    assert count_of(stack.kafka, dead_letter_topic("options.prints")) == 1


def test_stamps_find_records_by_time(stack: StackAddresses, topic_prefix: str) -> None:
    name = f"{topic_prefix}.a"
    create_topics(stack.kafka, [name], 1)
    first_ms = START_NS // 1_000_000
    producer = BatchProducer(SinkConfig(brokers=stack.kafka))
    producer.write([OutRecord(name, 0, None, b"%d" % i, first_ms + i) for i in range(10)])

    found = read_log(stack.kafka, name, Start("time", first_ms + 6))

    assert [each.offset for each in found] == [6, 7, 8, 9]
