"""Batched sink: one produce loop per batch, one flush per epoch."""

import threading
import time
from collections.abc import Sequence
from typing import Final

import structlog
from bytewax.outputs import FixedPartitionedSink
from bytewax.outputs import StatefulSinkPartition
from confluent_kafka import KafkaError
from confluent_kafka import KafkaException
from confluent_kafka import Message
from confluent_kafka import Producer

from connectors.errors import ConnectorError
from connectors.errors import MisconfiguredConnector
from connectors.errors import TransientConnector
from connectors.kafka.batch import OutRecord
from connectors.kafka.config import SinkConfig
from connectors.kafka.namespace import in_namespace
from connectors.kafka.partitioner import partition_key
from connectors.kafka.reader import ANSWER_TIMEOUT_S
from connectors.kafka.reader import connector_error

log: Final = structlog.get_logger()

PRODUCED_HEADER: Final = "x-produced-ns"
QUEUE_RECORDS: Final = 200_000
ROOM_TIMEOUT_S: Final = 0.1
FLUSH_STEP_S: Final = 0.5
STOP_GRACE_S: Final = 5.0

Header = tuple[str, str | bytes | None]


class _Deliveries:
    """
    What the client reports back.

    Apart from the producer: a client that held its own holder would outlive it until some later
    collection, and complain on standard error that the broker has gone.
    """

    def __init__(self) -> None:
        self.failed: KafkaError | None = None

    def on_delivery(self, error: KafkaError | None, message: Message) -> None:
        if error is not None and self.failed is None:
            self.failed = error
            log.error(
                "message_not_delivered",
                topic=message.topic(),
                partition=message.partition(),
                error=error.str(),
            )

    def on_error(self, error: KafkaError) -> None:
        if error.fatal():
            self.failed = error
        log.warning("kafka_client_error", error=error.str(), code=error.name())


class BatchProducer:
    """
    Write batches of messages and return when the log has them.

    Delivery: at least once across restarts; within one producer idempotent (`acks=all`), so a
    retried request adds nothing twice and keeps the order within a partition. A message that is
    not acknowledged stops the caller: nothing is dropped.

    Every message gets the header `x-produced-ns`, the wall clock at the batch's write, ns UTC.

    Parameters
    ----------
    config : SinkConfig
        Where and how to write.
    stop : threading.Event | None
        When set, a write to a broker that does not answer is given up after 5 s.
    """

    def __init__(self, config: SinkConfig, stop: threading.Event | None = None) -> None:
        self._stop = stop
        self._deliveries = _Deliveries()
        self._known: set[str] = set()
        self._namespace = config.namespace
        self._producer = Producer(
            {
                "bootstrap.servers": config.brokers,
                "enable.idempotence": True,
                "acks": "all",
                "partitioner": "murmur2_random",
                "linger.ms": config.linger_ms,
                "compression.type": config.compression,
                "delivery.timeout.ms": config.delivery_timeout_ms,
                "queue.buffering.max.messages": QUEUE_RECORDS,
                "delivery.report.only.error": True,
                "on_delivery": self._deliveries.on_delivery,
                "error_cb": self._deliveries.on_error,
            }
        )

    def write(self, records: Sequence[OutRecord]) -> None:
        """
        Write records and wait until the log has all of them.

        Raises
        ------
        MisconfiguredConnector
            A topic does not exist.
        TransientConnector
            The broker did not acknowledge in time.
        ConnectorError
            The broker refused a message for good.
        """
        self.put(records)
        self.flush()

    def put(self, records: Sequence[OutRecord]) -> None:
        """
        Hand records over without waiting for the log, unless too many are under way.

        Raises as `write` does, for these records or for earlier ones.
        """
        self._raise_failure()
        named = {
            topic: in_namespace(self._namespace, topic)
            for topic in {record.topic for record in records}
        }
        self._check_topics(set(named.values()))
        produce = self._producer.produce
        produced = (PRODUCED_HEADER, str(time.time_ns()).encode())
        plain: list[Header] = [produced]
        for record in records:
            headers: list[Header] = [*record.headers, produced] if record.headers else plain
            while True:
                try:
                    produce(
                        named[record.topic],
                        value=record.value,
                        key=record.key,
                        partition=record.partition,
                        timestamp=record.timestamp_ms,
                        headers=headers,
                    )
                    break
                except BufferError:
                    self._producer.poll(ROOM_TIMEOUT_S)
                    self._raise_failure()
                except KafkaException as error:
                    topic = named[record.topic]
                    msg = f"cannot write to {topic}/{record.partition}: {error}"
                    raise ConnectorError(msg) from error
        self._producer.poll(0)

    def _check_topics(self, topics: set[str]) -> None:
        # A producer asks for a topic in a way that makes some brokers create it, with one
        # partition and no bound: a typing error must not become a topic.
        if topics <= self._known:
            return
        try:
            self._known = set(self._producer.list_topics(timeout=ANSWER_TIMEOUT_S).topics)
        except KafkaException as error:
            raise connector_error(error.args[0], "cannot list topics") from error
        missing = topics - self._known
        if missing:
            names = ", ".join(sorted(missing))
            msg = f"no topic {names}; create it with `islandflow topics apply`"
            raise MisconfiguredConnector(msg)

    def flush(self) -> None:
        """Wait until the log has everything written; raises as `write` does."""
        give_up_s: float | None = None
        while self._producer.flush(FLUSH_STEP_S):
            self._raise_failure()
            if self._stop is None or not self._stop.is_set():
                continue
            now_s = time.monotonic()
            give_up_s = now_s + STOP_GRACE_S if give_up_s is None else give_up_s
            if now_s > give_up_s:
                msg = f"{len(self._producer)} messages are not acknowledged; is the broker up?"
                raise TransientConnector(msg)
        self._raise_failure()

    def _raise_failure(self) -> None:
        error = self._deliveries.failed
        if error is None:
            return
        msg = f"the log did not take a message: {error.str()}"
        transient = {KafkaError._MSG_TIMED_OUT, KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN}
        raise TransientConnector(msg) if error.code() in transient else ConnectorError(msg)


