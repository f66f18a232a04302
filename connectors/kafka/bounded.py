"""Read stretches of the log outside dataflows: from an offset or a time, to the end or onwards."""

import threading
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from typing import Literal
from typing import cast

from confluent_kafka import Consumer
from confluent_kafka import KafkaError
from confluent_kafka import KafkaException
from confluent_kafka import Message
from confluent_kafka import TopicPartition

from connectors.errors import MisconfiguredConnector
from connectors.kafka.clients import looking_on
from connectors.kafka.reader import ANSWER_TIMEOUT_S
from connectors.kafka.reader import connector_error
from connectors.kafka.reader import first_and_next_offset

READ_GROUP: Final = "islandflow-read"
POLL_S: Final = 0.1
CHUNK_RECORDS: Final = 1000


@dataclass(frozen=True, slots=True)
class Start:
    """
    Where reading begins.

    Parameters
    ----------
    kind : {"beginning", "end", "offset", "time"}
        First kept record, behind the last, an offset, or the first record stamped at or after.
    value : int
        Offset, or ms UTC; a negative offset counts from the end of each partition.
    """

    kind: Literal["beginning", "end", "offset", "time"]
    value: int = 0


BEGINNING: Final = Start("beginning")
END: Final = Start("end")


@dataclass(frozen=True, slots=True)
class LogRecord:
    """A message with its place; stamps in ms UTC."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, str]


def _decoded_headers(message: Message) -> dict[str, str]:
    # The client types headers as anything it would accept; it returns pairs of text and bytes.
    pairs = cast(list[tuple[str, bytes | None]], message.headers() or [])
    return {name: (value or b"").decode("utf-8", "replace") for name, value in pairs}


def _record(message: Message) -> LogRecord:
    _, timestamp_ms = message.timestamp()
    return LogRecord(
        topic=message.topic() or "",
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        timestamp_ms=timestamp_ms,
        key=_as_bytes(message.key()),
        value=_as_bytes(message.value()),
        headers=_decoded_headers(message),
    )


def _as_bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


def _first_offset(consumer: Consumer, place: TopicPartition, start: Start) -> tuple[int, int]:
    low, high = first_and_next_offset(consumer, place)
    if start.kind == "beginning":
        return low, high
    if start.kind == "end":
        return high, high
    if start.kind == "offset":
        wanted = start.value if start.value >= 0 else high + start.value
        return min(max(wanted, low), high), high
    at = TopicPartition(place.topic, place.partition, start.value)
    found = consumer.offsets_for_times([at], timeout=ANSWER_TIMEOUT_S)[0]
    if found.error is not None:
        raise KafkaException(found.error)
    return (high if found.offset < 0 else found.offset), high


def read_log(
    brokers: str,
    topic: str,
    start: Start = BEGINNING,
    *,
    follow: bool = False,
    stop: threading.Event | None = None,
) -> Iterator[LogRecord]:
    """
    Yield the records of a topic, in log order within each partition.

    Parameters
    ----------
    brokers : str
        `host:port[,host:port]`.
    topic : str
        Topic.
    start : Start
        Where to begin in every partition.
    follow : bool
        Wait for more; otherwise end where the log ended at the call.
    stop : threading.Event | None
        Ends a followed topic within 0.1 s.

    Raises
    ------
    MisconfiguredConnector
        There is no such topic.
    TransientConnector
        The broker does not answer.
    """
    consumer = Consumer(
        {
            **looking_on(brokers, READ_GROUP),
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 100,
        }
    )
    try:
        known = consumer.list_topics(topic, timeout=ANSWER_TIMEOUT_S).topics[topic]
        if not known.partitions:
            msg = f"no topic {topic!r}; `islandflow topics ls` shows what there is"
            raise MisconfiguredConnector(msg)
        ends: dict[int, int] = {}
        places = []
        for partition in sorted(known.partitions):
            at, end = _first_offset(consumer, TopicPartition(topic, partition), start)
            if follow or at < end:
                places.append(TopicPartition(topic, partition, at))
                ends[partition] = end
        consumer.assign(places)
        yield from _until_end(consumer, ends, follow=follow, stop=stop)
    except KafkaException as error:
        raise connector_error(error.args[0], f"cannot read {topic}") from error
    finally:
        consumer.close()


def _until_end(
    consumer: Consumer, ends: dict[int, int], *, follow: bool, stop: threading.Event | None
) -> Iterator[LogRecord]:
    while follow or ends:
        if stop is not None and stop.is_set():
            return
        for message in consumer.consume(CHUNK_RECORDS, POLL_S):
            error = message.error()
            partition, offset = message.partition() or 0, message.offset() or 0
            if error is None:
                if follow or offset < ends.get(partition, -1):
                    yield _record(message)
                following = offset + 1
            elif error.code() == KafkaError._PARTITION_EOF:
                following = offset
            elif error.retriable() and not error.fatal():
                continue
            else:
                raise KafkaException(error)
            if not follow and following >= ends.get(partition, following + 1):
                del ends[partition]
