"""Topic source: whole topics in large batches, for sinks that store what the log holds."""

import threading
import time
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Final

import msgspec
import structlog
from bytewax.inputs import FixedPartitionedSource
from bytewax.inputs import StatefulSourcePartition

from connectors.errors import MisconfiguredConnector
from connectors.kafka.batch import TopicBatch
from connectors.kafka.bounds import LogBounds
from connectors.kafka.copartition import partition_count
from connectors.kafka.namespace import in_namespace
from connectors.kafka.reader import Chunk
from connectors.kafka.reader import LogReader

log: Final = structlog.get_logger()

STATE_VERSION: Final = 1
IDLE_POLL: Final = timedelta(milliseconds=20)

# (version, {partition: next offset})
TopicState = tuple[int, dict[int, int]]


class TopicSourceConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    What is read and how it is batched.

    Parameters
    ----------
    brokers : str
        `host:port[,host:port]`.
    group : str
        Consumer group name; only shown.
    topics : tuple of str
        Topics to read, each as one stream.
    namespace : str
        Prefix under which the log has them, see `in_namespace`; empty for none.
    stop_at_end : bool
        Read to where the log ended at start, then stop.
    batch_rows : int
        Messages after which a batch is complete, from 1.
    batch_bytes : int
        Bytes of values after which a batch is complete, from 1.
    max_wait_ms : int
        Wall time after which a batch is complete, from 1.
    """

    brokers: str
    group: str
    topics: tuple[str, ...]
    namespace: str = ""
    stop_at_end: bool = False
    batch_rows: int = 10_000
    batch_bytes: int = 8 * 1024 * 1024
    max_wait_ms: int = 250

    def __post_init__(self) -> None:
        for name in ("batch_rows", "batch_bytes", "max_wait_ms"):
            value: int = getattr(self, name)
            if value < 1:
                msg = f"{name} is {value}, expected 1 or more"
                raise MisconfiguredConnector(msg)


class TopicPart(StatefulSourcePartition[TopicBatch, TopicState]):
    """All partitions of one topic; see `TopicSource`."""

    def __init__(
        self,
        config: TopicSourceConfig,
        topic: str,
        state: TopicState | None,
        stop: threading.Event,
    ) -> None:
        self._config = config
        self._topic = topic
        self._stop = stop
        known = {} if state is None else state[1]
        named = in_namespace(config.namespace, topic)
        partitions = range(partition_count(config.brokers, [named]))
        self._reader = LogReader(
            config.brokers,
            config.group,
            [(named, partition) for partition in partitions],
            [known.get(partition) for partition in partitions],
            bounds=LogBounds(stop_at_end=config.stop_at_end),
        )
        self._next = dict(enumerate(self._reader.positions))
        self._chunks: list[Chunk] = []
        self._rows = self._bytes = 0
        self._since_s = 0.0
        self._is_idle = False
        self._records = 0

    def next_batch(self) -> list[TopicBatch]:
        """Return one complete batch, or nothing yet."""
        # What was read but not sent on is read again after a restart.
        if self._stop.is_set():
            raise StopIteration
        room = self._config.batch_rows - self._rows
        chunks = self._reader.fetch(room) if room > 0 else []
        for chunk in chunks:
            if not self._rows:
                self._since_s = time.monotonic()
            self._chunks.append(chunk)
            self._rows += len(chunk.values)
            self._bytes += sum(len(value) for value in chunk.values if value is not None)
        has_ended = all(self._reader.has_ended)
        if self._rows and (has_ended or self._is_complete()):
            return [self._batch()]
        if has_ended:
            raise StopIteration
        self._is_idle = not chunks
        return []

    def next_awake(self) -> datetime | None:
        """Ask again at once while messages come, else a little later."""
        return datetime.now(UTC) + IDLE_POLL if self._is_idle else None

    def snapshot(self) -> TopicState:
        """Return the next offset of every partition."""
        return STATE_VERSION, dict(self._next)

    def close(self) -> None:
        """Give back the connection."""
        self._reader.close()
        log.info(
            "source_closed", group=self._config.group, topic=self._topic, records=self._records
        )

    def _is_complete(self) -> bool:
        config = self._config
        return (
            self._rows >= config.batch_rows
            or self._bytes >= config.batch_bytes
            or time.monotonic() >= self._since_s + config.max_wait_ms / 1000
        )

    def _batch(self) -> TopicBatch:
        batch = TopicBatch(
            topic=self._topic, values=[], keys=[], partitions=[], offsets=[], next_offsets={}
        )
        for chunk in self._chunks:
            batch.values.extend(chunk.values)
            batch.keys.extend(chunk.keys)
            batch.partitions.extend([chunk.index] * len(chunk.values))
            batch.offsets.extend(chunk.offsets)
            batch.next_offsets[chunk.index] = chunk.offsets[-1] + 1
        self._next.update(batch.next_offsets)
        self._records += self._rows
        self._chunks = []
        self._rows = self._bytes = 0
        self._is_idle = False
        return batch


class TopicSource(FixedPartitionedSource[TopicBatch, TopicState]):
    """
    Read whole topics, each as one part that holds all its partitions.

    One part a topic, not one a partition, because a store wants few large inserts per table.
    Order: within a partition. Without resume state it starts at the first record kept.

    Delivery: at least once. Bytewax snapshots the next offset of every partition behind the last
    batch sent on; a restart reads what followed again. A set `stop` event ends every part; what
    was read but not sent on is read again.

    Parameters
    ----------
    config : TopicSourceConfig
        What is read and how it is batched.
    stop : threading.Event
        Ends the source between two batches.
    """

    def __init__(self, config: TopicSourceConfig, stop: threading.Event) -> None:
        self._config = config
        self._stop = stop

    def list_parts(self) -> list[str]:
        """Return the topics."""
        return list(self._config.topics)

    def build_part(self, step_id: str, for_part: str, resume_state: TopicState | None) -> TopicPart:
        """Build or resume one topic."""
        del step_id
        if resume_state is not None and resume_state[0] != STATE_VERSION:
            msg = f"resume state has version {resume_state[0]}, expected {STATE_VERSION}"
            raise MisconfiguredConnector(msg)
        return TopicPart(self._config, for_part, resume_state, self._stop)
