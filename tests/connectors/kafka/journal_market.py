"""A live flow over a log in memory, killed and started again, and replays of it."""

import random
import threading
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from dataclasses import field

import msgspec
import pytest
from hypothesis import strategies as st

from connectors.kafka import journal
from connectors.kafka.batch import EventBatch
from connectors.kafka.batch import OutRecord
from connectors.kafka.config import SourceConfig
from connectors.kafka.journal import ORDER_TOPIC
from connectors.kafka.journal import PROGRESS_TOPIC
from connectors.kafka.journal import order_marks
from connectors.kafka.journal import progress_marks
from connectors.kafka.marks import Mark
from connectors.kafka.marks import decode_mark
from connectors.kafka.source import OrderedPartition
from connectors.kafka.source import SourceState
from connectors.kafka.stamps import read_source_stamps
from schemas._wire import encode_long
from tests.connectors.kafka.memory_consumer import Place
from tests.connectors.kafka.memory_consumer import Stored
from tests.connectors.kafka.test_marks import PREFIX
from tests.connectors.kafka.test_marks import memory_broker
from tests.connectors.kafka.test_marks import topic

MS = 1_000_000
FLOW = "flow"
MOST_CALLS = 5_000
WINDOW_MS = 6

# rank, offset, late
Row = tuple[int, int, bool]


def message(stamp_ms: int | None, key: bytes | None = b"SPY") -> Stored:
    if stamp_ms is None:
        return Stored(b"junk", key, 0)
    return Stored(PREFIX + encode_long(stamp_ms * MS) + b"body", key, stamp_ms)


@dataclass
class Windows:
    """
    What a flow does with a stream: it counts in windows that close when event time passes them.

    A record that was late finds its window open or not: there a tick shows.
    """

    now_ns: int = 0
    open: dict[int, tuple[int, int]] = field(default_factory=dict)  # by rank: deadline, records

    def take(self, batch: EventBatch) -> list[object]:
        out: list[object] = []
        stamps = read_source_stamps(batch.values)[0].tolist()
        for rank, offset, late, stamp in zip(
            batch.ranks, batch.offsets, batch.late, stamps, strict=True
        ):
            out += self._pass(stamp)
            deadline, count = self.open.get(rank, (stamp + WINDOW_MS * MS, 0))
            self.open[rank] = (deadline, count + 1)
            out.append(("record", rank, offset, bool(late), count))
        if batch.watermark_ns is not None:
            out += self._pass(batch.watermark_ns)
        return out

    def _pass(self, at_ns: int) -> list[object]:
        self.now_ns = max(self.now_ns, at_ns)
        due = sorted(
            (deadline, rank, count)
            for rank, (deadline, count) in self.open.items()
            if deadline < self.now_ns
        )
        for _, rank, _ in due:
            del self.open[rank]
        return [("window", *each) for each in due]


@dataclass
class Given:
    """What runs have given: records, what is no record, and what a flow makes of it."""

    rows: list[Row] = field(default_factory=list)
    poison: list[tuple[str, int]] = field(default_factory=list)
    made: list[object] = field(default_factory=list)

    def is_begin_of(self, other: "Given") -> bool:
        return all(
            mine == others[: len(mine)]
            for mine, others in (
                (self.rows, other.rows),
                (self.poison, other.poison),
                (self.made, other.made),
            )
        )

    @property
    def made_to_last_record(self) -> list[object]:
        places = [at for at, each in enumerate(self.made) if each[0] == "record"]  # type: ignore[index]
        return self.made[: places[-1] + 1] if places else []


def live(count: int, batch_records: int, max_idle_ms: int) -> SourceConfig:
    return SourceConfig(
        brokers="memory",
        group=FLOW,
        topics=tuple(map(topic, range(count))),
        deliver_policy="all",
        batch_records=batch_records,
        max_idle_ms=max_idle_ms,
        tick_ms=10,
        journal_topic=ORDER_TOPIC,
        journal_key=FLOW,
        progress_topic=PROGRESS_TOPIC,
    )


def replay(config: SourceConfig, **changes: object) -> SourceConfig:
    return msgspec.structs.replace(
        config, group="replay.x.flow", stop_at_end=True, progress_topic="", **changes
    )


class Market:
    """A log in memory, a wall clock, and a live flow that can be killed."""

    def __init__(self, config: SourceConfig) -> None:
        self.config = config
        self.log: dict[Place, list[Stored]] = {
            (name, 0): [] for name in (*config.topics, ORDER_TOPIC, PROGRESS_TOPIC)
        }
        self.now_ns = 10**12
        self.given = Given()
        self._windows = Windows()
        self._part: OrderedPartition | None = None
        self._saved: tuple[SourceState | None, Windows, Given] = (None, Windows(), Given())
        self._before: list[Given] = []

    def append(self, rank: int, stored: Stored) -> None:
        self.log[topic(rank), 0].append(stored)

    def poll(self) -> None:
        if self._part is None:
            self._part = OrderedPartition(self.config, 0, self._saved[0], threading.Event())
        for _, batch in self._part.next_batch():
            take(batch, self.given, self._windows, self._write)

    def _write(self, record: OutRecord) -> None:
        self.log[record.topic, 0].append(Stored(record.value, record.key, record.timestamp_ms))

    def save(self) -> None:
        if self._part is not None:
            self._saved = (self._part.snapshot(), deepcopy(self._windows), deepcopy(self.given))

    def kill(self) -> None:
        """Lose what was since the snapshot; what was written stays, and is given again."""
        self._before.append(self.given)
        _, windows, given = self._saved
        self._windows, self.given = deepcopy(windows), deepcopy(given)
        self._part = None

    def start_over(self) -> None:
        """Forget everything but the log."""
        self.given, self._windows, self._part = Given(), Windows(), None
        self._saved = (None, Windows(), Given())
        self._before = []

    def finish(self) -> None:
        total = sum(len(self.log[name, 0]) for name in self.config.topics)
        for _ in range(MOST_CALLS):
            if len(self.given.rows) + len(self.given.poison) == total:
                break
            self.now_ns += 5 * MS
            self.poll()
        else:
            msg = "the live source does not come to the end of its log"
            raise AssertionError(msg)
        for before in self._before:
            # What has been given before a crash is given again, to the last byte.
            assert before.rows == self.given.rows[: len(before.rows)]
            assert before.poison == self.given.poison[: len(before.poison)]
            # Only a tick behind the last record may still be due.
            count = min(len(before.made), len(self.given.made))
            assert before.made[:count] == self.given.made[:count]
            assert len(before.made_to_last_record) <= count

    @property
    def saved(self) -> SourceState | None:
        return self._saved[0]

    @property
    def marks(self) -> list[Mark]:
        return [decode_mark(each.value or b"") for each in self.log[ORDER_TOPIC, 0]]


