"""How far the raw records of the log reach, without reading them all."""

import time
from collections.abc import Iterable
from collections.abc import Mapping
from contextlib import closing
from typing import Final

import msgspec
from confluent_kafka import Consumer
from confluent_kafka import KafkaError
from confluent_kafka import KafkaException
from confluent_kafka import TopicPartition

from connectors.errors import TransientConnector
from connectors.kafka.bounds import Place
from connectors.kafka.clients import looking_on
from connectors.kafka.copartition import partition_count
from connectors.kafka.reader import ANSWER_TIMEOUT_S
from connectors.kafka.reader import connector_error
from connectors.kafka.reader import first_and_next_offset
from connectors.kafka.stamps import read_source_stamps
from connectors.tape.log import READ_GROUP
from connectors.tape.model import TAPE_TOPICS
from connectors.tape.model import tape_topics

POLL_S: Final = 0.1


class TopicSpan(msgspec.Struct, frozen=True, gc=False):
    """
    How far a topic reaches.

    Parameters
    ----------
    topic : str
        Raw topic.
    records : int
        How many there are, repeats included.
    first_ns, last_ns : int | None
        First and last event time, ns UTC, of the first and last record of each partition: records
        out of order may lie beyond; null without records.
    """

    topic: str
    records: int
    first_ns: int | None
    last_ns: int | None


def log_span(brokers: str, topics: Iterable[str] = TAPE_TOPICS) -> list[TopicSpan]:
    """
    Return how far raw topics reach, in the order of ranks; reads two records of each partition.

    Raises
    ------
    TransientConnector
        The broker does not answer.
    MisconfiguredConnector
        A topic is no raw topic, is missing, or the topics are not co-partitioned.
    """
    names = tape_topics(topics)
    partitions = range(partition_count(brokers, names))
    try:
        with closing(_consumer(brokers)) as consumer:
            kept = {
                (name, each): first_and_next_offset(consumer, TopicPartition(name, each))
                for name in names
                for each in partitions
            }
            held = {place: ends for place, ends in kept.items() if ends[0] < ends[1]}
            firsts = _stamps_at(consumer, {place: low for place, (low, _) in held.items()})
        # A pause outlives the assignment, and what it races with can lose a fetch.
        with closing(_consumer(brokers)) as consumer:
            lasts = _stamps_at(consumer, {place: high - 1 for place, (_, high) in held.items()})
    except KafkaException as error:
        raise connector_error(error.args[0], "cannot read the log") from error
    found = []
    for name in names:
        records = sum([high - low for (topic, _), (low, high) in held.items() if topic == name])
        stamps = [stamp for place, stamp in [*firsts, *lasts] if place[0] == name]
        first_ns, last_ns = (min(stamps), max(stamps)) if stamps else (None, None)
        found.append(TopicSpan(name, records, first_ns, last_ns))
    return found


def _consumer(brokers: str) -> Consumer:
    return Consumer(
        {
            **looking_on(brokers, READ_GROUP),
            "auto.offset.reset": "error",
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 100,
            "fetch.message.max.bytes": 65_536,
            "queued.min.messages": 1,
            "fetch.queue.backoff.ms": 10,
        }
    )


def _stamps_at(consumer: Consumer, offsets: Mapping[Place, int]) -> list[tuple[Place, int]]:
    # Event times of one record of each place, of a consumer that has read none; what is no record
    # has none.
    consumer.assign([TopicPartition(*place, offset) for place, offset in offsets.items()])
    waited_for = dict(offsets)
    values: dict[Place, bytes | None] = {}
    deadline_s = time.monotonic() + ANSWER_TIMEOUT_S
    while waited_for:
        if time.monotonic() > deadline_s:
            msg = f"the broker did not return {len(waited_for)} records in {ANSWER_TIMEOUT_S} s"
            raise TransientConnector(msg)
        for message in consumer.consume(len(waited_for), POLL_S):
            error = message.error()
            if error is not None and error.code() != KafkaError._PARTITION_EOF:
                if error.retriable() and not error.fatal():
                    continue
                raise KafkaException(error)
            place = (message.topic() or "", message.partition() or 0)
            if waited_for.pop(place, None) is None:
                continue
            # A long partition goes on being read ahead, which keeps the others waiting.
            consumer.pause([TopicPartition(*place)])
            value = message.value() if error is None else None
            values[place] = value.encode() if isinstance(value, str) else value
    if not values:
        return []
    stamps, is_bad = read_source_stamps(list(values.values()))
    return [
        (place, stamp)
        for place, stamp, bad in zip(values, stamps.tolist(), is_bad, strict=True)
        if not bad
    ]
