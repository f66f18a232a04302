"""What is left of the log after the broker process is killed in the middle of writing."""

import random
import struct
import threading
import uuid
from pathlib import Path

import pytest
from confluent_kafka import OFFSET_BEGINNING
from confluent_kafka import Consumer
from confluent_kafka import KafkaError
from confluent_kafka import Message
from confluent_kafka import Producer
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin import NewTopic

from infra.embedded.kafka.batches import iterate_headers
from tests.infra.embedded.kafka.broker_process import BrokerProcess
from tests.infra.embedded.kafka.broker_process import poll_until
from tests.infra.embedded.kafka.making import make_batch
from tests.infra.embedded.kafka.wire_client import WireClient

TOPIC = "t"
PRODUCE = 0
PRODUCE_VERSION = 3
PARTITIONS = 4
ROUNDS = 10
KEYS = 8
TIMEOUT_S = 60.0
SEED = 20250523
MIN_ACKNOWLEDGED_A_ROUND = 2000
MAX_KILL_DELAY_S = 0.006


class Writer:
    """An idempotent producer in a thread: per key the numbers 0, 1, 2 … in order, never pausing."""

    def __init__(self, address: str) -> None:
        self.acknowledged: dict[int, set[int]] = {key: set() for key in range(KEYS)}
        self.failed: list[KafkaError] = []
        self.sent = 0
        self.count = 0
        self._producer = Producer(
            {
                "bootstrap.servers": address,
                "enable.idempotence": True,
                "linger.ms": 1,
                "batch.num.messages": 50,
                "delivery.timeout.ms": 120_000,
                "reconnect.backoff.ms": 20,
                "reconnect.backoff.max.ms": 100,
                "retry.backoff.ms": 20,
                "queue.buffering.max.messages": 2000,
            }
        )
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def _write(self) -> None:
        while not self._over.is_set():
            key, number = self.sent % KEYS, self.sent // KEYS
            try:
                self._producer.produce(
                    TOPIC,
                    str(number),
                    key=str(key),
                    partition=key % PARTITIONS,
                    on_delivery=self._delivered,
                )
                self.sent += 1
                self._producer.poll(0)
            except BufferError:
                self._producer.poll(0.01)

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self.failed.append(error)
            return
        key, value = message.key(), message.value()
        assert isinstance(key, bytes)
        assert isinstance(value, bytes)
        self.acknowledged[int(key)].add(int(value))
        self.count += 1

    def finish(self) -> None:
        self._over.set()
        self._thread.join(TIMEOUT_S)
        assert self._producer.flush(TIMEOUT_S) == 0


def read_everything(address: str) -> dict[int, list[int]]:
    """Return the numbers of every key in the order of the log."""
    consumer = Consumer(
        {
            "bootstrap.servers": address,
            "group.id": uuid.uuid4().hex,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    consumer.assign([TopicPartition(TOPIC, n, OFFSET_BEGINNING) for n in range(PARTITIONS)])
    found: dict[int, list[int]] = {key: [] for key in range(KEYS)}
    ended: set[int | None] = set()

    def read() -> bool:
        for message in consumer.consume(1000, 0.2):
            error = message.error()
            if error is not None:
                assert error.code() == KafkaError._PARTITION_EOF
                ended.add(message.partition())
                continue
            key, value = message.key(), message.value()
            assert isinstance(key, bytes)
            assert isinstance(value, bytes)
            found[int(key)].append(int(value))
        return len(ended) == PARTITIONS

    poll_until(read, "the end of every partition", TIMEOUT_S)
    consumer.close()
    return found


@pytest.mark.slow
def test_kill_nine_under_load_loses_and_repeats_nothing(tmp_path: Path) -> None:
    random_pause = random.Random(SEED)  # noqa: S311 - where to kill, not a secret
    broker = BrokerProcess(tmp_path / "log")
    broker.start()
    try:
        admin = AdminClient({"bootstrap.servers": broker.address})
        admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])[TOPIC].result(TIMEOUT_S)
        writer = Writer(broker.address)
        for _ in range(ROUNDS):
            wanted = writer.count + MIN_ACKNOWLEDGED_A_ROUND + random_pause.randrange(5000)
            poll_until(lambda: writer.count >= wanted, f"{wanted} records acknowledged", TIMEOUT_S)  # noqa: B023
            broker.kill_while_answering(random_pause.random() * MAX_KILL_DELAY_S)
            broker.start()
        writer.finish()
        found = read_everything(broker.address)
    finally:
        broker.stop()
    assert writer.failed == []
    assert writer.count == writer.sent >= ROUNDS * MIN_ACKNOWLEDGED_A_ROUND
    for key in range(KEYS):
        assert found[key] == list(range(len(found[key])))
        assert set(found[key]) == writer.acknowledged[key]


