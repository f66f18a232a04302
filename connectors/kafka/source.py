"""Ordered source: partition n of several topics as one stream in event-time order."""

import threading
import time
from collections.abc import Sequence
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Final
from typing import cast

import msgspec
import structlog
from bytewax.inputs import FixedPartitionedSource
from bytewax.inputs import StatefulSourcePartition

from connectors.errors import MisconfiguredConnector
from connectors.kafka.batch import EventBatch
from connectors.kafka.bounds import LogBounds
from connectors.kafka.config import SourceConfig
from connectors.kafka.copartition import partition_count
from connectors.kafka.gate import MarkGate
from connectors.kafka.journal import OrderJournal
from connectors.kafka.journal import Stretch
from connectors.kafka.journal import read_journal
from connectors.kafka.marks import Mark
from connectors.kafka.merge import Merged
from connectors.kafka.merge import OrderedMerge
from connectors.kafka.partitioner import partition_key
from connectors.kafka.poison import without_poison
from connectors.kafka.reader import NO_KEYS
from connectors.kafka.reader import LogReader
from connectors.kafka.stamps import NO_STAMP
from connectors.kafka.tape_clock import TapeClock

log: Final = structlog.get_logger()

STATE_VERSION: Final = 2
FORMER_VERSION: Final = 1  # without what was released
IDLE_POLL: Final = timedelta(milliseconds=5)

# (version, {topic: (next offset, running maximum of source_ts)}, last tick, greatest (event time,
# rank) released); the marks stand among the topics, without a maximum.
SourceState = tuple[int, dict[str, tuple[int, int | None]], int | None, tuple[int, int] | None]
Item = tuple[str, EventBatch]


def source_topics(config: SourceConfig) -> tuple[str, ...]:
    """Return all topics of which a source reads a partition: its inputs, and marks."""
    marks = (config.marks_topic, config.journal_topic, config.progress_topic)
    return (*config.topics, *[topic for topic in marks if topic])


