"""Ordered source: partition n of several topics as one stream in event-time order."""

import threading
import time
from collections.abc import Iterable
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Final
from typing import cast

import structlog
from bytewax.inputs import FixedPartitionedSource
from bytewax.inputs import StatefulSourcePartition
from confluent_kafka import KafkaException

from connectors.errors import MisconfiguredConnector
from connectors.kafka.batch import EventBatch
from connectors.kafka.batch import PoisonRecord
from connectors.kafka.clients import admin_client
from connectors.kafka.config import SourceConfig
from connectors.kafka.merge import Merged
from connectors.kafka.merge import OrderedMerge
from connectors.kafka.partitioner import partition_key
from connectors.kafka.reader import ANSWER_TIMEOUT_S
from connectors.kafka.reader import LogReader
from connectors.kafka.reader import connector_error
from connectors.kafka.stamps import HEADER_BYTES
from connectors.kafka.tape_clock import TapeClock

log: Final = structlog.get_logger()

STATE_VERSION: Final = 1
IDLE_POLL: Final = timedelta(milliseconds=5)

# (version, {topic: (next offset, running maximum of source_ts)}, last tick)
SourceState = tuple[int, dict[str, tuple[int, int | None]], int | None]
Item = tuple[str, EventBatch]


def poison_error(value: bytes | None) -> str:
    """Say why a message is no record."""
    if value is None:
        return "no_value: a tombstone carries no record"
    if len(value) <= HEADER_BYTES:
        return f"short_value: {len(value)} bytes, expected a 5-byte header and a body"
    if value[0] != 0:
        return f"bad_magic: first byte is {value[0]:#04x}, expected 0x00"
    return "bad_stamp: the body does not begin with source_ts"


def partition_count(brokers: str, topics: Iterable[str]) -> int:
    """
    Return the number of partitions the topics share.

    Raises
    ------
    MisconfiguredConnector
        A topic does not exist, or the topics are not co-partitioned.
    TransientConnector
        The broker does not answer.
    """
    try:
        known = admin_client(brokers).list_topics(timeout=ANSWER_TIMEOUT_S)
    except KafkaException as error:
        raise connector_error(error.args[0], f"cannot list topics of {brokers}") from error
    counts = {
        name: len(known.topics[name].partitions) if name in known.topics else 0 for name in topics
    }
    missing = [name for name, count in counts.items() if not count]
    if missing:
        msg = f"no topic {', '.join(missing)}; create it with `islandflow topics apply`"
        raise MisconfiguredConnector(msg)
    if len(set(counts.values())) != 1:
        found = ", ".join(f"{name} {count}" for name, count in counts.items())
        msg = f"topics of one flow need the same number of partitions, found {found}"
        raise MisconfiguredConnector(msg)
    return next(iter(counts.values()))