class _SinkPartition(StatefulSinkPartition[Sequence[OutRecord], None]):
    def __init__(self, producer: BatchProducer) -> None:
        self._producer = producer

    def write_batch(self, values: list[Sequence[OutRecord]]) -> None:
        for records in values:
            self._producer.put(records)

    def snapshot(self) -> None:
        self._producer.flush()

    def close(self) -> None:
        self._producer.flush()


class KafkaSink(FixedPartitionedSink[Sequence[OutRecord], None]):
    """
    Write batches of records, each to the partition it names.

    Delivery: at least once. Records are handed to the client as they come and travel while the
    flow goes on; when an epoch ends, the sink's snapshot waits until the whole replica set has
    acknowledged all of them, so an epoch is closed only when its records are in the log; after a
    crash the epoch is written again, with the same ids. Order: within a partition. A message the
    log does not take stops the flow before its epoch is closed: nothing is lost.

    Items are (key, records); the key is the partition number they were derived from, which is
    written by the worker that reads it. One producer a worker.

    Parameters
    ----------
    config : SinkConfig
        Where and how to write.
    stop : threading.Event
        When set, a write to a broker that does not answer is given up after 5 s.
    partitions : int
        How many partition numbers the flow reads.
    """

    def __init__(self, config: SinkConfig, stop: threading.Event, partitions: int) -> None:
        self._config = config
        self._stop = stop
        self._partitions = partitions
        self._producer: BatchProducer | None = None

    def list_parts(self) -> list[str]:
        """Return one key per partition number."""
        return [partition_key(partition) for partition in range(self._partitions)]

    def part_fn(self, item_key: str) -> int:
        """Return the partition number of a key."""
        return int(item_key)

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> _SinkPartition:
        """Build a partition on the worker's own producer."""
        del step_id, for_part, resume_state
        if self._producer is None:
            self._producer = BatchProducer(self._config, self._stop)
        return _SinkPartition(self._producer)
