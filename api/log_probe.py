"""What the log says of itself: ends of its topics and the newest record of each."""

import time
from collections.abc import Sequence
from typing import Final

import msgspec
from confluent_kafka import Consumer
from confluent_kafka import ConsumerGroupTopicPartitions
from confluent_kafka import KafkaException
from confluent_kafka import Message
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from connectors.kafka.clients import looking_on
from connectors.kafka.reader import connector_error
from infra.pipeline.catalog import PipelineFlow
from infra.pipeline.lag import LATEST

Place = tuple[str, int]

TIMEOUT_S: Final = 3.0
HEADER_BYTES: Final = 5  # magic byte and schema id of the Confluent wire format
SILENT: Final = 1  # a broker that is gone is told by the check, not on standard error
_GROUP: Final = "islandflow-health"


class Newest(msgspec.Struct, frozen=True):
    """
    The newest record of a topic, by event time.

    Parameters
    ----------
    source_ts, ingest_ts : int
        Its stamps, ns UTC.
    source : str
        What its trace id begins with: who published it first.
    schema_id : int
        Of the registry.
    """

    source_ts: int
    ingest_ts: int
    source: str
    schema_id: int


class LogProbe:
    """
    Ask a broker how far its topics are. Not thread-safe; every method blocks.

    Parameters
    ----------
    kafka : str
        Bootstrap addresses.
    topics : tuple of str
        Topics to look at; one the broker has not is left out until it has.
    """

    def __init__(self, kafka: str, topics: tuple[str, ...]) -> None:
        self._topics = topics
        self._kafka = kafka
        self._admin: AdminClient | None = None
        self._consumer: Consumer | None = None
        self._ends: dict[Place, int] = {}
        self._places: tuple[Place, ...] = ()
        # By topic and source, so that a feed that has stopped beside one that runs is seen.
        self.sources: dict[tuple[str, str], Newest] = {}
        self.newest: dict[str, Newest] = {}

    def look(self) -> dict[str, int]:
        """
        Return how many records each topic has had, and read the newest where there are more.

        Raises
        ------
        ConnectorError
            The broker did not answer within three seconds.
        """
        deadline_s = time.monotonic() + TIMEOUT_S
        try:
            ends = self._latest(deadline_s)
            moved = [place for place, end in ends.items() if end > self._ends.get(place, 0)]
            last = [TopicPartition(*place, ends[place] - 1) for place in moved]
            for message in self._last_of(last, deadline_s):
                self._note(message)
            self._ends = ends
        except KafkaException as error:
            self.close()
            raise connector_error(error.args[0], "cannot look at the log") from error
        totals: dict[str, int] = {}
        for (topic, _), end in ends.items():
            totals[topic] = totals.get(topic, 0) + end
        return totals

    def behind(self, flows: Sequence[PipelineFlow]) -> dict[str, int]:
        """
        Return how many records each flow has not read, by what it committed last.

        Raises
        ------
        ConnectorError
            The broker did not answer within three seconds.
        """
        admin = self._client()
        # Asked for together, they take as long as one.
        asked = {
            flow: admin.list_consumer_group_offsets(
                [ConsumerGroupTopicPartitions(flow.group)], request_timeout=TIMEOUT_S
            )[flow.group]
            for flow in flows
        }
        try:
            return {
                flow.name: self._left(flow, answer.result().topic_partitions)
                for flow, answer in asked.items()
            }
        except KafkaException as error:
            self.close()
            raise connector_error(error.args[0], "cannot look at the flows") from error

    def _left(self, flow: PipelineFlow, committed: Sequence[TopicPartition]) -> int:
        done = {(each.topic, each.partition): each.offset for each in committed}
        wanted = frozenset(flow.topics)
        return sum(
            max(0, end - max(0, done.get(place, 0)))
            for place, end in self._ends.items()
            if place[0] in wanted
        )

    def close(self) -> None:
        """
        Close the connections; the next look makes new ones.

        Done after a failure too: a client that lost its broker may go on asking a coordinator that
        is no more.
        """
        if self._consumer is not None:
            self._consumer.close()
        self._consumer = self._admin = None

    def _client(self) -> AdminClient:
        if self._admin is None:
            self._admin = AdminClient({"bootstrap.servers": self._kafka, "log_level": SILENT})
            self._consumer = Consumer(
                {
                    **looking_on(self._kafka, _GROUP),
                    "fetch.wait.max.ms": 100,
                    "log_level": SILENT,
                }
            )
        return self._admin

    def _latest(self, deadline_s: float) -> dict[Place, int]:
        admin = self._client()
        known = admin.list_topics(timeout=_left_s(deadline_s)).topics
        places = [
            (topic, number)
            for topic in self._topics
            if topic in known
            for number in sorted(known[topic].partitions)
        ]
        asked = {TopicPartition(*place): LATEST for place in places}
        answers = admin.list_offsets(asked, request_timeout=_left_s(deadline_s)) if asked else {}
        found = {
            (each.topic, each.partition): future.result().offset for each, future in answers.items()
        }
        # A busy broker may answer without an offset, which reads as a negative one.
        return {
            place: offset if offset >= 0 else self._ends[place]
            for place, offset in found.items()
            if offset >= 0 or place in self._ends
        }

    def _last_of(self, places: list[TopicPartition], deadline_s: float) -> list[Message]:
        """Return the records at the places that come in time."""
        if not places or self._consumer is None:
            return []
        self._consumer.assign(places)
        found: dict[Place, Message] = {}
        while len(found) < len(places) and time.monotonic() < deadline_s:
            for message in self._consumer.consume(len(places) - len(found), 0.1):
                if message.error() is None:
                    found[message.topic() or "", message.partition() or 0] = message
        self._consumer.unassign()
        return list(found.values())

    def _note(self, message: Message) -> None:
        value, topic = message.value(), message.topic() or ""
        found = read_header(value) if isinstance(value, bytes) else None
        if found is None:
            return
        known = self.newest.get(topic)
        if known is None or found.source_ts >= known.source_ts:
            self.newest[topic] = found
        mark = (topic, found.source)
        before = self.sources.get(mark)
        if before is None or found.ingest_ts >= before.ingest_ts:
            self.sources[mark] = found


def _left_s(deadline_s: float) -> float:
    return max(0.1, deadline_s - time.monotonic())


def read_header(value: bytes) -> Newest | None:
    """
    Return what every record of ours begins with, null when it is none.

    Every schema begins with `source_ts`, `ingest_ts`, `seq`, `trace_id`, so neither registry nor
    schema is needed to read them.
    """
    if len(value) <= HEADER_BYTES or value[0] != 0:
        return None
    try:
        source_ts, at = _long(value, HEADER_BYTES)
        ingest_ts, at = _long(value, at)
        _, at = _long(value, at)
        size, at = _long(value, at)
        trace_id = value[at : at + size].decode()
    except (IndexError, UnicodeDecodeError):
        return None
    schema_id = int.from_bytes(value[1:HEADER_BYTES], "big")
    return Newest(source_ts, ingest_ts, trace_id.partition(":")[0], schema_id)


def _long(value: bytes, at: int) -> tuple[int, int]:
    found = shift = 0
    while True:
        byte = value[at]
        at += 1
        found |= (byte & 127) << shift
        if byte < 128:
            return (found >> 1) ^ -(found & 1), at
        shift += 7