def _bounds(config: SourceConfig) -> LogBounds:
    if config.marks_topic:
        # A mark says how far a log goes that was there from its first record on.
        return LogBounds(policy="all", has_marks=True)
    return LogBounds(
        policy=config.deliver_policy,
        stop_at_end=config.stop_at_end,
        from_ns=config.from_ns,
        until_ns=config.until_ns,
    )


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
        topics = (*config.topics, config.marks_topic) if config.marks_topic else config.topics
        resumed = [known.get(topic, (None, None)) for topic in topics]
        count = len(config.topics)
        self._merge = OrderedMerge(
            [running_max for _, running_max in resumed[:count]],
            None if state is None else state[2],
            None if state is None else state[3],
        )
        wanted = frozenset(key.encode() for key in config.keys)
        bounds = _bounds(config)
        self._stops_at_end = bounds.is_bounded
        # Before the ends of the inputs are looked up: what the journal speaks of is in front of
        # them.
        journal = read_journal(config, partition, self._reached_ns, stop)
        self._reader = LogReader(
            config.brokers,
            config.group,
            [(topic, partition) for topic in topics],
            [offset for offset, _ in resumed],
            bounds=bounds,
            keys=dict.fromkeys(range(count), wanted) if wanted else NO_KEYS,
            reads_attempts=True,
        )
        self._attempts: dict[tuple[int, int], int] = {}
        self._next = list(self._reader.positions)
        self._journal = OrderJournal(config.topics, journal.marks[-1] if journal.marks else None)
        self._gate = self._first_gate(journal.all)
        self._clock = TapeClock(config.max_idle_ms, config.tick_ms)
        self._clock.start(time.monotonic_ns(), self._merge.released_ns)
        self._has_drained = False
        self._is_idle = False
        self._records = self._poison = 0
        self._end_inputs()

    @property
    def _reached_ns(self) -> int:
        return max(self._config.from_ns, self._merge.floor_ns)

    def _first_gate(self, journal: Sequence[Mark]) -> MarkGate | None:
        topics = self._config.topics
        starts = self._next[: len(topics)]
        if self._config.marks_topic:
            return MarkGate(self._merge, topics, starts, self._next[-1])
        stretch = Stretch(
            starts=starts,
            ends=self._reader.ends,
            following=self._reader.following,
            from_ns=self._reached_ns,
            is_bounded=self._stops_at_end,
            is_resumed=self._merge.floor_ns != NO_STAMP,
        )
        ahead = stretch.ahead(journal, topics)
        return MarkGate(self._merge, topics, starts, journal=ahead) if ahead else None

    def next_batch(self) -> list[Item]:
        """Return the next stretch of records, a tick, the end, or nothing yet."""
        if self._stop.is_set() or self._has_drained:
            raise StopIteration
        batch = self._next_records()
        if batch is None:
            batch = self._without_records()
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
        if self._gate is not None and self._config.marks_topic:
            positions[self._config.marks_topic] = (self._gate.marks_position, None)
        if self._has_drained:
            return STATE_VERSION, positions, None, None
        return STATE_VERSION, positions, self._merge.watermark_ns, self._merge.released

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
        gate = self._gate
        buffered = {rank: merge.buffered(rank) for rank in range(len(self._config.topics))}
        self._reader.bound_buffers(buffered if gate is None else gate.waiting())
        merged = self._take() if sum(buffered.values()) >= limit else None
        if merged is None:
            self._fetch()
            merged = self._take()
        if merged is None and not merge.is_empty and gate is None and not self._stops_at_end:
            merged = self._take_settled(limit)
        return None if merged is None else self._batch(merged)

    def _take(self) -> Merged | None:
        waived = () if self._gate is None else self._gate.reached
        return self._merge.take(self._config.batch_records, waived)

    def _fetch(self) -> None:
        chunks = self._reader.fetch()
        for chunk in chunks:
            if self._gate is None and self._merge.add(
                chunk.index, chunk.values, chunk.keys, chunk.offsets
            ):
                self._journal.missed(self._merge.floor, self._next)
            for offset, attempt in chunk.attempts.items():
                self._attempts[chunk.index, offset] = attempt
        if self._gate is not None:
            self._gate.add(chunks, self._reader.positions)
        elif chunks:
            first_ns, last_ns = self._merge.span_ns([chunk.index for chunk in chunks])
            self._clock.saw(time.monotonic_ns(), first_ns, last_ns)
        self._end_inputs()
        if self._config.keys and self._gate is None:
            self._pass_over()

    def _pass_over(self) -> None:
        # Where nothing waits, all that was read has been handled or was not wanted.
        for rank, position in enumerate(self._reader.positions):
            if not self._merge.buffered(rank):
                self._next[rank] = position

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
            batch = without_poison(merged, self._partition, self._config.topics, attempts)
            self._poison += len(batch.poison)
            return self._stated(batch)
        batch = EventBatch(
            partition=self._partition,
            ranks=merged.ranks,
            values=cast(list[bytes], merged.values),  # a null value would be marked bad
            late=merged.late,
            offsets=merged.offsets,
            keys=merged.keys,
            attempts=attempts,
        )
        return self._stated(batch)

    def _stated(self, batch: EventBatch) -> EventBatch:
        # What the live flow writes down of its order.
        if not self._config.progress_topic or self._gate is not None:
            return batch
        mark = self._journal.take()
        if self._stops_at_end:
            return batch if mark is None else msgspec.structs.replace(batch, mark=mark)
        reached = self._journal.reached(self._merge.floor, self._next)
        return msgspec.structs.replace(batch, mark=mark, reached=reached)

    def _take_attempts(self, merged: Merged) -> dict[int, int]:
        places = zip(merged.ranks, merged.offsets, strict=True)
        return {
            at: self._attempts.pop(place)
            for at, place in enumerate(places)
            if place in self._attempts
        }

    def _without_records(self) -> EventBatch | None:
        if self._gate is not None:
            return self._pass_marks(self._gate)
        return self._drained() if self._stops_at_end else self._tick()

    def _pass_marks(self, gate: MarkGate) -> EventBatch | None:
        count = len(self._config.topics)
        while (mark := gate.passed()) is not None:
            self._next[:count] = map(max, self._next, gate.targets)
            if mark.is_end:
                # The mark is not passed: a restart finds the end again.
                self._has_drained = True
                return EventBatch(partition=self._partition, is_end=True)
            is_tick = self._merge.tick(mark.reached_ns)
            if not self._config.marks_topic:
                self._merge.pass_by((mark.reached_ns, mark.rank))
            gate.advance()
            if self._config.marks_topic:
                self._next[-1] = gate.marks_position
            elif gate.is_behind_all:
                self._open(gate)
            if is_tick:
                return EventBatch(partition=self._partition, watermark_ns=mark.reached_ns)
            merged = self._take()
            if merged is not None:
                return self._batch(merged)
        return None

    def _open(self, gate: MarkGate) -> None:
        # Behind the journal the source goes on by its own lights.
        self._gate = None
        if gate.open():
            self._journal.missed(self._merge.floor, self._next)
        now_ns = time.monotonic_ns()
        self._clock.start(now_ns, self._merge.released_ns)
        waiting = [rank for rank in range(len(self._next)) if self._merge.buffered(rank)]
        if waiting:
            self._clock.saw(now_ns, *self._merge.span_ns(waiting))

    def _tick(self) -> EventBatch | None:
        if not self._config.ticks or not self._merge.is_empty:
            return None
        if not all(map(self._reader.is_caught_up, range(len(self._config.topics)))):
            return None
        watermark_ns = self._clock.watermark_ns(time.monotonic_ns())
        if watermark_ns is None or not self._merge.tick(watermark_ns):
            return None
        return self._stated(EventBatch(partition=self._partition, watermark_ns=watermark_ns))

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
    time or the last tick is flagged late and counted. With `journal_topic` that is written down
    when it happens, and a source reads it at its start: it goes through the marks first, live or
    not, and so gives again what the live one gave; see `connectors.kafka.journal`.

    Delivery: at least once. Bytewax snapshots the next offset and running maximum of every input
    and what was released last; a restart re-reads what followed the last snapshot, in the same
    order by the journal. The consumer group only shows progress.
    A set `stop` event ends every partition after its current batch, without the end mark.

    With `from_ns` and `until_ns` it reads what lies between two stamps of the log; one that has an
    `until_ns` ends there, guessing nothing, as with `stop_at_end`. With `keys` the stream is that
    of a log that holds no others: what is passed over moves offsets, but says nothing of event
    time, because the next record wanted may well be earlier, and no record is late for it.

    With `marks_topic` partition n of it says how far to read. In front of a mark the order is that
    of a log that ends there, so the stream is a function of the log and its marks; behind each
    mark follows a tick to the event time it has reached, if that says anything new, and at the
    last one the end. Wall time, `stop_at_end` and `deliver_policy` have no say: it starts at the
    first record kept. Resume state holds the offset of the mark that has not been passed too.

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
    RejectedRecord
        A message among the marks is none.
    """

    def __init__(self, config: SourceConfig, stop: threading.Event) -> None:
        self._config = config
        self._stop = stop

    def list_parts(self) -> list[str]:
        """Return one key per partition number."""
        count = partition_count(self._config.brokers, source_topics(self._config))
        return [partition_key(partition) for partition in range(count)]

    def build_part(
        self, step_id: str, for_part: str, resume_state: SourceState | None
    ) -> OrderedPartition:
        """Build or resume one partition number."""
        del step_id
        state = None if self._config.ignore_state else resume_state
        if state is not None and state[0] == FORMER_VERSION:
            state = (STATE_VERSION, state[1], state[2], None)
        if state is not None and state[0] != STATE_VERSION:
            msg = f"resume state has version {state[0]}, expected {STATE_VERSION}"
            raise MisconfiguredConnector(msg)
        return OrderedPartition(self._config, int(for_part), state, self._stop)
