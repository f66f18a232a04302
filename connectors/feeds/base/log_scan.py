"""Looks into the log for what a session has already written."""

import time
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Final
from typing import cast

from confluent_kafka import Consumer
from confluent_kafka import KafkaError
from confluent_kafka import KafkaException
from confluent_kafka import Message
from confluent_kafka import TopicPartition
from confluent_kafka.admin import OffsetSpec

from connectors.errors import MisconfiguredConnector
from connectors.errors import RejectedRecord
from connectors.kafka.clients import admin_client
from connectors.kafka.clients import looking_on
from connectors.kafka.reader import ANSWER_TIMEOUT_S
from connectors.kafka.reader import connector_error

SCAN_GROUP: Final = "islandflow-feed-resume"
_CHUNK: Final = 10_000
_POLL_S: Final = 0.2
_RETRY_S: Final = 0.05
_ELECTING: Final = frozenset(
    {
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
    }
)
_WIRE_HEADER_BYTES: Final = 5
_LONGS_BEFORE_TRACE_ID: Final = 3  # source_ts, ingest_ts, seq


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), at
        shift += 7


def trace_id_of(value: bytes) -> str:
    """
    Return the trace id of a message without decoding the rest.

    Parameters
    ----------
    value : bytes
        Registry header and Avro body; every record begins with three longs and the trace id.

    Raises
    ------
    RejectedRecord
        The bytes are no record.
    """
    at = _WIRE_HEADER_BYTES
    try:
        for _ in range(_LONGS_BEFORE_TRACE_ID):
            _, at = _varint(value, at)
        size, at = _varint(value, at)
        text = value[at : at + size]
        if size < 0 or len(text) != size:
            raise IndexError
        return text.decode()
    except (IndexError, UnicodeDecodeError):
        msg = f"{len(value)} bytes are no record with a trace id"
        raise RejectedRecord(msg) from None


class LogScan:
    """
    Ends of topics, and the identities behind given offsets.

    Parameters
    ----------
    brokers : str
        `host:port[,host:port]`.

    Attributes
    ----------
    cluster : str
        Identity of the cluster.

    Raises
    ------
    TransientConnector
        From every method: the broker does not answer.
    """

    def __init__(self, brokers: str) -> None:
        self._brokers = brokers
        self._admin = admin_client(brokers)
        self.cluster = ""
        self._partitions: dict[str, int] = {}
        self._refresh()

    def _refresh(self) -> None:
        try:
            metadata = self._admin.list_topics(timeout=ANSWER_TIMEOUT_S)
        except KafkaException as error:
            raise connector_error(error.args[0], f"cannot reach {self._brokers}") from error
        self.cluster = str(metadata.cluster_id)
        self._partitions = {name: len(topic.partitions) for name, topic in metadata.topics.items()}

    def _partition_count(self, topic: str) -> int:
        if not self._partitions.get(topic):
            self._refresh()
        count = self._partitions.get(topic, 0)
        if not count:
            msg = f"topic {topic} does not exist; create it with `islandflow topics apply`"
            raise MisconfiguredConnector(msg)
        return count

    def ends(self, topics: Iterable[str]) -> dict[str, list[int]]:
        """
        Return the end offset of each partition of topics.

        Raises
        ------
        MisconfiguredConnector
            A topic does not exist.
        """
        counts = {topic: self._partition_count(topic) for topic in topics}
        places = [TopicPartition(t, p) for t, count in counts.items() for p in range(count)]
        found = self._latest(places)
        return {topic: [found[topic, p] for p in range(count)] for topic, count in counts.items()}

    def _latest(self, places: list[TopicPartition]) -> dict[tuple[str, int], int]:
        latest = cast(OffsetSpec, OffsetSpec.latest())  # type: ignore[no-untyped-call] # the client's
        asked = dict.fromkeys(places, latest)
        give_up_s = time.monotonic() + ANSWER_TIMEOUT_S
        while True:
            try:
                answers = self._admin.list_offsets(asked, request_timeout=ANSWER_TIMEOUT_S)
                return {(p.topic, p.partition): f.result().offset for p, f in answers.items()}
            except KafkaException as error:
                # A partition has no leader for a moment after it is made or its broker is lost.
                if error.args[0].code() not in _ELECTING or time.monotonic() > give_up_s:
                    raise connector_error(
                        error.args[0], "cannot read the ends of topics"
                    ) from error
                time.sleep(_RETRY_S)
                self._refresh()

    def identities(self, offsets: Mapping[str, list[int]]) -> set[str]:
        """
        Return what lies behind offsets: trace ids of records, `dlq_identity` of dead letters.

        Parameters
        ----------
        offsets : mapping
            For each topic the offset of each partition to begin at. Reading ends where the log
            ends, and goes on if it has grown meanwhile.
        """
        found: set[str] = set()
        begin = {topic: list(starts) for topic, starts in offsets.items()}
        while True:
            ends = self.ends(begin)
            open_places = {
                (topic, partition): end
                for topic, starts in begin.items()
                for partition, end in enumerate(ends[topic])
                if partition >= len(starts) or starts[partition] < end
            }
            if not open_places:
                return found
            self._read(begin, open_places, found)
            begin = ends

    def _read(
        self, begin: Mapping[str, list[int]], ends: dict[tuple[str, int], int], found: set[str]
    ) -> None:
        consumer = Consumer(
            {
                **looking_on(self._brokers, SCAN_GROUP),
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 100,
            }
        )
        try:
            consumer.assign([_place(begin, topic, partition) for topic, partition in ends])
            while ends:
                for message in consumer.consume(_CHUNK, _POLL_S):
                    _take(message, ends, found)
        except KafkaException as error:
            raise connector_error(error.args[0], "cannot read what was published") from error
        finally:
            consumer.close()


def _place(begin: Mapping[str, list[int]], topic: str, partition: int) -> TopicPartition:
    starts = begin[topic]
    return TopicPartition(topic, partition, starts[partition] if partition < len(starts) else 0)


def _take(message: Message, ends: dict[tuple[str, int], int], found: set[str]) -> None:
    place = (message.topic() or "", message.partition() or 0)
    offset, error = message.offset() or 0, message.error()
    if error is None:
        found.add(_identity(message))
        following = offset + 1
    elif error.code() == KafkaError._PARTITION_EOF:
        following = offset
    elif error.retriable() and not error.fatal():
        return
    else:
        raise KafkaException(error)
    if following >= ends.get(place, following + 1):
        del ends[place]


def dlq_identity(feed: str, session: str, position: str) -> str:
    """Return what identifies a feed's dead letter."""
    return f"dlq\n{feed}\n{session}\n{position}"


def _identity(message: Message) -> str:
    # The client types headers as anything it would accept; it returns pairs of text and bytes.
    pairs = cast(list[tuple[str, bytes | None]], message.headers() or [])
    headers = {name: (value or b"").decode("utf-8", "replace") for name, value in pairs}
    if "position" in headers:
        return dlq_identity(
            headers.get("feed", ""), headers.get("session", ""), headers["position"]
        )
    value = message.value()
    try:
        return trace_id_of(value if isinstance(value, bytes) else b"")
    except RejectedRecord:
        # Not written by a feed of ours, so it is none of the session's.
        return ""
