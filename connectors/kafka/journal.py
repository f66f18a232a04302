"""
Journal of the order a live source has given its records, where wall time had a say in it.

The order of a strict source follows from the log. A live one waits only so long: it waives quiet
inputs, and ticks. That shows in what it gives only when a record comes in after its turn, so at
every such moment the source states, as a `Mark`, what it had released and promised just *before*
it took that record up. Whoever reads the log up to such a mark, strictly, then ticks to the
mark's event time and goes on gives what the live source gave, byte for byte:

* Between two marks nothing missed its turn: each record taken up sorts behind all released before
  it. Whatever was waived, what comes out is a sorted sequence, and its records are known: those
  between the offsets of the marks. A strict merge gives the same.
* What was read but not released at a mark is taken up again behind it. Everything released had
  sorted before it, so the greater floor flags and moves exactly what the old one did. A tick is
  sent only when nothing waits, so no record waits across one.
* What is no record has the time of the one before it in its input; without one it has none, and
  such dead letters may change places among themselves.
* Ticks for which no record was late change no order: who is told of time by the next record
  instead does before that record what the tick would have had done.

The last stretch before a crash needs more: what was given since the last snapshot is given again,
from a log to which something late may have been added in the meantime. So with everything derived
goes a statement of how far the source was *behind* it (`EventBatch.reached`); only the last one of
a flow is of use, and only to itself. A tick or a batch of which nothing was derived needs none.
"""

import threading
import time
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from connectors.errors import TransientConnector
from connectors.kafka.batch import NS_PER_MS
from connectors.kafka.batch import EventBatch
from connectors.kafka.batch import OutRecord
from connectors.kafka.bounds import LogBounds
from connectors.kafka.config import SourceConfig
from connectors.kafka.marks import Mark
from connectors.kafka.marks import decode_mark
from connectors.kafka.marks import encode_mark
from connectors.kafka.reader import ANSWER_TIMEOUT_S
from connectors.kafka.reader import LogReader

log: Final = structlog.get_logger()

ORDER_TOPIC: Final = "control.order"
PROGRESS_TOPIC: Final = "control.progress"
POLL_S: Final = 0.002


def order_marks(batch: EventBatch, flow: str) -> list[OutRecord]:
    """
    Return the mark a batch brings, as a message to write before what the batch derives.

    Parameters
    ----------
    batch : EventBatch
        From the live source; others bring none.
    flow : str
        Consumer group of the flow whose order it is.
    """
    return [] if batch.mark is None else [_message(ORDER_TOPIC, batch.partition, flow, batch.mark)]


def progress_marks(batch: EventBatch, flow: str) -> list[OutRecord]:
    """Return how far a batch brings the flow, to write before what the batch derives, if any."""
    if batch.reached is None:
        return []
    return [_message(PROGRESS_TOPIC, batch.partition, flow, batch.reached)]


def _message(topic: str, partition: int, flow: str, mark: Mark) -> OutRecord:
    stamp_ms = max(mark.reached_ns, 0) // NS_PER_MS
    return OutRecord(topic, partition, flow.encode(), encode_mark(mark), stamp_ms)


@dataclass(frozen=True, slots=True)
class JournalRead:
    """
    What the log says of a partition's order.

    Parameters
    ----------
    marks : sequence of Mark
        In the order they were written.
    progress : Mark | None
        How far the flow had come; null where it is not the live one, or has never said.
    """

    marks: Sequence[Mark] = ()
    progress: Mark | None = None

    @property
    def all(self) -> list[Mark]:
        """Marks to pass."""
        return [*self.marks, *([] if self.progress is None else [self.progress])]


def read_journal(
    config: SourceConfig, partition: int, from_ns: int, stop: threading.Event
) -> JournalRead:
    """
    Read the marks of a partition to the end of the log.

    Parameters
    ----------
    config : SourceConfig
        Whose journal, and where; without one there are no marks.
    partition : int
        Partition number.
    from_ns : int
        Event time, ns UTC: what was reached earlier is left out, to the millisecond; 0 for none.
    stop : threading.Event
        Ends it early.

    Raises
    ------
    MisconfiguredConnector
        A topic does not exist.
    TransientConnector
        The broker does not answer.
    RejectedRecord
        A message of the flow is no mark: its order would be a guess.
    """
    marks, progress = (
        list(_marks(config, topic, partition, from_ns, stop)) if topic else []
        for topic in (config.journal_topic, config.progress_topic)
    )
    return JournalRead(marks, progress[-1] if progress else None)


