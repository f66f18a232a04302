"""Dead letters: how they are written, listed and sent again."""

import time
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Final

import msgspec
from confluent_kafka import Consumer
from confluent_kafka import KafkaException
from confluent_kafka import TopicPartition

from connectors.kafka.batch import OutRecord
from connectors.kafka.batch import PoisonRecord
from connectors.kafka.bounded import BEGINNING
from connectors.kafka.bounded import LogRecord
from connectors.kafka.bounded import Start
from connectors.kafka.bounded import read_log
from connectors.kafka.config import SinkConfig
from connectors.kafka.reader import ANSWER_TIMEOUT_S
from connectors.kafka.reader import ATTEMPT_HEADER
from connectors.kafka.reader import connector_error
from connectors.kafka.sink import BatchProducer

REPLAY_GROUP: Final = "islandflow-dlq"
DLQ_PARTITION: Final = 0


def dead_letter_topic(topic: str) -> str:
    """Return the topic that takes what was rejected from a topic."""
    return f"{topic}.dlq"


class DeadLetter(msgspec.Struct, frozen=True):
    """
    A rejected message.

    Parameters
    ----------
    letter_topic, letter_offset
        Where the dead letter is.
    topic : str
        Where the message came from, or would have gone.
    partition, offset : int | None
        Its place in that topic; null when a feed rejected it before publishing.
    position : str
        File and line or frame, when a feed rejected it; else empty.
    origin : str
        Flow or feed that rejected it.
    error : str
        Why.
    attempt : int
        1 at the first rejection, one more for each time it was sent again.
    key, value : bytes | None
        The message itself.
    is_replayed : bool
        Whether it has been sent again since.
    """

    letter_topic: str
    letter_offset: int
    topic: str
    partition: int | None
    offset: int | None
    position: str
    origin: str
    error: str
    attempt: int
    key: bytes | None
    value: bytes | None
    is_replayed: bool

    @property
    def is_replayable(self) -> bool:
        """Whether sending the raw bytes again can help: not what a feed never could publish."""
        return self.partition is not None and self.value is not None


class ReplayResult(msgspec.Struct, frozen=True):
    """Letters sent again, and letters passed over because their bytes are no message."""

    replayed: tuple[DeadLetter, ...]
    skipped: tuple[DeadLetter, ...]


def dead_letter(poison: PoisonRecord, flow: str) -> OutRecord:
    """
    Return the message that puts a rejected one aside.

    Parameters
    ----------
    poison : PoisonRecord
        The rejected message, its place and what is wrong with it.
    flow : str
        Who rejected it.
    """
    return OutRecord(
        topic=dead_letter_topic(poison.topic),
        partition=DLQ_PARTITION,
        key=poison.key,
        value=poison.value,
        timestamp_ms=time.time_ns() // 1_000_000,
        headers=(
            ("error", poison.error.encode()),
            ("topic", poison.topic.encode()),
            ("partition", str(poison.partition).encode()),
            ("offset", str(poison.offset).encode()),
            (ATTEMPT_HEADER, str(poison.attempt).encode()),
            ("flow", flow.encode()),
        ),
    )


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "")
    return int(text) if text.isdecimal() else None


def _letter(record: LogRecord, topic: str, replayed_to: int) -> DeadLetter:
    headers = record.headers
    return DeadLetter(
        letter_topic=record.topic,
        letter_offset=record.offset,
        topic=headers.get("topic", topic),
        partition=_number(headers, "partition"),
        offset=_number(headers, "offset"),
        position=headers.get("position", ""),
        origin=headers.get("flow") or headers.get("feed", ""),
        error=headers.get("error", ""),
        attempt=_number(headers, ATTEMPT_HEADER) or 1,
        key=record.key,
        value=record.value,
        is_replayed=record.offset < replayed_to,
    )


