"""
Produce, versions 0 to 10.

Parsed by hand because kio copies every record batch out of the frame and reads only from
read-only buffers: here the batches stay in the receive buffer, are patched there and written from
there. Versions 0 to 2 are served because librdkafka asks for them before it compresses, but only
with the current message format inside.
"""

import struct
from typing import Final
from typing import NamedTuple

import structlog
from kio.schema.errors import ErrorCode

from infra.embedded.kafka.batches import RejectedBatch
from infra.embedded.kafka.topics import TopicStore
from infra.embedded.kafka.wire import WireReader
from infra.embedded.kafka.wire import array_length
from infra.embedded.kafka.wire import string_bytes

log = structlog.get_logger(__name__)

PRODUCE_KEY: Final = 0
MAX_PRODUCE_VERSION: Final = 10
FIRST_FLEXIBLE_VERSION: Final = 9
HEADER_BYTES: Final = 8
ACKS: Final = frozenset({-1, 0, 1})
NO_APPEND_TIME: Final = -1
NO_OFFSET: Final = -1

_PARTITION: Final = struct.Struct(">ihq")
_INT64: Final = struct.Struct(">q")
_INT32: Final = struct.Struct(">i")
_PREFIX: Final = struct.Struct(">ii")


class AppendOutcome(NamedTuple):
    """What became of the records of one partition."""

    partition: int
    error: ErrorCode
    base_offset: int
    log_start_offset: int
    message: str


class ProduceOutcome(NamedTuple):
    """The response frame, None for acks=0; `failed` when a producer that cannot be told erred."""

    frame: bytes | None
    failed: bool


def serve_produce(
    frame: memoryview, api_version: int, correlation_id: int, topics: TopicStore
) -> ProduceOutcome:
    """
    Append every batch of a request and encode the response.

    Delivery: the response says "no error" only for batches already written to their file.

    Raises
    ------
    GarbageFrame
        The frame is not a produce request.
    """
    flexible = api_version >= FIRST_FLEXIBLE_VERSION
    reader = WireReader(frame, HEADER_BYTES, flexible=flexible)
    reader.legacy_string()
    reader.skip_tags()
    if api_version >= 3:
        reader.string()
    acks = reader.int16()
    reader.int32()
    answered: list[tuple[str, list[AppendOutcome]]] = []
    for name, blobs in _read_topics(reader):
        outcomes = [_append(topics, name, index, records, acks) for index, records in blobs]
        answered.append((name, outcomes))
    if acks == 0:
        failed = any(o.error is not ErrorCode.none for _, outcomes in answered for o in outcomes)
        return ProduceOutcome(None, failed)
    return ProduceOutcome(_encode(answered, api_version, correlation_id), failed=False)


def _read_topics(reader: WireReader) -> list[tuple[str, list[tuple[int, memoryview]]]]:
    # Read whole before anything is appended, so that a torn request appends nothing.
    topics = []
    for _ in range(reader.array()):
        name = reader.string()
        blobs = []
        for _ in range(reader.array()):
            index = reader.int32()
            blobs.append((index, reader.blob()))
            reader.skip_tags()
        reader.skip_tags()
        topics.append((name, blobs))
    reader.skip_tags()
    return topics


def _append(
    topics: TopicStore, name: str, index: int, records: memoryview, acks: int
) -> AppendOutcome:
    topic = topics.get(name)
    partition = None if topic is None else topic.partition(index)
    if acks not in ACKS:
        return AppendOutcome(index, ErrorCode.invalid_required_acks, NO_OFFSET, NO_OFFSET, "")
    if topic is None or partition is None:
        code = ErrorCode.unknown_topic_or_partition
        return AppendOutcome(index, code, NO_OFFSET, NO_OFFSET, "")
    try:
        offset = partition.append(records, topic.bounds)
    except RejectedBatch as error:
        log.warning(
            "produce_rejected", topic=name, partition=index, code=error.code.name, why=str(error)
        )
        start = partition.log_start_offset
        return AppendOutcome(index, error.code, NO_OFFSET, start, str(error))
    return AppendOutcome(index, ErrorCode.none, offset, partition.log_start_offset, "")


def _encode(
    answered: list[tuple[str, list[AppendOutcome]]], api_version: int, correlation_id: int
) -> bytes:
    flexible = api_version >= FIRST_FLEXIBLE_VERSION
    tags = b"\x00" if flexible else b""
    pieces = [tags, array_length(len(answered), flexible=flexible)]
    for name, outcomes in answered:
        pieces.append(string_bytes(name, flexible=flexible))
        pieces.append(array_length(len(outcomes), flexible=flexible))
        pieces.extend(_encode_outcome(outcome, api_version, tags) for outcome in outcomes)
        pieces.append(tags)
    if api_version >= 1:
        pieces.append(_INT32.pack(0))
    pieces.append(tags)
    body = b"".join(pieces)
    return _PREFIX.pack(len(body) + 4, correlation_id) + body


def _encode_outcome(outcome: AppendOutcome, api_version: int, tags: bytes) -> bytes:
    encoded = _PARTITION.pack(outcome.partition, outcome.error.value, outcome.base_offset)
    if api_version >= 2:
        encoded += _INT64.pack(NO_APPEND_TIME)
    if api_version >= 5:
        encoded += _INT64.pack(outcome.log_start_offset)
    if api_version >= 8:
        flexible = bool(tags)
        encoded += array_length(0, flexible=flexible)
        null = b"\x00" if flexible else b"\xff\xff"
        encoded += string_bytes(outcome.message, flexible=flexible) if outcome.message else null
    return encoded + tags
