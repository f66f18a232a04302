"""The tape out of the log itself."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

import msgspec

from connectors.kafka.bounds import LogBounds
from connectors.kafka.copartition import partition_count
from connectors.kafka.merge import Merged
from connectors.kafka.merge import OrderedMerge
from connectors.kafka.reader import PAUSE_AT_RECORDS
from connectors.kafka.reader import LogReader
from connectors.tape.model import TapeChunk
from connectors.tape.model import check_span
from connectors.tape.model import stamps_ms
from connectors.tape.model import tape_topics

READ_GROUP: Final = "islandflow-tape"
IDLE_POLL_S: Final = 0.002
# Records over all inputs from which those that are ahead of the others are no longer read.
MAX_WAITING_RECORDS: Final = 200_000
MIN_WAITING_RECORDS: Final = 2_000


class LogTapeConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    What is read from the log.

    Parameters
    ----------
    brokers : str
        `host:port[,host:port]`.
    topics : tuple of str
        Raw topics, in any order.
    from_ns, until_ns : int
        Stamps of the log, ns UTC, the second one excluded; see `LogBounds`. 0 for no bound.
    keys : tuple of str
        Only messages with these keys; empty for all.
    group : str
        Consumer group the client needs a name of; nothing is committed in it.
    """

    brokers: str
    topics: tuple[str, ...]
    from_ns: int = 0
    until_ns: int = 0
    keys: tuple[str, ...] = ()
    group: str = READ_GROUP

    def __post_init__(self) -> None:
        check_span(self.from_ns, self.until_ns)

    @property
    def bounds(self) -> LogBounds:
        """Return where reading begins and ends: at the latest where the log ends now."""
        return LogBounds(
            policy="all", stop_at_end=True, from_ns=self.from_ns, until_ns=self.until_ns
        )


class LogTape:
    """
    Read the raw topics as one stream, to where the log ended at the start.

    Order: (effective event time, rank of the topic, partition, offset); see `Tape`. A record
    behind the time of its topic and partition keeps its place in the log. So does what is no
    record, unchanged, with its null value if it has none.

    Delivery: every message between the bounds, once. Memory: what is ahead of the slowest input
    is bounded, by `MAX_WAITING_RECORDS` or a fetch of each topic.

    Parameters
    ----------
    config : LogTapeConfig
        What to read.

    Raises
    ------
    MisconfiguredConnector
        A topic is no raw topic, is missing, or the topics are not co-partitioned.
    TransientConnector
        The broker does not answer.
    """

    def __init__(self, config: LogTapeConfig) -> None:
        self._topics = tape_topics(config.topics)
        self._count = count = partition_count(config.brokers, self._topics)
        self._open = ExitStack()
        try:
            self._readers = [self._reader(config, name) for name in self._topics]
        except BaseException:
            self._open.close()
            raise
        self._merge = OrderedMerge([None] * (len(self._topics) * count))
        begun = [(at, end) for reader in self._readers for at, end in _places(reader)]
        self._total = None if config.keys else sum([end - at for at, end in begun])
        share = MAX_WAITING_RECORDS // max(1, sum([at < end for at, end in begun]))
        self._weight = PAUSE_AT_RECORDS / max(MIN_WAITING_RECORDS, share)
        for rank in range(len(self._readers)):
            self._end_inputs(rank)

    @property
    def topics(self) -> tuple[str, ...]:
        """Raw topics by rank."""
        return self._topics

    @property
    def total(self) -> int | None:
        """Messages between the bounds; null when only some keys are read."""
        return self._total

    def next(self, limit: int) -> TapeChunk | None:
        """Return what comes next; see `Tape`."""
        while True:
            merged = self._merge.take(limit)
            if merged is not None:
                return self._chunk(merged)
            if self._merge.has_ended:
                return None
            if not self._read_on():
                time.sleep(IDLE_POLL_S)

    def close(self) -> None:
        """Give back the connections."""
        self._open.close()

    def _reader(self, config: LogTapeConfig, topic: str) -> LogReader:
        places = [(topic, partition) for partition in range(self._count)]
        wanted = frozenset([key.encode() for key in config.keys])
        reader = LogReader(
            config.brokers,
            config.group,
            places,
            [None] * self._count,
            bounds=config.bounds,
            keys=dict.fromkeys(range(self._count), wanted) if wanted else {},
        )
        self._open.callback(reader.close)
        return reader

    def _read_on(self) -> bool:
        # Only topics that hold back the others are read, so none runs far ahead.
        ranks = sorted({at // self._count for at in self._merge.holding()})
        fetched = [self._fetch(rank) for rank in ranks]
        return any(fetched)

    def _fetch(self, rank: int) -> bool:
        reader, first = self._readers[rank], rank * self._count
        reader.bound_buffers(
            {
                partition: int(self._merge.buffered(first + partition) * self._weight)
                for partition in range(self._count)
            }
        )
        chunks = reader.fetch()
        for chunk in chunks:
            self._merge.add(first + chunk.index, chunk.values, chunk.keys, chunk.offsets)
        self._end_inputs(rank)
        return bool(chunks)

    def _end_inputs(self, rank: int) -> None:
        for partition, has_ended in enumerate(self._readers[rank].has_ended):
            if has_ended:
                self._merge.end(rank * self._count + partition)

    def _chunk(self, merged: Merged) -> TapeChunk:
        topics, partitions = divmod(merged.inputs, self._count)
        return TapeChunk(
            order_ns=merged.order,
            topics=topics.astype("u1").tobytes(),
            partitions=partitions.tolist(),
            keys=merged.keys,
            values=merged.values,
            timestamps_ms=stamps_ms(merged.values, merged.order),
        )


def _places(reader: LogReader) -> Iterator[tuple[int, int]]:
    return zip(reader.positions, reader.ends, strict=True)
