"""Records and log messages as the topics carry them."""

import time
from collections.abc import Iterable
from itertools import count
from typing import Any

import msgspec

from api.items import item_maker
from api.live.ring import Budget
from api.live.ring import Held
from api.live.ring import Ring
from api.streams import STREAMS
from connectors.kafka.batch import OutRecord
from connectors.kafka.partitioner import partition_of
from schemas.catalog import topics
from tests.services.every_field import filled

PARTITIONS = 8
START_NS = 1_747_922_400_000_000_000  # 2025-05-22 10:00 New York
HUGE = 1 << 40
# Event time goes on from test to test, as it does on a tape: gateways of one log share its past.
_TICKS = count(1)


def a_record(topic: str, seq: int, **changes: object) -> Any:  # noqa: ANN401 - the topic decides
    """Return a record whose id, order and key tell its number."""
    at_ns = START_NS + next(_TICKS) * 1_000_000
    fields = {
        "source_ts": at_ns,
        "ingest_ts": at_ns,
        "seq": seq,
        "trace_id": f"test:live:{topic}:{seq}",
        **changes,
    }
    return msgspec.structs.replace(filled(topics()[topic].record_type, 1), **fields)


def an_equity(seq: int, symbol: str = "NVDA", **changes: object) -> Any:  # noqa: ANN401 - as above
    return a_record("equities.prints", seq, underlying_id=symbol, **changes)


def held(record: Any, offset: int, partition: int = 0, recv_ms: float = 0.0) -> Held:  # noqa: ANN401
    stream = next(each for each in STREAMS.values() if each.schema.record_type is type(record))
    return Held(
        record,
        getattr(record, stream.id_field),
        getattr(record, stream.version_field),
        (record.source_ts, record.seq, record.trace_id),
        partition,
        offset,
        0.0,
        recv_ms,
        100,
    )


def a_ring(name: str, depth: int = 1000, budget: Budget | None = None) -> Ring:
    stream = STREAMS[name]
    return Ring(stream, item_maker(stream), depth, budget or Budget(HUGE, HUGE, 60.0))


def out(topic: str, records: Iterable[Any], encode: Any) -> list[OutRecord]:  # noqa: ANN401 - codec
    """Return records as they are written to a topic, by their key's partition."""
    now_ms = int(time.time() * 1000)
    made = []
    for record in records:
        key = record.underlying_id.encode()
        made.append(OutRecord(topic, partition_of(key, PARTITIONS), key, encode(record), now_ms))
    return made