class OrderedPartition(StatefulSourcePartition[Item, SourceState]):
    """One partition number of every input; see `OrderedSource`."""

    def __init__(
        self,
        config: SourceConfig,
        partition: int,
        state: SourceState | None,
        stop: threading.Event,
    ) -> None:
        self._config = config
        self._partition = partition
        self._stop = stop
        self._key = partition_key(partition)
        known = {} if state is None else state[1]
        places = [(topic, partition) for topic in config.topics]
        resumed = [known.get(topic, (None, None)) for topic in config.topics]
        self._reader = LogReader(
            config.brokers,
            config.group,
            places,
            [offset for offset, _ in resumed],
            policy=config.deliver_policy,
            stop_at_end=config.stop_at_end,
            reads_attempts=True,
        )
        self._attempts: dict[tuple[int, int], int] = {}
        self._next = list(self._reader.positions)
        self._merge = OrderedMerge(
            [running_max for _, running_max in resumed], None if state is None else state[2]
        )
        self._clock = TapeClock(config.max_idle_ms, config.tick_ms)
        self._clock.start(time.monotonic_ns(), self._merge.released_ns)
        self._has_drained = False
        self._is_idle = False
        self._records = self._poison = 0
        self._end_inputs()

    def next_batch(self) -> list[Item]:
        """Return the next stretch of records, a tick, the end, or nothing yet."""
        if self._stop.is_set() or self._has_drained:
            raise StopIteration
        batch = self._next_records()
        if batch is None:
            batch = self._drained() if self._config.stop_at_end else self._tick()
        self._reader.show_progress(dict(enumerate(self._next)))
        self._is_idle = batch is None
        return [] if batch is None else [(self._key, batch)]

    def next_awake(self) -> datetime | None:
        """Ask again at once while records come, else a little later."""
        return datetime.now(UTC) + IDLE_POLL if self._is_idle else None

    def snapshot(self) -> SourceState:
        """
        Return where to go on.

        Behind a drained end the running maxima are forgotten: what is appended later may be of
        an earlier date, and is not late for that.
        """
        positions = {
            topic: (self._next[rank], None if self._has_drained else self._merge.running_max(rank))
            for rank, topic in enumerate(self._config.topics)
        }
        return STATE_VERSION, positions, None if self._has_drained else self._merge.watermark_ns

    def close(self) -> None:
        """Show the last progress and give back the connection."""
        self._reader.show_progress(dict(enumerate(self._next)), now=True)
        self._reader.close()
        log.info(
            "source_closed",
            group=self._config.group,
            partition=self._partition,
            records=self._records,
            late=self._merge.late,
            poison=self._poison,
        )

    def _next_records(self) -> EventBatch | None:
        limit = self._config.batch_records
        merge = self._merge
        buffered = {rank: merge.buffered(rank) for rank in range(len(self._config.topics))}
        self._reader.bound_buffers(buffered)
        merged = merge.take(limit) if sum(buffered.values()) >= limit else None
        if merged is None:
            self._fetch()
            merged = merge.take(limit)
        if merged is None and not merge.is_empty and not self._config.stop_at_end:
            merged = self._take_settled(limit)
        return None if merged is None else self._batch(merged)

    def _fetch(self) -> None:
        chunks = self._reader.fetch()
        for chunk in chunks:
            self._merge.add(chunk.index, chunk.values, chunk.keys, chunk.offsets)
            for offset, attempt in chunk.attempts.items():
                self._attempts[chunk.index, offset] = attempt
        if chunks:
            first_ns, last_ns = self._merge.span_ns([chunk.index for chunk in chunks])
            self._clock.saw(time.monotonic_ns(), first_ns, last_ns)
        self._end_inputs()

    def _end_inputs(self) -> None:
        for rank, has_ended in enumerate(self._reader.has_ended):
            if has_ended:
                self._merge.end(rank)

    def _take_settled(self, limit: int) -> Merged | None:
        settled_ns = self._clock.settled_ns(time.monotonic_ns())
        holding = self._merge.holding()
        if settled_ns is None or not all(map(self._reader.is_caught_up, holding)):
            return None
        return self._merge.take(limit, waived=holding, until_ns=settled_ns)

    def _batch(self, merged: Merged) -> EventBatch:
        for rank in set(merged.ranks):
            self._next[rank] = merged.offsets[merged.ranks.rindex(rank)] + 1
        self._records += len(merged.values)
        attempts = self._take_attempts(merged) if self._attempts else {}
        if any(merged.bad):
            return self._without_poison(merged, attempts)
        return EventBatch(
            partition=self._partition,
            ranks=merged.ranks,
            values=cast(list[bytes], merged.values),  # a null value would be marked bad
            late=merged.late,
            offsets=merged.offsets,
            keys=merged.keys,
            attempts=attempts,
        )

    def _take_attempts(self, merged: Merged) -> dict[int, int]:
        places = zip(merged.ranks, merged.offsets, strict=True)
        return {
            at: self._attempts.pop(place)
            for at, place in enumerate(places)
            if place in self._attempts
        }

    def _without_poison(self, merged: Merged, attempts: dict[int, int]) -> EventBatch:
        good = [at for at, is_bad in enumerate(merged.bad) if not is_bad]
        poison = tuple(
            PoisonRecord(
                topic=self._config.topics[merged.ranks[at]],
                partition=self._partition,
                offset=merged.offsets[at],
                key=merged.keys[at],
                value=merged.values[at],
                error=poison_error(merged.values[at]),
                attempt=attempts.get(at, 1),
            )
            for at, is_bad in enumerate(merged.bad)
            if is_bad
        )
        self._poison += len(poison)
        return EventBatch(
            partition=self._partition,
            ranks=bytes(merged.ranks[at] for at in good),
            values=[value for at in good if (value := merged.values[at]) is not None],
            late=bytes(merged.late[at] for at in good),
            offsets=[merged.offsets[at] for at in good],
            keys=[merged.keys[at] for at in good],
            attempts={place: attempts[at] for place, at in enumerate(good) if at in attempts},
            poison=poison,
        )

    def _tick(self) -> EventBatch | None:
        if not self._merge.is_empty:
            return None
        if not all(map(self._reader.is_caught_up, range(len(self._config.topics)))):
            return None
        watermark_ns = self._clock.watermark_ns(time.monotonic_ns())
        if watermark_ns is None or not self._merge.tick(watermark_ns):
            return None
        return EventBatch(partition=self._partition, watermark_ns=watermark_ns)

    def _drained(self) -> EventBatch | None:
        if not (self._merge.has_ended and self._merge.is_empty):
            return None
        self._next = [max(pair) for pair in zip(self._next, self._reader.ends, strict=True)]
        self._has_drained = True
        return EventBatch(partition=self._partition, is_end=True)


class OrderedSource(FixedPartitionedSource[Item, SourceState]):
    """
    Read partition n of several topics as one stream ordered by event time.

    Order: (effective `source_ts`, rank of the topic, offset), where the effective stamp is the
    running maximum within the topic and partition; a record behind it keeps its place in the log
    and is flagged late. With `stop_at_end` a record is released only when every other input has
    data or has ended, so the stream is a function of the log alone. Live, an input that is caught
    up holds back the others for at most `max_idle_ms` of wall time; what comes later than released
    time or the last tick is flagged late and counted.

    Delivery: at least once. Bytewax snapshots the next offset and running maximum of every input;
    a restart re-reads what followed the last snapshot. The consumer group only shows progress.
    A set `stop` event ends every partition after its current batch, without the end mark.

    Parameters
    ----------
    config : SourceConfig
        What to read and how long to wait.
    stop : threading.Event
        Ends the source between two batches; see `stop_on_signals`.

    Raises
    ------
    MisconfiguredConnector
        A topic is missing, the topics are not co-partitioned, or the resume state belongs to
        another log.
    """

    def __init__(self, config: SourceConfig, stop: threading.Event) -> None:
        self._config = config
        self._stop = stop

    def list_parts(self) -> list[str]:
        """Return one key per partition number."""
        count = partition_count(self._config.brokers, self._config.topics)
        return [partition_key(partition) for partition in range(count)]

    def build_part(
        self, step_id: str, for_part: str, resume_state: SourceState | None
    ) -> OrderedPartition:
        """Build or resume one partition number."""
        del step_id
        state = None if self._config.ignore_state else resume_state
        if state is not None and state[0] != STATE_VERSION:
            msg = f"resume state has version {state[0]}, expected {STATE_VERSION}"
            raise MisconfiguredConnector(msg)
        return OrderedPartition(self._config, int(for_part), state, self._stop)
