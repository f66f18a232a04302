"""Read assigned partitions of the log in chunks, with known begin and end."""

import time
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from typing import Protocol
from typing import cast

import structlog
from confluent_kafka import Consumer
from confluent_kafka import KafkaError
from confluent_kafka import KafkaException
from confluent_kafka import TopicPartition

from connectors.errors import ConnectorError
from connectors.errors import MisconfiguredConnector
from connectors.errors import TransientConnector
from connectors.kafka.bounds import KeptLog
from connectors.kafka.bounds import LogBounds
from connectors.kafka.bounds import Place

log: Final = structlog.get_logger()

ANSWER_TIMEOUT_S: Final = 10.0
PROGRESS_INTERVAL_S: Final = 1.0
# Who writes marks may wait for the flows, record by record.
MARKED_PROGRESS_INTERVAL_S: Final = 0.05
FETCH_RECORDS: Final = 5000
PAUSE_AT_RECORDS: Final = 50_000
RESUME_AT_RECORDS: Final = 10_000
LEADER_WAIT_S: Final = 0.1
ATTEMPT_HEADER: Final = "attempt"
NO_KEYS: Final[Mapping[int, Collection[bytes | None]]] = MappingProxyType({})

_UNKNOWN: Final = frozenset(
    {
        KafkaError._UNKNOWN_PARTITION,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
    }
)

# A topic that has just been created has no leader for a moment.
_PASSING: Final = frozenset(
    {
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError._TRANSPORT,
        KafkaError._TIMED_OUT,
    }
)


class _Message(Protocol):
    # What the client returns for a message that was read; its own types allow null everywhere.
    def error(self) -> KafkaError | None: ...
    def topic(self) -> str: ...
    def partition(self) -> int: ...
    def offset(self) -> int: ...
    def value(self) -> bytes | None: ...
    def key(self) -> bytes | None: ...
    def headers(self) -> list[tuple[str, bytes | None]] | None: ...


@dataclass(frozen=True, slots=True)
class Chunk:
    """
    Consecutive messages of one input; the columns are parallel, a null value is a tombstone.

    `attempts` says for the offsets of dead letters that were sent again how often that was tried.
    """

    index: int
    values: list[bytes | None]
    keys: list[bytes | None]
    offsets: list[int]
    attempts: dict[int, int]


def connector_error(error: KafkaError, what: str) -> ConnectorError:
    """Return the exception that says what the caller can do about an error of the client."""
    if error.code() in _UNKNOWN:
        msg = f"{what}: {error.str()}; create the topics with `islandflow topics apply`"
        return MisconfiguredConnector(msg)
    if error.fatal() or error.code() == KafkaError._AUTO_OFFSET_RESET:
        msg = f"{what}: {error.str()}"
        return ConnectorError(msg)
    msg = f"{what}: {error.str()}; is the broker up?"
    return TransientConnector(msg)


def first_and_next_offset(consumer: Consumer, place: TopicPartition) -> tuple[int, int]:
    """
    Return the first offset kept of a partition and the one behind its last.

    Raises
    ------
    KafkaException
        The broker did not say within 10 s, or there is no such partition.
    """
    deadline_s = time.monotonic() + ANSWER_TIMEOUT_S
    while True:
        try:
            low, high = consumer.get_watermark_offsets(place, timeout=ANSWER_TIMEOUT_S)
        except KafkaException as error:
            if error.args[0].code() not in _PASSING or time.monotonic() > deadline_s:
                raise
            time.sleep(LEADER_WAIT_S)
        else:
            return low, high


def first_offsets_at(consumer: Consumer, places: Sequence[Place], at_ms: int) -> dict[Place, int]:
    """
    Return the first offset stamped at or after a time (ms UTC), of the places that have one.

    Raises
    ------
    KafkaException
        The broker did not say within 10 s, or there is no such partition.
    """
    asked = [TopicPartition(topic, partition, at_ms) for topic, partition in places]
    answers = consumer.offsets_for_times(asked, timeout=ANSWER_TIMEOUT_S)
    for answer in answers:
        if answer.error is not None:
            raise KafkaException(answer.error)
    return {(each.topic, each.partition): each.offset for each in answers if each.offset >= 0}


