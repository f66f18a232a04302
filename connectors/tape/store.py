"""The tape out of ClickHouse: what the log may no longer have."""

import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Final
from typing import TypeVar

import msgspec
import structlog

from connectors.clickhouse.config import ClickHouseConfig
from connectors.clickhouse.http import ClickHouseHttp
from connectors.errors import MisconfiguredConnector
from connectors.errors import TransientConnector
from connectors.kafka.bounds import is_reference
from connectors.kafka.merge import OrderedMerge
from connectors.kafka.partitioner import partition_of
from connectors.tape.model import TapeChunk
from connectors.tape.model import check_span
from connectors.tape.model import stamps_ms
from connectors.tape.model import tape_topics
from connectors.tape.table import RawTable
from connectors.tape.table import Reads
from connectors.tape.table import Rows
from connectors.tape.windows import FIRST
from connectors.tape.windows import LAST
from connectors.tape.windows import Window
from connectors.tape.windows import windows_of
from schemas.catalog import topics as known_topics

log: Final = structlog.get_logger()

WINDOW_ROWS: Final = 50_000
MAX_KEYS: Final = 500
# Rows handed to the merge at a time: what has been released is given back that often.
PART_ROWS: Final = 5_000

T = TypeVar("T")


class StoreTapeConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    What is read from ClickHouse.

    Parameters
    ----------
    clickhouse : ClickHouseConfig
        Where the tables are, and how long a read is tried again.
    topics : tuple of str
        Raw topics, in any order.
    partitions : int
        Number of partitions of the topics, from 1.
    from_ns, until_ns : int
        Only records with `source_ts` from the first and before the second, ns UTC; 0 for no bound.
    keys : tuple of str
        Only these underlyings, at most 500; empty for all.
    window_rows : int
        Most rows of one answer of ClickHouse, from 1: what is held in memory for each topic.
    """

    clickhouse: ClickHouseConfig
    topics: tuple[str, ...]
    partitions: int
    from_ns: int = 0
    until_ns: int = 0
    keys: tuple[str, ...] = ()
    window_rows: int = WINDOW_ROWS

    def __post_init__(self) -> None:
        check_span(self.from_ns, self.until_ns)
        for name, value, most in (
            ("partitions", self.partitions, LAST),
            ("window_rows", self.window_rows, LAST),
            ("the number of keys", len(self.keys) or 1, MAX_KEYS),
        ):
            if not 1 <= value <= most:
                msg = f"{name} of a tape is {value}, expected 1 to {most}"
                raise MisconfiguredConnector(msg)

    def window_of(self, topic: str) -> Window:
        """Return all rows of a topic that are asked for; reference data begins with the first."""
        last = self.until_ns - 1 if self.until_ns else LAST
        first = FIRST if is_reference(topic) else self.from_ns or FIRST
        return Window(((first, last),))


class PatientReads:
    """
    Run queries, those that fail in passing again with growing pauses.

    Parameters
    ----------
    reads : Reads
        ClickHouse.
    config : ClickHouseConfig
        How long to retry.
    stop : threading.Event
        When set, retrying is given up at once.
    """

    def __init__(self, reads: Reads, config: ClickHouseConfig, stop: threading.Event) -> None:
        self._reads = reads
        self._config = config
        self._stop = stop

    def read(self, query: str, parameters: Mapping[str, str] | None = None) -> bytes:
        """
        Return the whole answer of a query.

        Raises
        ------
        TransientConnector
            ClickHouse stayed unreachable or busy.
        MisconfiguredConnector
            It refuses the query.
        """
        started_s = time.monotonic()
        pause_s = self._config.first_backoff_s
        while True:
            try:
                return self._reads.read(query, parameters)
            except TransientConnector as error:
                waited_s = time.monotonic() - started_s
                if waited_s >= self._config.retry_s or self._stop.wait(pause_s):
                    raise
                log.warning("read_retried", error=str(error), waited_s=round(waited_s, 1))
                pause_s = min(pause_s * 2, self._config.max_backoff_s)


class StoreTape:
    """
    Read the raw tables of ClickHouse as one stream, in windows of bounded size.

    Order: (`source_ts`, rank of the topic, partition, `seq`, `trace_id`), whatever the windows
    are; see `Tape`. Where the log was in the order of its sources' sequences, that is its order.

    Delivery: every row that was stored when its stretch was counted, once; rows of one identity
    are one. What is stored later behind the place reached is not on the tape. Values have the
    topic's schema of today, also those that were written with an older one.

    Parameters
    ----------
    config : StoreTapeConfig
        What to read.
    prefix_of : callable
        Returns a topic's registry header; `AvroWire.prefix`.
    stop : threading.Event | None
        Ends waiting for a ClickHouse that does not answer.

    Raises
    ------
    MisconfiguredConnector
        A topic is no raw topic, or has no table.
    TransientConnector
        ClickHouse does not answer.
    """

    def __init__(
        self,
        config: StoreTapeConfig,
        prefix_of: Callable[[str], bytes],
        stop: threading.Event | None = None,
    ) -> None:
        self._topics = tape_topics(config.topics)
        self._client = ClickHouseHttp(config.clickhouse)
        reads = PatientReads(self._client, config.clickhouse, stop or threading.Event())
        tables = [
            RawTable(
                reads, known_topics()[name], prefix_of(name), config.partitions, sorted(config.keys)
            )
            for name in self._topics
        ]
        self._streams = [
            _parts_of(table, config.window_of(name), config.window_rows)
            for name, table in zip(self._topics, tables, strict=True)
        ]
        self._merge = OrderedMerge([None] * len(tables))
        self._partitions = _Partitions(config.partitions)
        try:
            extents = [
                table.extent(config.window_of(name))
                for name, table in zip(self._topics, tables, strict=True)
            ]
        except Exception:
            self._client.close()
            raise
        self._total = sum([extent.rows for extent in extents if extent is not None])

    @property
    def topics(self) -> tuple[str, ...]:
        """Raw topics by rank."""
        return self._topics

    @property
    def total(self) -> int:
        """Rows there are, those that are stored several times included."""
        return self._total

    def next(self, limit: int) -> TapeChunk | None:
        """Return what comes next; see `Tape`."""
        while True:
            for rank in self._merge.holding():
                self._read_on(rank)
            merged = self._merge.take(limit)
            if merged is not None:
                partitions = self._partitions
                return TapeChunk(
                    order_ns=merged.order,
                    topics=merged.ranks,
                    partitions=[partitions[key] for key in merged.keys],
                    keys=merged.keys,
                    values=merged.values,
                    timestamps_ms=stamps_ms(merged.values, merged.order),
                )
            if self._merge.has_ended:
                return None

    def close(self) -> None:
        """Give back the connection."""
        self._client.close()

    def _read_on(self, rank: int) -> None:
        part = next(self._streams[rank], None)
        if part is None:
            self._merge.end(rank)
            return
        keys, values = part
        for begin in range(0, len(values), PART_ROWS):
            part_values = values[begin : begin + PART_ROWS]
            part_keys = keys[begin : begin + PART_ROWS]
            self._merge.add(rank, part_values, part_keys, range(len(part_values)))


class _Partitions(dict[bytes | None, int]):
    # Partition by key, each computed once.
    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count

    def __missing__(self, key: bytes | None) -> int:
        found = self[key] = partition_of(key or b"", self._count)
        return found


def _parts_of(table: RawTable, wanted: Window, limit: int) -> Iterator[Rows]:
    # The windows one after the other, none of them empty.
    for window, rows in windows_of(table, wanted, limit):
        for part in table.rows(window, limit if rows > limit else None):
            if part[1]:
                yield part