def _marks(
    config: SourceConfig, topic: str, partition: int, from_ns: int, stop: threading.Event
) -> Iterator[Mark]:
    key = config.journal_key.encode()
    reader = LogReader(
        config.brokers,
        config.group,
        [(topic, partition)],
        [None],
        bounds=LogBounds(policy="all", stop_at_end=True, from_ns=from_ns),
        keys={0: frozenset([key])},
    )
    try:
        position = reader.positions[0]
        answered_s = time.monotonic()
        while not (reader.has_ended[0] or stop.is_set()):
            for chunk in reader.fetch():
                for value in chunk.values:
                    yield decode_mark(value or b"")
            if reader.positions[0] > position:
                position, answered_s = reader.positions[0], time.monotonic()
            elif time.monotonic() > answered_s + ANSWER_TIMEOUT_S:
                msg = f"cannot read {topic}/{partition} to its end; is the broker up?"
                raise TransientConnector(msg)
            else:
                time.sleep(POLL_S)
    finally:
        reader.close()


@dataclass(frozen=True, slots=True)
class Stretch:
    """
    What a source is about to read; by input.

    Parameters
    ----------
    starts, ends : sequence of int
        First offset, and the one to stop before, or the log's own end where it goes on.
    following : sequence of int
        First offset behind the log.
    from_ns : int
        Event time before which nothing is wanted, ns UTC; 0 for none.
    is_bounded : bool
        Whether it stops there.
    is_resumed : bool
        Whether it starts in the middle of a stream, whose event time it knows.
    """

    starts: Sequence[int]
    ends: Sequence[int]
    following: Sequence[int]
    from_ns: int
    is_bounded: bool
    is_resumed: bool

    def ahead(self, marks: Iterable[Mark], topics: Sequence[str]) -> list[Mark]:
        """
        Return the marks that are still to be passed, cut to the stretch.

        One behind the end of an input lets that input be read to its end; one of a log that has
        been cut since it was written can never be reached and is skipped with a warning.

        Parameters
        ----------
        marks : iterable of Mark
            In the order they were written.
        topics : sequence of str
            Inputs in rank order.
        """
        found = []
        lost = 0
        for mark in marks:
            at = [mark.offsets.get(topic, start) for topic, start in self._by_input(topics)]
            if any(offset > end for offset, end in zip(at, self.following, strict=True)):
                lost += 1
                continue
            if self._is_ahead(at) and mark.reached_ns >= self.from_ns:
                places = zip(topics, at, self.ends, strict=True)
                offsets = {topic: min(offset, end) for topic, offset, end in places}
                found.append(Mark(mark.reached_ns, offsets, rank=mark.rank))
        if lost:
            log.warning("order_marks_lost", marks=lost, why="they lie behind the end of the log")
        return found

    def _by_input(self, topics: Sequence[str]) -> Iterable[tuple[str, int]]:
        return zip(topics, self.starts, strict=True)

    def _is_ahead(self, at: Sequence[int]) -> bool:
        if self.is_bounded and all(
            offset >= end for offset, end in zip(at, self.ends, strict=True)
        ):
            return False
        if self.from_ns and not self.is_resumed:
            # Time was promised by then, whichever records that was heard from.
            return True
        steps = [offset - start for offset, start in zip(at, self.starts, strict=True)]
        # Where exactly a mark was reached, its tick may still be due.
        return any(step > 0 for step in steps) or (self.is_resumed and not any(steps))


class OrderJournal:
    """
    State the order of a source as it comes about.

    Parameters
    ----------
    topics : sequence of str
        Inputs in rank order.
    known : Mark | None
        Last mark that was read from the journal: it is not written again.
    """

    def __init__(self, topics: Sequence[str], known: Mark | None) -> None:
        self._topics = tuple(topics)
        self._known = known
        self._pending: Mark | None = None

    def missed(self, floor: tuple[int, int], offsets: Sequence[int]) -> None:
        """Note that a record came in after its turn, when so much had been released."""
        if self._pending is not None:
            return
        mark = self.reached(floor, offsets)
        if mark != self._known:
            self._pending = mark

    def take(self) -> Mark | None:
        """
        Return the mark to write with the batch that is about to be given, if any.

        One that waits for its batch when a snapshot is taken is not lost: nothing has been released
        since, so the resumed source takes up the same record after the same turn.
        """
        mark, self._pending = self._pending, None
        return mark

    def reached(self, floor: tuple[int, int], offsets: Sequence[int]) -> Mark:
        """Return how far the source is: in event time and rank, and in its inputs."""
        reached_ns, rank = floor
        return Mark(reached_ns, dict(zip(self._topics, offsets, strict=True)), rank=rank)