def _attempt(headers: list[tuple[str, bytes | None]]) -> int | None:
    for name, value in headers:
        if name == ATTEMPT_HEADER and value is not None and value.isdigit():
            return int(value)
    return None


class LogReader:
    """
    Read some partitions, each from a given offset.

    Delivery: the caller's `starts` decide; progress in the consumer group is for display only.
    Order: log order within an input.

    Parameters
    ----------
    brokers : str
        `host:port[,host:port]`.
    group : str
        Consumer group in which progress is shown.
    places : sequence of (topic, partition)
        The inputs; either of one topic or of one partition number.
    starts : sequence of int or None
        First offset to read of each; null starts where the bounds say.
    bounds : LogBounds
        Where an input without start begins, and where all end.
    keys : mapping
        By input, the only keys wanted: other messages are passed over, as if the log did not hold
        them, and count as read. An input that is not named has all its messages.
    reads_attempts : bool
        Look for the header of dead letters that were sent again.

    Raises
    ------
    MisconfiguredConnector
        A topic or partition does not exist, or a start lies behind the end of its log.
    TransientConnector
        The broker does not answer.
    """

    def __init__(
        self,
        brokers: str,
        group: str,
        places: Sequence[Place],
        starts: Sequence[int | None],
        *,
        bounds: LogBounds,
        keys: Mapping[int, Collection[bytes | None]] = NO_KEYS,
        reads_attempts: bool = False,
    ) -> None:
        self._reads_attempts = reads_attempts
        self._keys = keys
        self._is_bounded = bounds.is_bounded
        self._progress_interval_s = (
            MARKED_PROGRESS_INTERVAL_S if bounds.has_marks else PROGRESS_INTERVAL_S
        )
        self._places = tuple(places)
        self._by_partition = len({topic for topic, _ in places}) == 1
        self._index = {
            partition if self._by_partition else topic: index
            for index, (topic, partition) in enumerate(places)
        }
        self._consumer = self._client(brokers, group, bounds)
        self._paused: set[int] = set()
        self._committed: dict[int, int] = {}
        self._committed_at_s = time.monotonic()
        try:
            self.positions, self.ends = self._found(starts, bounds)
            self.has_ended = [
                bounds.is_bounded and at >= end
                for at, end in zip(self.positions, self.ends, strict=True)
            ]
            self._consumer.assign(
                [
                    TopicPartition(topic, partition, at)
                    for (topic, partition), at, ended in zip(
                        self._places, self.positions, self.has_ended, strict=True
                    )
                    if not ended
                ]
            )
        except KafkaException as error:
            self._consumer.close()
            raise connector_error(error.args[0], "cannot read the log") from error
        except ConnectorError:
            self._consumer.close()
            raise

    def _client(self, brokers: str, group: str, bounds: LogBounds) -> Consumer:
        return Consumer(
            {
                "bootstrap.servers": brokers,
                "group.id": group,
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "error",
                "enable.partition.eof": bounds.is_bounded,
                # Long enough to leave an idle broker alone; data is answered at once. At the end of
                # a drain the wait is what the last empty answer takes, and an input that goes on
                # after a pause waits for the answer the others wait for.
                "fetch.wait.max.ms": 100 if bounds.is_bounded or bounds.has_marks else 500,
                "fetch.queue.backoff.ms": 5,
                "queued.min.messages": 20_000,
                "queued.max.messages.kbytes": 8192,
                "allow.auto.create.topics": False,
                "error_cb": self._on_error,
            }
        )

    def _found(
        self, starts: Sequence[int | None], bounds: LogBounds
    ) -> tuple[list[int], list[int]]:
        kept = [
            KeptLog(place, *first_and_next_offset(self._consumer, TopicPartition(*place)))
            for place in self._places
        ]
        at, until = (
            first_offsets_at(self._consumer, self._places, stamp_ms) if stamp_ms else {}
            for stamp_ms in (bounds.from_ms if None in starts else 0, bounds.until_ms)
        )
        self.following = [each.following for each in kept]
        begins = [each.begin(start, bounds, at) for each, start in zip(kept, starts, strict=True)]
        return begins, [each.end(until) for each in kept]

    def _on_error(self, error: KafkaError) -> None:
        log.warning("kafka_client_error", error=error.str(), code=error.name())

    def fetch(self, limit: int = FETCH_RECORDS) -> list[Chunk]:
        """
        Return what has arrived, without waiting.

        Raises
        ------
        ConnectorError
            The log no longer holds what is to be read next, or the client broke for good.
        """
        groups: dict[int, list[_Message]] = {}
        index_of = self._index
        by_partition = self._by_partition
        for message in cast(list[_Message], self._consumer.consume(limit, 0)):
            error = message.error()
            if error is not None:
                self._note(message, error)
                continue
            place = message.partition() if by_partition else message.topic()
            try:
                groups[index_of[place]].append(message)
            except KeyError:
                groups[index_of[place]] = [message]
        chunks = []
        for index, messages in groups.items():
            chunk = self._chunk(index, messages)
            if chunk.values:
                chunks.append(chunk)
        return chunks

    def _chunk(self, index: int, messages: list[_Message]) -> Chunk:
        position = messages[-1].offset() + 1
        if self._is_bounded and position >= (end := self.ends[index]):
            if position > end:
                messages = [message for message in messages if message.offset() < end]
            position = end
            self._end(index)
        self.positions[index] = position
        if (wanted := self._keys.get(index)) is not None:
            messages = [message for message in messages if message.key() in wanted]
        return Chunk(
            index=index,
            values=[message.value() for message in messages],
            keys=[message.key() for message in messages],
            offsets=[message.offset() for message in messages],
            attempts={
                message.offset(): attempt
                for message in (messages if self._reads_attempts else ())
                if (headers := message.headers()) is not None
                and (attempt := _attempt(headers)) is not None
            },
        )

    def _note(self, message: _Message, error: KafkaError) -> None:
        if error.code() == KafkaError._PARTITION_EOF:
            place = message.partition() if self._by_partition else message.topic()
            index = self._index[place]
            if message.offset() >= self.ends[index]:
                self._end(index)
            return
        if error.retriable() and not error.fatal():
            log.warning("kafka_read_retried", error=error.str(), code=error.name())
            return
        what = f"cannot read {message.topic()}/{message.partition()}"
        raise connector_error(error, what)

    def _end(self, index: int) -> None:
        if not self.has_ended[index]:
            self.has_ended[index] = True
            # Behind the end there may be much more, of no use here.
            self._consumer.pause([TopicPartition(*self._places[index])])

    def is_caught_up(self, index: int) -> bool:
        """Whether everything the broker is known to hold of an input has been read."""
        if self.has_ended[index]:
            return True
        topic, partition = self._places[index]
        known = self._consumer.get_watermark_offsets(TopicPartition(topic, partition), cached=True)
        # Before the first answer to a fetch the client knows no end (negative).
        return self.positions[index] >= max(known[1], self.ends[index])

    def bound_buffers(self, buffered: Mapping[int, int]) -> None:
        """Stop reading ahead of inputs of which much waits already, and go on when it does not."""
        for index, count in buffered.items():
            if self.has_ended[index]:
                continue
            place = TopicPartition(*self._places[index])
            if count >= PAUSE_AT_RECORDS and index not in self._paused:
                self._consumer.pause([place])
                self._paused.add(index)
            elif count <= RESUME_AT_RECORDS and index in self._paused:
                self._consumer.resume([place])
                self._paused.discard(index)

    def show_progress(self, offsets: Mapping[int, int], *, now: bool = False) -> None:
        """
        Show in the consumer group how far each input has been handled.

        Parameters
        ----------
        offsets : mapping
            Next offset by input.
        now : bool
            Wait for the broker's answer; otherwise once a second and without waiting.
        """
        at_s = time.monotonic()
        if not now and at_s < self._committed_at_s + self._progress_interval_s:
            return
        self._committed_at_s = at_s
        changed = {
            index: offset
            for index, offset in offsets.items()
            if self._committed.get(index) != offset
        }
        if not changed:
            return
        self._committed.update(changed)
        places = [TopicPartition(*self._places[i], offset) for i, offset in changed.items()]
        try:
            if now:
                self._consumer.commit(offsets=places, asynchronous=False)
            else:
                self._consumer.commit(offsets=places, asynchronous=True)
        except KafkaException as error:
            # Nothing resumes from it: a lag display that is behind stops no flow.
            log.warning("progress_not_shown", error=str(error))

    def close(self) -> None:
        """Give back the connection."""
        self._consumer.close()
