"""How far the flows of a side have read their inputs, in event time."""

from collections.abc import Mapping
from contextlib import closing
from typing import Final

import msgspec
from confluent_kafka import Consumer
from confluent_kafka import KafkaError
from confluent_kafka import KafkaException
from confluent_kafka import Message
from confluent_kafka import TopicPartition

from connectors.kafka.clients import looking_on
from connectors.kafka.namespace import in_namespace
from connectors.kafka.reader import ANSWER_TIMEOUT_S
from connectors.kafka.reader import connector_error
from connectors.kafka.stamps import NO_STAMP
from connectors.kafka.stamps import read_source_stamps
from flows.common.calendar import NS_PER_MS
from infra.pipeline.catalog import EQUITIES
from infra.pipeline.catalog import OPTIONS
from infra.pipeline.catalog import PREMIUM
from infra.pipeline.catalog import PipelineFlow
from infra.replay.comparison.sides import DiffSide

TAIL_RECORDS: Final = 1000
CHUNK_RECORDS: Final = 5000
POLL_S: Final = 0.05
READS: Final[Mapping[str, PipelineFlow]] = {
    each.name: each for each in (OPTIONS, EQUITIES, PREMIUM)
}

Place = tuple[str, int]


class Span(msgspec.Struct, frozen=True, gc=False):
    """Offsets of a partition that a flow has read, the second one excluded."""

    first: int
    end: int


class FlowReach(msgspec.Struct, frozen=True):
    """
    How far one flow of a side has read.

    Parameters
    ----------
    greatest_ns : dict
        Greatest `source_ts` read, ns UTC, by partition; 0 where records wait and none was read,
        no entry where the log holds none.
    unread : int
        Records of its inputs it has not read, as its consumer group shows.
    """

    greatest_ns: dict[int, int]
    unread: int = 0