def produce_body(records: bytes) -> bytes:
    """Return a produce request of version 3 with acks=all for partition 0 of the topic."""
    head = struct.pack(">hhiih", -1, -1, 1000, 1, len(TOPIC)) + TOPIC.encode()
    return head + struct.pack(">iii", 1, 0, len(records)) + records


def appended_at(client: WireClient, records: bytes) -> int:
    answer = client.ask(PRODUCE, PRODUCE_VERSION, produce_body(records))
    assert answer is not None
    code, offset = struct.unpack_from(">hq", answer, 4 + 2 + len(TOPIC) + 4 + 4)
    assert code == 0
    return int(offset)


def test_a_batch_whose_answer_was_lost_is_not_stored_twice(tmp_path: Path) -> None:
    broker = BrokerProcess(tmp_path / "log")
    batches = [bytes(make_batch([n] * 3, producer=5, sequence=3 * n)) for n in range(3)]
    try:
        broker.start()
        admin = AdminClient({"bootstrap.servers": broker.address})
        admin.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result(TIMEOUT_S)
        with WireClient(broker.port) as client:
            assert [appended_at(client, batch) for batch in batches] == [0, 3, 6]
        broker.kill()
        broker.start()
        with WireClient(broker.port) as client:
            assert appended_at(client, batches[1]) == 3
            assert appended_at(client, batches[2]) == 6
            following = bytes(make_batch([9], producer=5, sequence=9))
            assert appended_at(client, following) == 9
    finally:
        broker.stop()


def test_a_stopped_broker_ends_with_status_zero_and_starts_on_the_same_port(
    tmp_path: Path,
) -> None:
    broker = BrokerProcess(tmp_path / "log")
    broker.start()
    address = broker.address
    try:
        producer = Producer({"bootstrap.servers": address})
        producer.produce(TOPIC, b"v")
        assert producer.flush(TIMEOUT_S) == 0
        assert broker.stop() == 0
        broker.start()
        assert broker.address == address
        topics = AdminClient({"bootstrap.servers": address}).list_topics(timeout=TIMEOUT_S).topics
        assert list(topics) == [TOPIC]
    finally:
        broker.stop()


def test_producer_ids_are_never_given_out_twice_over_kills(tmp_path: Path) -> None:
    broker = BrokerProcess(tmp_path / "log")
    seen: list[int] = []
    try:
        for _ in range(3):
            broker.start()
            producer = Producer({"bootstrap.servers": broker.address, "enable.idempotence": True})
            producer.produce(TOPIC, b"v", partition=0)
            assert producer.flush(TIMEOUT_S) == 0
            broker.kill()
            seen.append(newest_producer_id(tmp_path / "log"))
    finally:
        broker.stop()
    assert len(set(seen)) == 3


def newest_producer_id(data_dir: Path) -> int:
    (path,) = (data_dir / "topics").glob(f"{TOPIC}-*/0/*.log")
    content = path.read_bytes()
    *_, (_, last) = iterate_headers(content, 0, len(content))
    return last.producer_id
