"""Topics, records and flow processes the service tests of the connectors and flows share."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from confluent_kafka import Consumer
from confluent_kafka import KafkaError
from confluent_kafka import KafkaException
from confluent_kafka import Producer
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin import NewTopic

from connectors.errors import ConnectorError
from connectors.kafka.admin import apply_topics
from connectors.kafka.admin import list_topics
from connectors.kafka.bounded import LogRecord
from connectors.kafka.bounded import read_log
from connectors.kafka.serde import AvroWire
from infra.embedded.stack import StackAddresses
from infra.pipeline.lag import LagMonitor
from redpanda.catalog import topic_catalog
from schemas.catalog import topic_of
from tests.conftest import REPOSITORY
from tests.connectors.kafka.market import Event
from tests.services.kills import catch_when

DEADLINE_S = 60.0
RECOVERY_PARTITIONS = "2"


def wait_until(is_so: Callable[[], bool], what: str, deadline_s: float = DEADLINE_S) -> None:
    deadline = time.monotonic() + deadline_s
    while not is_so():
        assert time.monotonic() < deadline, f"not in {deadline_s} s: {what}"
        time.sleep(0.05)


def create_topics(brokers: str, topics: Iterable[str], partitions: int) -> None:
    admin = AdminClient({"bootstrap.servers": brokers})
    futures = admin.create_topics(
        [NewTopic(topic, partitions, 1, config={"retention.ms": "-1"}) for topic in topics]
    )
    for future in futures.values():
        future.result(DEADLINE_S)
    wait_until(lambda: set(topics) <= set(list_topics(brokers)), "topics are known")


def empty_catalog(brokers: str) -> None:
    """
    Make every topic of the catalogue one that holds nothing, as if no other test had been.

    Those that hold nothing stay: to delete and create a hundred topics takes seconds.
    """
    admin = AdminClient({"bootstrap.servers": brokers})
    known = list_topics(brokers)
    with closing(LagMonitor(brokers, "empty", [n for n in topic_catalog() if n in known])) as ends:
        used = [name for name, records in ends.ends().items() if records]
    if used:
        for future in admin.delete_topics(used).values():
            future.result(DEADLINE_S)
        wait_until(lambda: not set(used) & set(list_topics(brokers)), "topics are gone")

    def is_applied() -> bool:
        # A broker may still be deleting what it no longer lists.
        try:
            apply_topics(brokers, topic_catalog())
        except ConnectorError:
            return False
        return set(topic_catalog()) <= set(list_topics(brokers))

    wait_until(is_applied, "topics are created")


def publish(brokers: str, messages: Iterable[tuple[str, int, bytes | None, bytes | None]]) -> None:
    """Write (topic, partition, key, value) in order; partition -1 goes by key."""
    failed: list[KafkaError] = []
    producer = Producer(
        {
            "bootstrap.servers": brokers,
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "linger.ms": 2,
            "on_delivery": lambda error, _: failed.append(error) if error is not None else None,
        }
    )
    for topic, partition, key, value in messages:
        producer.produce(topic, value=value, key=key, partition=partition)
        producer.poll(0)
    assert producer.flush(DEADLINE_S) == 0
    assert not failed, failed


def publish_tape(brokers: str, wire: AvroWire, events: Iterable[Event]) -> None:
    publish(
        brokers,
        (
            (topic, -1, event.underlying_id.encode(), wire.encoder(topic)(event))
            for event in events
            for topic in [topic_of(type(event)).name]
        ),
    )


def records_of(brokers: str, topic: str) -> list[LogRecord]:
    return list(read_log(brokers, topic))


def count_of(brokers: str, topic: str) -> int:
    return len(records_of(brokers, topic))


def committed(brokers: str, group: str, topic: str, partitions: int) -> int:
    """Return how many records of a topic a group has shown as handled."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": group})
    try:
        found = consumer.committed(
            [TopicPartition(topic, number) for number in range(partitions)], timeout=DEADLINE_S
        )
    except KafkaException:
        return 0
    finally:
        consumer.close()
    return sum(max(each.offset, 0) for each in found)


class FlowProcess:
    """A flow started the standard Bytewax way, with a recovery store of its own."""

    def __init__(
        self,
        name: str,
        addresses: StackAddresses,
        folder: Path,
        settings: Mapping[str, str] | None = None,
        arguments: Iterable[str] = (),
    ) -> None:
        self._kafka = addresses.kafka
        self._store = folder / f"recovery-{name}"
        self._log = folder / f"{name}.log"
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "ISLANDFLOW_ENV_FILE": "",
            "KAFKA_BROKERS": addresses.kafka,
            "SCHEMA_REGISTRY_URL": addresses.registry,
            "CLICKHOUSE_URL": addresses.clickhouse,
            "REDIS_URL": addresses.redis,
            "COMPUTE_DELIVER_POLICY": "all",
            "FLOW_STOP_AT_END": "true",
            **(settings or {}),
        }
        if not self._store.exists():
            self._store.mkdir(parents=True)
            subprocess.run(
                [sys.executable, "-m", "bytewax.recovery", str(self._store), RECOVERY_PARTITIONS],
                check=True,
                capture_output=True,
            )
        command = [sys.executable, "-m", "bytewax.run", f"flows.{name}.flow:flow"]
        command += ["-r", str(self._store), "-s", "1", "-b", "0", *arguments]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=REPOSITORY, env=self._environment, stdout=log, stderr=log
            )

    def __enter__(self) -> "FlowProcess":
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def catch(self, topic: str, count: int) -> None:
        """Wait until a topic holds so many records, and leave the flow standing still there."""
        ends = LagMonitor(self._kafka, "catch", [topic])
        try:
            catch_when(lambda: ends.ends()[topic] >= count, self.process.pid, f"{count} of {topic}")
        finally:
            ends.close()

    def stop(self) -> None:
        """Let a flow that stands still go on, and ask it to stop where it is."""
        self.process.terminate()
        self.process.send_signal(signal.SIGCONT)
        self.finish()

    def finish(self) -> None:
        """Wait until the flow has ended by itself, and well."""
        assert self.process.wait(DEADLINE_S) == 0, self.log()[-3000:]