def take(
    batch: EventBatch,
    given: Given,
    windows: Windows,
    write: Callable[[OutRecord], None] | None = None,
) -> None:
    made = windows.take(batch)
    marks = order_marks(batch, FLOW) + (progress_marks(batch, FLOW) if made or batch.poison else [])
    if write is None:
        assert not marks
    else:
        for each in marks:
            write(each)
    columns = zip(batch.ranks, batch.offsets, map(bool, batch.late), strict=True)
    given.rows += list(columns)
    given.poison += [(each.topic, each.offset) for each in batch.poison]
    given.made += made


def replayed(config: SourceConfig, cuts: Sequence[int] = ()) -> Given:
    """Return what a run gives that is saved and killed after some numbers of calls."""
    given, windows = Given(), Windows()
    state: SourceState | None = None
    for cut in [*cuts, MOST_CALLS]:
        part = OrderedPartition(config, 0, state, threading.Event())
        for _ in range(cut):
            try:
                for _, batch in part.next_batch():
                    take(batch, given, windows)
            except StopIteration:
                return given
        state = part.snapshot()
        part.close()
    msg = "the replay does not come to its end"
    raise AssertionError(msg)


@contextmanager
def market(config: SourceConfig, seed: int) -> Iterator[Market]:
    made = Market(config)
    with memory_broker(made.log, seed), pytest.MonkeyPatch.context() as patch:
        patch.setattr("connectors.kafka.source.time.monotonic_ns", lambda: made.now_ns)
        patch.setattr(journal, "POLL_S", 0)
        yield made


# What happens: a record of a topic (stamp in ms, or none; whether of the wanted key), a while of
# wall time in ms, a snapshot, or a crash.
@dataclass(frozen=True)
class Arrives:
    rank: int
    stamp_ms: int | None
    is_wanted: bool = True


@dataclass(frozen=True)
class Passes:
    ms: int


@dataclass(frozen=True)
class Saves:
    pass


@dataclass(frozen=True)
class Dies:
    down_for: int


Step = Arrives | Passes | Saves | Dies


@st.composite
def days(draw: st.DrawFn, *, crashes: bool) -> tuple[int, list[Step]]:
    count = draw(st.integers(1, 4))
    seed = draw(st.integers(0, 2**32))
    length = draw(st.integers(0, 90))
    dice = random.Random(seed)  # noqa: S311 - a seeded day, no secret
    now_ms = 100
    # Stamps lie near the wall time, so that ticks and waivers make some of them late, not all.
    steps: list[Step] = []
    timed: set[int] = set()
    for _ in range(length):
        drawn = dice.random()
        if drawn < 0.6:
            lag = dice.choice((0, 0, 1, 2, 5, 12))
            rank = dice.randrange(count)
            # What is no record has the time of the one before it.
            is_bad = rank in timed and dice.random() < 0.05
            stamp = None if is_bad else max(now_ms - lag, 1)
            timed.add(rank)
            steps.append(Arrives(rank, stamp, dice.random() < 0.6))
        elif drawn < 0.9 or not crashes:
            ms = dice.choice((1, 1, 2, 4, 15))
            now_ms += ms
            steps.append(Passes(ms))
        else:
            steps.append(Saves() if drawn < 0.96 else Dies(dice.randrange(6)))
    return count, steps


def lived(made: Market, steps: Sequence[Step], seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - a seeded day, no secret
    down = 0
    for step in steps:
        match step:
            case Arrives(rank, stamp_ms, is_wanted):
                made.append(rank, message(stamp_ms, b"SPY" if is_wanted else b"QQQ"))
            case Passes(ms):
                made.now_ns += ms * MS
            case Saves():
                made.save()
            case Dies(down_for):
                made.kill()
                down = down_for
        if down:
            down -= 1
            continue
        for _ in range(dice.randrange(4)):
            made.poll()
    made.finish()


def slow(made: Market, steps: Sequence[Step]) -> None:
    """Live through steps, with time to read between them."""
    for step in steps:
        lived_one = [step]
        match step:
            case Passes(ms):
                made.now_ns += ms * MS
            case Arrives(rank, stamp_ms):
                made.append(rank, message(stamp_ms))
            case _:
                raise AssertionError(lived_one)
        for _ in range(60):
            made.poll()
