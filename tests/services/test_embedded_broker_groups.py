"""Consumer groups of the embedded broker: rebalances, commits, restarts."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from confluent_kafka import Consumer
from confluent_kafka import ConsumerGroupState
from confluent_kafka import ConsumerGroupTopicPartitions
from confluent_kafka import KafkaError
from confluent_kafka import KafkaException
from confluent_kafka import Producer
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin import NewTopic

from infra.embedded.kafka.config import BrokerConfig
from tests.infra.embedded.kafka.broker_process import BrokerProcess
from tests.infra.embedded.kafka.broker_process import poll_until
from tests.infra.embedded.kafka.broker_process import running_broker

TIMEOUT_S = 20.0
TOPIC = "trades"
PARTITIONS = 4
RECORDS = 400


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with running_broker(BrokerConfig(data_dir=tmp_path / "log")) as broker:
        address = f"127.0.0.1:{broker.port}"
        fill(address)
        yield address


def fill(address: str) -> None:
    admin = AdminClient({"bootstrap.servers": address})
    admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])[TOPIC].result(TIMEOUT_S)
    producer = Producer({"bootstrap.servers": address})
    for number in range(RECORDS):
        producer.produce(TOPIC, str(number), partition=number % PARTITIONS)
    assert producer.flush(TIMEOUT_S) == 0


class Member:
    """A group member polled by its own thread, as an application does it."""

    def __init__(self, address: str, stack: ExitStack, **config: object) -> None:
        self.consumer = Consumer(
            {
                "bootstrap.servers": address,
                "group.id": "g",
                "auto.offset.reset": "earliest",
                "session.timeout.ms": 2000,
                "heartbeat.interval.ms": 200,
                "enable.auto.commit": False,
                **config,
            }
        )
        self.values: list[int] = []
        self.assigned: set[int] = set()
        self._over = threading.Event()
        self._commit_asked = threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)
        self.consumer.subscribe([TOPIC])
        self._thread.start()
        stack.callback(self.leave)

    def _poll(self) -> None:
        while not self._over.is_set():
            for message in self.consumer.consume(50, 0.05):
                value = message.value()
                if message.error() is None and isinstance(value, bytes):
                    self.values.append(int(value))
            if self._commit_asked.is_set():
                self.consumer.commit(asynchronous=False)
                self._commit_asked.clear()
            self.assigned = {each.partition for each in self.consumer.assignment()}

    def commit(self) -> None:
        # By the polling thread: the client lets only one thread at a time into a consumer.
        self._commit_asked.set()
        poll_until(lambda: not self._commit_asked.is_set(), "the commit is answered")

    def vanish(self) -> None:
        """Stop polling and heartbeating without a word, as a hung process does."""
        self._over.set()
        self._thread.join(TIMEOUT_S)

    def leave(self) -> None:
        if not self._over.is_set():
            self.vanish()
            self.consumer.close()


def is_shared(first: Member, second: Member) -> bool:
    return len(first.assigned) == len(
        second.assigned
    ) == PARTITIONS // 2 and first.assigned | second.assigned == set(range(PARTITIONS))


@pytest.mark.parametrize("strategy", ["range", "roundrobin", "cooperative-sticky"])
def test_two_members_share_the_partitions_and_one_takes_over(address: str, strategy: str) -> None:
    config = {"partition.assignment.strategy": strategy}
    with ExitStack() as stack:
        first = Member(address, stack, **config)
        poll_until(lambda: len(first.values) == RECORDS, "the first member reads everything")
        first.commit()
        second = Member(address, stack, **config)
        poll_until(lambda: is_shared(first, second), "the partitions are shared")
        first.leave()
        poll_until(lambda: second.assigned == set(range(PARTITIONS)), "the second takes over")
        assert sorted(first.values) == list(range(RECORDS))
        assert second.values == []


def test_a_member_that_falls_silent_is_replaced(address: str) -> None:
    with ExitStack() as stack:
        config = {"session.timeout.ms": 6000, "max.poll.interval.ms": 6000}
        silent = Member(address, stack, **config)
        poll_until(lambda: len(silent.assigned) == PARTITIONS, "the first member has everything")
        silent.vanish()
        other = Member(address, stack)
        poll_until(lambda: other.assigned == set(range(PARTITIONS)), "the other takes over")
        silent.consumer.close()


def test_a_static_member_comes_back_to_its_place(address: str) -> None:
    with ExitStack() as stack:
        config = {"group.instance.id": "one"}
        first = Member(address, stack, **config)
        poll_until(lambda: len(first.values) == RECORDS, "the first run reads everything")
        first.commit()
        first.leave()
        again = Member(address, stack, **config)
        poll_until(lambda: again.assigned == set(range(PARTITIONS)), "the second run is assigned")
        assert again.values == []


def test_the_group_is_listed_described_and_deleted(address: str) -> None:
    admin = AdminClient({"bootstrap.servers": address})
    with ExitStack() as stack:
        member = Member(address, stack)
        poll_until(lambda: len(member.values) == RECORDS, "everything is read")
        member.commit()
        (described,) = admin.describe_consumer_groups(["g"]).values()
        group = described.result(TIMEOUT_S)
        assert group.state == ConsumerGroupState.STABLE
        assert len(group.members) == 1
        assert len(group.members[0].assignment.topic_partitions) == PARTITIONS
        (refused,) = admin.delete_consumer_groups(["g"]).values()
        with pytest.raises(KafkaException) as error:
            refused.result(TIMEOUT_S)
        assert error.value.args[0].code() == KafkaError.NON_EMPTY_GROUP
    listed = admin.list_consumer_groups().result(TIMEOUT_S)
    assert [group.group_id for group in listed.valid] == ["g"]
    (deleted,) = admin.delete_consumer_groups(["g"]).values()
    deleted.result(TIMEOUT_S)
    assert admin.list_consumer_groups().result(TIMEOUT_S).valid == []
    (offsets,) = admin.list_consumer_group_offsets(
        [ConsumerGroupTopicPartitions("g", [TopicPartition(TOPIC, 0)])]
    ).values()
    assert offsets.result(TIMEOUT_S).topic_partitions[0].offset < 0


def committed(address: str) -> list[int]:
    consumer = Consumer({"bootstrap.servers": address, "group.id": "g"})
    found = consumer.committed([TopicPartition(TOPIC, n) for n in range(PARTITIONS)], TIMEOUT_S)
    consumer.close()
    return [each.offset for each in found]


@pytest.mark.parametrize("ending", ["stop", "kill"])
def test_committed_offsets_survive_a_restart(tmp_path: Path, ending: str) -> None:
    broker = BrokerProcess(tmp_path / "log")
    broker.start()
    try:
        fill(broker.address)
        consumer = Consumer({"bootstrap.servers": broker.address, "group.id": "g"})
        offsets = [TopicPartition(TOPIC, n, 10 * n + 1) for n in range(PARTITIONS)]
        consumer.commit(offsets=offsets, asynchronous=False)
        consumer.close()
        if ending == "kill":
            broker.kill()
        else:
            assert broker.stop() == 0
        broker.start()
        assert committed(broker.address) == [1, 11, 21, 31]
    finally:
        broker.stop()


def test_a_group_goes_on_over_a_restart_of_the_broker(tmp_path: Path) -> None:
    broker = BrokerProcess(tmp_path / "log")
    broker.start()
    try:
        fill(broker.address)
        with ExitStack() as stack:
            member = Member(broker.address, stack)
            poll_until(lambda: len(member.values) == RECORDS, "everything is read")
            member.commit()
            broker.kill()
            broker.start()
            producer = Producer({"bootstrap.servers": broker.address})
            producer.produce(TOPIC, b"7777", partition=2)
            assert producer.flush(TIMEOUT_S) == 0
            poll_until(lambda: 7777 in member.values, "the member reads on")
            assert len(member.values) == RECORDS + 1
    finally:
        broker.stop()


def test_a_deleted_topic_takes_its_commits_with_it(address: str) -> None:
    consumer = Consumer({"bootstrap.servers": address, "group.id": "g"})
    consumer.commit(offsets=[TopicPartition(TOPIC, 0, 50)], asynchronous=False)
    consumer.close()
    assert committed(address)[0] == 50
    admin = AdminClient({"bootstrap.servers": address})
    admin.delete_topics([TOPIC])[TOPIC].result(TIMEOUT_S)
    admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])[TOPIC].result(TIMEOUT_S)
    assert committed(address)[0] < 0
