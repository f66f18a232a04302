"""Every broker the other service tests are given takes records and gives them back."""

import time

import httpx
import pytest
from confluent_kafka import Consumer
from confluent_kafka import Message
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin import NewTopic
from redis import Redis

from infra.embedded.stack import StackAddresses

PARTITIONS = 3
RECORDS = 200
DEADLINE_S = 30


def create_topic(address: str, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": address})
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result(DEADLINE_S)


def consume(address: str, topic: str, group: str, count: int) -> list[Message]:
    consumer = Consumer(
        {
            "bootstrap.servers": address,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    received: list[Message] = []
    deadline = time.monotonic() + DEADLINE_S
    try:
        consumer.subscribe([topic])
        while len(received) < count and time.monotonic() < deadline:
            received.extend(consumer.consume(count, timeout=0.2))
    finally:
        consumer.close()
    return received


def test_records_come_back_whole_and_in_order_within_each_key(
    stack: StackAddresses, topic_prefix: str
) -> None:
    topic = f"{topic_prefix}.roundtrip"
    create_topic(stack.kafka, topic)
    refused: list[object] = []
    producer = Producer({"bootstrap.servers": stack.kafka, "enable.idempotence": True})
    for number in range(RECORDS):
        producer.produce(
            topic,
            key=f"key-{number % 7}",
            value=f"value-{number}",
            headers=[("number", str(number).encode())],
            timestamp=1_748_000_000_000 + number,
            on_delivery=lambda error, _: refused.append(error) if error else None,
        )
    undelivered = producer.flush(DEADLINE_S)

    received = consume(stack.kafka, topic, f"{topic_prefix}.group", RECORDS)

    assert (undelivered, refused) == (0, [])
    assert [m.error() for m in received if m.error()] == []
    by_key: dict[bytes, list[tuple[bytes | None, object, int]]] = {}
    for message in received:
        key = message.key()
        assert isinstance(key, bytes)
        by_key.setdefault(key, []).append(
            (message.value(), message.headers(), message.timestamp()[1])
        )
    assert by_key == {
        f"key-{residue}".encode(): [
            (
                f"value-{number}".encode(),
                [("number", str(number).encode())],
                1_748_000_000_000 + number,
            )
            for number in range(residue, RECORDS, 7)
        ]
        for residue in range(7)
    }


def test_registry_clickhouse_and_redis_answer(stack: StackAddresses, topic_prefix: str) -> None:
    subjects = httpx.get(f"{stack.registry}/subjects", timeout=DEADLINE_S)
    answer = httpx.post(stack.clickhouse, content="SELECT 6 * 7", timeout=DEADLINE_S)
    redis = Redis.from_url(stack.redis)
    redis.set(topic_prefix, "here")

    assert subjects.status_code == httpx.codes.OK
    assert isinstance(subjects.json(), list)
    assert answer.text.strip() == "42"
    assert redis.get(topic_prefix) == b"here"


@pytest.mark.parametrize("name", ["first", "second"])
def test_each_test_has_a_topic_prefix_of_its_own(
    stack: StackAddresses, topic_prefix: str, name: str
) -> None:
    topic = f"{topic_prefix}.own"
    admin = AdminClient({"bootstrap.servers": stack.kafka})

    assert topic not in admin.list_topics(timeout=DEADLINE_S).topics, name
    create_topic(stack.kafka, topic)