def flow_reach(kafka: str, side: DiffSide, which: PipelineFlow) -> FlowReach:
    """
    Find out how far a flow of a side has read.

    Notes
    -----
    Only ends of partitions are read. The log is searched by time to see whether something of a
    later time lies farther back; where records of some underlyings alone count, all are looked at.
    Where a consumer group shows nothing, a flow is taken to have read everything.

    Raises
    ------
    ConnectorError
        The broker does not answer.
    """
    request = side.request
    is_cut = which is not PREMIUM and request is not None and not request.is_clocked
    topics = _inputs(side, which)
    group = in_namespace(side.namespace, which.group)
    settings = {
        **looking_on(kafka, group),
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 100,
    }
    with closing(Consumer(settings)) as consumer:
        try:
            spans, unread, held = {}, 0, {}
            places = _places(consumer, topics)
            first_ms = request.first_ns // NS_PER_MS if request and is_cut else 0
            until_ms = -(-request.to_ns // NS_PER_MS) if request and is_cut else 0
            starts = _offsets_at(consumer, places, first_ms) if first_ms else {}
            ends = _offsets_at(consumer, places, until_ms) if until_ms else {}
            shown = _committed(consumer, places)
            for place in places:
                low, high = consumer.get_watermark_offsets(
                    TopicPartition(*place), timeout=ANSWER_TIMEOUT_S
                )
                first = low if not first_ms else max(low, starts.get(place, high))
                end = min(high, ends.get(place, high))
                held[place] = end > first
                read = min(end, shown.get(place, end))
                unread += max(0, end - max(read, first))
                spans[place] = Span(first, max(read, first))
            keys = set(request.underlyings) if request and is_cut else set()
            return FlowReach(_by_partition(_greatest(consumer, spans, keys), held), unread)
        except KafkaException as error:
            raise connector_error(error.args[0], f"cannot read the inputs of {group}") from error


def _inputs(side: DiffSide, which: PipelineFlow) -> list[str]:
    """Return the topics a flow's time goes by, as the log names them."""
    if which is PREMIUM:
        return [in_namespace(side.namespace, name) for name in which.topics]
    request = side.request
    if request is None:
        # Of a run whose folder is gone nobody knows what it read; live is the only other case.
        return list(which.topics)
    names = [name for name in which.topics if name in request.raw_topics]
    return [in_namespace(side.namespace if request.is_clocked else "", name) for name in names]


def _places(consumer: Consumer, topics: list[str]) -> list[Place]:
    found = consumer.list_topics(timeout=ANSWER_TIMEOUT_S).topics
    return [
        (name, partition)
        for name in topics
        if name in found
        for partition in sorted(found[name].partitions)
    ]


def _offsets_at(consumer: Consumer, places: list[Place], time_ms: int) -> dict[Place, int]:
    """Return the first offset stamped at or after a time; nothing for a place without one."""
    asked = [TopicPartition(*place, time_ms) for place in places]
    if not asked:
        return {}
    found = consumer.offsets_for_times(asked, timeout=ANSWER_TIMEOUT_S)
    return {(each.topic, each.partition): each.offset for each in found if each.offset >= 0}


def _committed(consumer: Consumer, places: list[Place]) -> dict[Place, int]:
    if not places:
        return {}
    asked = [TopicPartition(*place) for place in places]
    found = consumer.committed(asked, timeout=ANSWER_TIMEOUT_S)
    return {(each.topic, each.partition): each.offset for each in found if each.offset >= 0}


def _by_partition(stamps: Mapping[Place, int], held: Mapping[Place, bool]) -> dict[int, int]:
    found: dict[int, int] = {}
    for place, has_records in held.items():
        if has_records:
            partition = place[1]
            found[partition] = max(found.get(partition, 0), stamps.get(place, 0))
    return found


def _greatest(consumer: Consumer, spans: Mapping[Place, Span], keys: set[str]) -> dict[Place, int]:
    """Return the greatest stamp within each span; nothing for a span without one."""
    wanted = {name.encode() for name in keys}
    found: dict[Place, int] = {}
    seen_ms: dict[Place, int] = {}
    todo = {
        place: Span(span.first if wanted else max(span.first, span.end - TAIL_RECORDS), span.end)
        for place, span in spans.items()
        if span.end > span.first
    }
    _scan(consumer, todo, wanted, found, seen_ms)
    # An end without a readable record: look at everything.
    blind = {place: spans[place] for place in todo if place not in found and not wanted}
    _scan(consumer, blind, wanted, found, seen_ms)
    while not wanted:
        ahead = {}
        for place in todo:
            (hit,) = _offsets_at(consumer, [place], seen_ms.get(place, -1) + 1).values() or (-1,)
            if spans[place].first <= hit < spans[place].end:
                ahead[place] = Span(hit, min(hit + TAIL_RECORDS, spans[place].end))
        before = dict(seen_ms)
        _scan(consumer, ahead, wanted, found, seen_ms)
        # Where nothing was there to be read, asking again would find the same.
        todo = {place: span for place, span in ahead.items() if seen_ms[place] > before[place]}
        if not todo:
            break
    return found


def _scan(
    consumer: Consumer,
    spans: Mapping[Place, Span],
    keys: set[bytes],
    found: dict[Place, int],
    seen_ms: dict[Place, int],
) -> None:
    """Read spans through, noting the greatest `source_ts` and the greatest stamp of the log."""
    left = {place: span.end for place, span in spans.items()}
    if not left:
        return
    consumer.assign([TopicPartition(*place, spans[place].first) for place in left])
    while left:
        batches: dict[Place, list[Message]] = {}
        for message in consumer.consume(CHUNK_RECORDS, POLL_S):
            place = (message.topic() or "", message.partition() or 0)
            error, offset = message.error(), message.offset() or 0
            if error is None and place in left and offset < left[place]:
                batches.setdefault(place, []).append(message)
                offset += 1
            elif error is not None and error.code() != KafkaError._PARTITION_EOF:
                if error.retriable() and not error.fatal():
                    continue
                raise KafkaException(error)
            if offset >= left.get(place, offset + 1):
                del left[place]
        for place, messages in batches.items():
            stamped = [message.timestamp()[1] for message in messages]
            seen_ms[place] = max(seen_ms.get(place, -1), *stamped)
            values = [each.value() for each in messages if not keys or each.key() in keys]
            stamps, _ = read_source_stamps([_as_bytes(value) for value in values])
            if len(stamps) and (top := int(stamps.max())) != NO_STAMP:
                found[place] = max(found.get(place, top), top)
    consumer.unassign()


def _as_bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