def list_dead_letters(
    brokers: str, topics: Iterable[str], start: Start = BEGINNING
) -> list[DeadLetter]:
    """
    Return the dead letters of topics, oldest first within a topic.

    A flow that was resumed writes the letters of its open epoch again; such repeats (same flow,
    place and attempt) are left out.

    Parameters
    ----------
    brokers : str
        `host:port[,host:port]`.
    topics : iterable of str
        The topics they were rejected from, e.g. `options.prints`.
    start : Start
        Where to begin in each dead-letter topic.

    Raises
    ------
    MisconfiguredConnector
        A topic has no dead-letter topic on the broker.
    TransientConnector
        The broker does not answer.
    """
    letters: list[DeadLetter] = []
    with _Replayed(brokers) as replayed:
        for topic in topics:
            source = dead_letter_topic(topic)
            found = [
                _letter(record, topic, replayed.offset(source))
                for record in read_log(brokers, source, start)
            ]
            letters += _without_repeats(sorted(found, key=lambda each: each.letter_offset))
    return letters


def _without_repeats(letters: Iterable[DeadLetter]) -> list[DeadLetter]:
    seen: set[tuple[object, ...]] = set()
    kept = []
    for letter in letters:
        place = (letter.origin, letter.topic, letter.partition, letter.offset, letter.attempt)
        if letter.offset is None or place not in seen:
            kept.append(letter)
        seen.add(place)
    return kept


def replay_dead_letters(brokers: str, topics: Iterable[str]) -> ReplayResult:
    """
    Send every dead letter that has not been sent again yet back to its topic, with its raw bytes.

    What a feed rejected before publishing is passed over: its bytes are the vendor's, so the feed
    has to run again. Progress is kept in the consumer group `islandflow-dlq`, so a letter is not
    sent twice by two calls.

    Delivery: at least once; progress is written behind each topic's letters.

    Raises
    ------
    MisconfiguredConnector
        A topic has no dead-letter topic on the broker.
    TransientConnector
        The broker does not answer.
    """
    sent: list[DeadLetter] = []
    skipped: list[DeadLetter] = []
    producer = BatchProducer(SinkConfig(brokers=brokers))
    with _Replayed(brokers) as replayed:
        for topic in topics:
            letters = list_dead_letters(brokers, [topic])
            fresh = [letter for letter in letters if not letter.is_replayed]
            # Two flows may have put the same message aside.
            messages = {
                (letter.topic, letter.partition, letter.offset): letter
                for letter in fresh
                if letter.is_replayable
            }
            again = list(messages.values())
            producer.write([_again(letter) for letter in again])
            if fresh:
                replayed.mark(dead_letter_topic(topic), fresh[-1].letter_offset + 1)
            sent += again
            skipped += [letter for letter in fresh if not letter.is_replayable]
    return ReplayResult(replayed=tuple(sent), skipped=tuple(skipped))


def _again(letter: DeadLetter) -> OutRecord:
    assert letter.partition is not None  # noqa: S101 - only replayable letters come here
    return OutRecord(
        topic=letter.topic,
        partition=letter.partition,
        key=letter.key,
        value=letter.value,
        timestamp_ms=time.time_ns() // 1_000_000,
        headers=((ATTEMPT_HEADER, str(letter.attempt + 1).encode()),),
    )


class _Replayed:
    # How far each dead-letter topic has been sent again.
    def __init__(self, brokers: str) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": brokers,
                "group.id": REPLAY_GROUP,
                "enable.auto.commit": False,
            }
        )

    def __enter__(self) -> "_Replayed":
        return self

    def __exit__(self, *error: object) -> None:
        self._consumer.close()

    def offset(self, topic: str) -> int:
        try:
            found = self._consumer.committed(
                [TopicPartition(topic, DLQ_PARTITION)], timeout=ANSWER_TIMEOUT_S
            )
        except KafkaException as error:
            raise connector_error(error.args[0], f"cannot read progress of {topic}") from error
        return max(found[0].offset, 0)

    def mark(self, topic: str, offset: int) -> None:
        try:
            self._consumer.commit(
                offsets=[TopicPartition(topic, DLQ_PARTITION, offset)], asynchronous=False
            )
        except KafkaException as error:
            raise connector_error(error.args[0], f"cannot keep progress of {topic}") from error
