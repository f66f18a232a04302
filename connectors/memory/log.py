"""What records become on the log and in the ordered source, without a broker."""

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

import msgspec

from connectors.kafka.batch import EventBatch
from connectors.kafka.merge import OrderedMerge
from connectors.kafka.partitioner import partition_of
from connectors.kafka.serde import AvroWire
from schemas.catalog import topic_of

# Topic → partition → message values in log order.
MemoryLog = Mapping[str, Sequence[Sequence[bytes]]]


def memory_log(
    wire: AvroWire, topics: Sequence[str], records: Iterable[msgspec.Struct], partitions: int
) -> dict[str, list[list[bytes]]]:
    """
    Encode records and put them where a feed would publish them.

    Parameters
    ----------
    wire : AvroWire
        Codecs of the topics.
    topics : sequence of str
        Topics of the log; a record of any other is an error.
    records : iterable of Struct
        In publishing order; each has the `underlying_id` it is keyed by.
    partitions : int
        How many each topic has.

    Raises
    ------
    KeyError
        A record belongs to none of the topics.
    """
    log: dict[str, list[list[bytes]]] = {name: [[] for _ in range(partitions)] for name in topics}
    encoders = {name: wire.encoder(name) for name in topics}
    places: dict[str, int] = {}
    for record in records:
        topic = topic_of(type(record)).name
        key: str = getattr(record, "underlying_id")  # noqa: B009 - every market record has it
        partition = places.get(key)
        if partition is None:
            partition = places[key] = partition_of(key.encode(), partitions)
        log[topic][partition].append(encoders[topic](record))
    return log


def ordered_batches(
    log: MemoryLog,
    topics: Sequence[str],
    partition: int,
    limit: int,
    key: bytes | None = None,
) -> list[EventBatch]:
    """
    Return what the ordered source makes of one partition of a log that has ended.

    Parameters
    ----------
    log : mapping
        From `memory_log`.
    topics : sequence of str
        In tie order at equal event time; a batch's ranks are indices into it.
    partition : int
        Which.
    limit : int
        Most records of a batch.
    key : bytes | None
        Key of the partition's messages.

    Returns
    -------
    list of EventBatch
        In event-time order; the last one is empty and marks the end.
    """
    merge = OrderedMerge([None] * len(topics))
    for rank, topic in enumerate(topics):
        values = log[topic][partition]
        if values:
            merge.add(rank, values, [key] * len(values), range(len(values)))
        merge.end(rank)
    found = []
    while (merged := merge.take(limit)) is not None:
        found.append(
            EventBatch(
                partition=partition,
                ranks=merged.ranks,
                values=[value for value in merged.values if value is not None],
                late=merged.late,
                offsets=merged.offsets,
                keys=merged.keys,
            )
        )
    return [*found, EventBatch(partition=partition, is_end=True)]
