"""The embedded broker under confluent-kafka: producing, every way of consuming, topics."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import OFFSET_BEGINNING
from confluent_kafka import OFFSET_END
from confluent_kafka import Consumer
from confluent_kafka import KafkaError
from confluent_kafka import KafkaException
from confluent_kafka import Message
from confluent_kafka import Producer
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin import AlterConfigOpType
from confluent_kafka.admin import ConfigEntry
from confluent_kafka.admin import ConfigResource
from confluent_kafka.admin import NewPartitions
from confluent_kafka.admin import NewTopic
from confluent_kafka.admin import OffsetSpec

from infra.embedded.kafka.broker import KafkaBroker
from infra.embedded.kafka.config import BrokerConfig
from tests.infra.embedded.kafka.broker_process import poll_until
from tests.infra.embedded.kafka.broker_process import running_broker

TIMEOUT_S = 20.0
BASE_MS = 1_700_000_000_000


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    folder = tmp_path_factory.mktemp("broker")
    with running_broker(BrokerConfig(data_dir=folder, retention_check_ms=50)) as started:
        yield started


@pytest.fixture
def address(broker: KafkaBroker) -> str:
    return f"127.0.0.1:{broker.port}"


@pytest.fixture
def admin(address: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": address})


def create(admin: AdminClient, partitions: int = 1, *, config: dict[str, str] | None = None) -> str:
    name = f"t-{uuid.uuid4().hex[:8]}"
    # The records here are stamped in the past, so that by default they would expire at once.
    kept = {"retention.ms": "-1", **(config or {})}
    made = admin.create_topics([NewTopic(name, partitions, 1, config=kept)])
    made[name].result(TIMEOUT_S)
    return name


def produce(
    address: str,
    topic: str,
    values: list[str],
    *,
    partition: int = 0,
    config: dict[str, object] | None = None,
) -> list[int]:
    """Produce one record a value, stamped one second apart from BASE_MS, and return the offsets."""
    offsets: list[int] = []

    def delivered(error: KafkaError | None, message: Message) -> None:
        assert error is None, error
        offset = message.offset()
        offsets.append(-1 if offset is None else offset)

    producer = Producer({"bootstrap.servers": address, **(config or {})})
    for number, value in enumerate(values):
        producer.produce(
            topic,
            value,
            key=str(number),
            partition=partition,
            timestamp=BASE_MS + 1000 * number,
            on_delivery=delivered,
        )
    assert producer.flush(TIMEOUT_S) == 0
    return offsets


def consume(address: str, topic: str, start: int, count: int, **config: object) -> list[str]:
    """Return the values of `count` records of partition 0 from an offset on."""
    consumer = Consumer(
        {"bootstrap.servers": address, "group.id": "reader", "enable.auto.commit": False, **config}
    )
    try:
        consumer.assign([TopicPartition(topic, 0, start)])
        values: list[str] = []

        def gathered() -> bool:
            for message in consumer.consume(100, 0.1):
                assert message.error() is None, message.error()
                value = message.value()
                assert isinstance(value, bytes)
                values.append(value.decode())
            return len(values) >= count

        poll_until(gathered, f"{count} records of {topic}")
        return values
    finally:
        consumer.close()


@pytest.mark.parametrize(
    "config",
    [
        {"acks": "all"},
        {"acks": "1"},
        {"enable.idempotence": True},
        {"compression.type": "lz4"},
        {"compression.type": "zstd"},
        {"compression.type": "gzip", "linger.ms": 20},
        {"batch.num.messages": 1},
    ],
)
def test_what_was_produced_is_consumed_in_order(
    address: str, admin: AdminClient, config: dict[str, object]
) -> None:
    topic = create(admin)
    values = [f"value {n}" for n in range(500)]
    assert produce(address, topic, values, config=config) == list(range(500))
    assert consume(address, topic, OFFSET_BEGINNING, 500) == values


def test_records_sent_without_acknowledgement_arrive(address: str, admin: AdminClient) -> None:
    topic = create(admin)
    produce(address, topic, ["a", "b", "c"], config={"acks": "0"})
    assert consume(address, topic, OFFSET_BEGINNING, 3) == ["a", "b", "c"]


def test_keys_headers_and_timestamps_come_back_as_sent(address: str, admin: AdminClient) -> None:
    topic = create(admin)
    producer = Producer({"bootstrap.servers": address})
    producer.produce(
        topic, b"v", key=b"k", timestamp=BASE_MS, headers=[("h", b"1"), ("h", b"\x00\xff")]
    )
    assert producer.flush(TIMEOUT_S) == 0
    consumer = Consumer({"bootstrap.servers": address, "group.id": "x"})
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    message = consumer.poll(TIMEOUT_S)
    consumer.close()
    assert message is not None
    assert (message.key(), message.value()) == (b"k", b"v")
    assert message.timestamp()[1] == BASE_MS
    assert message.headers() == [("h", b"1"), ("h", b"\x00\xff")]


def test_consuming_starts_at_an_offset(address: str, admin: AdminClient) -> None:
    topic = create(admin)
    produce(address, topic, [str(n) for n in range(100)], config={"batch.num.messages": 10})
    assert consume(address, topic, 57, 43) == [str(n) for n in range(57, 100)]


def test_consuming_from_the_end_sees_only_what_comes_later(
    address: str, admin: AdminClient
) -> None:
    topic = create(admin)
    produce(address, topic, ["before"])
    consumer = Consumer(
        {"bootstrap.servers": address, "group.id": "end", "enable.partition.eof": True}
    )
    consumer.assign([TopicPartition(topic, 0, OFFSET_END)])
    at_end = consumer.poll(TIMEOUT_S)
    assert at_end is not None
    error = at_end.error()
    assert error is not None
    assert error.code() == KafkaError._PARTITION_EOF
    produce(address, topic, ["after"])
    message = consumer.poll(TIMEOUT_S)
    consumer.close()
    assert message is not None
    assert message.value() == b"after"


@pytest.mark.parametrize("batch", [1, 7, 100])
def test_a_time_is_translated_to_the_first_offset_at_or_after_it(
    address: str, admin: AdminClient, batch: int
) -> None:
    topic = create(admin)
    produce(address, topic, [str(n) for n in range(50)], config={"batch.num.messages": batch})
    consumer = Consumer({"bootstrap.servers": address, "group.id": "time"})
    asked = {0: 0, BASE_MS: 0, BASE_MS + 1: 1, BASE_MS + 30_000: 30, BASE_MS + 49_000: 49}
    for time_ms, offset in asked.items():
        (found,) = consumer.offsets_for_times([TopicPartition(topic, 0, time_ms)], TIMEOUT_S)
        assert (time_ms, found.offset) == (time_ms, offset)
    (after,) = consumer.offsets_for_times([TopicPartition(topic, 0, BASE_MS + 50_000)], TIMEOUT_S)
    assert after.offset == OFFSET_END
    consumer.close()


def test_watermarks_and_the_greatest_timestamp_are_told(address: str, admin: AdminClient) -> None:
    topic = create(admin)
    produce(address, topic, ["a", "b", "c"])
    partition = TopicPartition(topic, 0)
    found = {}
    specs = {
        "earliest": OffsetSpec.earliest(),  # type: ignore[no-untyped-call]
        "latest": OffsetSpec.latest(),  # type: ignore[no-untyped-call]
        "greatest": OffsetSpec.max_timestamp(),  # type: ignore[no-untyped-call]
    }
    for name, spec in specs.items():
        (future,) = admin.list_offsets({partition: spec}).values()
        found[name] = future.result(TIMEOUT_S).offset
    assert found == {"earliest": 0, "latest": 3, "greatest": 2}


def test_an_offset_beyond_the_end_is_out_of_range(address: str, admin: AdminClient) -> None:
    topic = create(admin)
    produce(address, topic, ["a"])
    config = {"bootstrap.servers": address, "group.id": "r", "auto.offset.reset": "error"}
    consumer = Consumer(config)
    consumer.assign([TopicPartition(topic, 0, 10)])
    message = consumer.poll(TIMEOUT_S)
    consumer.close()
    assert message is not None
    error = message.error()
    assert error is not None
    assert error.code() == KafkaError._AUTO_OFFSET_RESET


def test_a_producer_creates_the_topic_it_names(address: str, admin: AdminClient) -> None:
    topic = f"auto-{uuid.uuid4().hex[:8]}"
    producer = Producer({"bootstrap.servers": address})
    producer.produce(topic, b"v", key=b"k")
    assert producer.flush(TIMEOUT_S) == 0
    assert len(admin.list_topics(topic, TIMEOUT_S).topics[topic].partitions) == 8


@pytest.mark.parametrize(
    ("name", "partitions", "replicas", "config", "code"),
    [
        ("bad name", 1, 1, {}, KafkaError.TOPIC_EXCEPTION),
        ("..", 1, 1, {}, KafkaError.TOPIC_EXCEPTION),
        ("ok", 1, 3, {}, KafkaError.INVALID_REPLICATION_FACTOR),
        ("ok", 1, 1, {"no.such.setting": "1"}, KafkaError.INVALID_CONFIG),
        ("ok", 1, 1, {"retention.ms": "soon"}, KafkaError.INVALID_CONFIG),
        ("ok", 1, 1, {"cleanup.policy": "burn"}, KafkaError.INVALID_CONFIG),
    ],
)
def test_a_topic_that_cannot_be_is_refused(
    admin: AdminClient,
    name: str,
    partitions: int,
    replicas: int,
    config: dict[str, str],
    code: int,
) -> None:
    made = admin.create_topics([NewTopic(name, partitions, replicas, config=config)])
    with pytest.raises(KafkaException) as refused:
        made[name].result(TIMEOUT_S)
    assert refused.value.args[0].code() == code
    assert name not in admin.list_topics(timeout=TIMEOUT_S).topics


def test_a_topic_is_created_once(admin: AdminClient) -> None:
    topic = create(admin)
    with pytest.raises(KafkaException) as refused:
        admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(TIMEOUT_S)
    assert refused.value.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS


def test_a_deleted_topic_is_gone_and_its_name_starts_again_at_zero(
    address: str, admin: AdminClient
) -> None:
    topic = create(admin)
    produce(address, topic, ["old"] * 5)
    admin.delete_topics([topic])[topic].result(TIMEOUT_S)
    assert topic not in admin.list_topics(timeout=TIMEOUT_S).topics
    with pytest.raises(KafkaException) as refused:
        admin.delete_topics([topic])[topic].result(TIMEOUT_S)
    assert refused.value.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART
    again = NewTopic(topic, 1, 1, config={"retention.ms": "-1"})
    admin.create_topics([again])[topic].result(TIMEOUT_S)
    assert produce(address, topic, ["new"]) == [0]
    assert consume(address, topic, OFFSET_BEGINNING, 1) == ["new"]


def configs_of(admin: AdminClient, topic: str) -> dict[str, str]:
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    (future,) = list(admin.describe_configs([resource]).values())
    return {name: entry.value for name, entry in future.result(TIMEOUT_S).items()}


def test_topic_settings_are_described_and_changed(admin: AdminClient) -> None:
    topic = create(admin, config={"retention.ms": "1000", "cleanup.policy": "compact"})
    described = configs_of(admin, topic)
    assert (described["retention.ms"], described["cleanup.policy"]) == ("1000", "compact")
    entry = ConfigEntry("retention.ms", "2000", incremental_operation=AlterConfigOpType.SET)
    changed = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])
    (future,) = list(admin.incremental_alter_configs([changed]).values())
    future.result(TIMEOUT_S)
    assert configs_of(admin, topic)["retention.ms"] == "2000"


def test_partitions_are_added_and_never_taken_away(address: str, admin: AdminClient) -> None:
    topic = create(admin, 2)
    admin.create_partitions([NewPartitions(topic, 4)])[topic].result(TIMEOUT_S)
    assert len(admin.list_topics(topic, TIMEOUT_S).topics[topic].partitions) == 4
    assert produce(address, topic, ["x"], partition=3) == [0]
    with pytest.raises(KafkaException) as refused:
        admin.create_partitions([NewPartitions(topic, 3)])[topic].result(TIMEOUT_S)
    assert refused.value.args[0].code() == KafkaError.INVALID_PARTITIONS


def test_expired_segments_leave_while_the_broker_runs(address: str, admin: AdminClient) -> None:
    topic = create(admin, config={"retention.bytes": "4000", "segment.bytes": "2000"})
    produce(address, topic, ["v" * 100] * 200, config={"batch.num.messages": 5})
    consumer = Consumer({"bootstrap.servers": address, "group.id": "w"})

    def start_moved() -> bool:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, 0), TIMEOUT_S)
        return 100 < low < high == 200

    poll_until(start_moved, "the log start moves")
    consumer.close()


def test_a_batch_larger_than_the_topic_allows_is_refused(address: str, admin: AdminClient) -> None:
    topic = create(admin, config={"max.message.bytes": "1000"})
    errors: list[int] = []
    producer = Producer({"bootstrap.servers": address})
    producer.produce(
        topic, b"v" * 5000, on_delivery=lambda error, _: errors.append(error.code() if error else 0)
    )
    producer.flush(TIMEOUT_S)
    assert errors == [KafkaError.MSG_SIZE_TOO_LARGE]


def test_a_waiting_reader_costs_the_broker_no_requests(
    broker: KafkaBroker, address: str, admin: AdminClient
) -> None:
    topic = create(admin)
    consumer = Consumer(
        {"bootstrap.servers": address, "group.id": "idle", "fetch.wait.max.ms": 5000}
    )
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    fetches = broker.counters.get("requests_1", 0)
    assert consumer.poll(1.0) is None
    produce(address, topic, ["woken"])
    message = consumer.poll(TIMEOUT_S)
    consumer.close()
    assert message is not None
    assert message.value() == b"woken"
    assert broker.counters["requests_1"] - fetches <= 4


def test_the_cluster_is_described(address: str, admin: AdminClient) -> None:
    described = admin.describe_cluster().result(TIMEOUT_S)
    (node,) = described.nodes
    assert f"{node.host}:{node.port}" == address
    assert described.cluster_id


def test_transactions_are_refused(address: str) -> None:
    producer = Producer({"bootstrap.servers": address, "transactional.id": "tx"})
    with pytest.raises(KafkaException):
        producer.init_transactions(2.0)


def test_twenty_topics_of_eight_partitions_open_few_files(
    tmp_path: Path,
) -> None:
    with running_broker(BrokerConfig(data_dir=tmp_path)) as broker:
        address = f"127.0.0.1:{broker.port}"
        admin = AdminClient({"bootstrap.servers": address})
        before = len(list(Path("/proc/self/fd").iterdir()))
        topics = [create(admin, 8) for _ in range(20)]
        after = len(list(Path("/proc/self/fd").iterdir()))
        assert after - before < 20
        for topic in topics:
            produce(address, topic, ["v"], partition=7)
        assert consume(address, topics[0], OFFSET_BEGINNING, 0) == []
