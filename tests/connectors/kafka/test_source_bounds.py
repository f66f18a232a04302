"""Between two times of the log, and without ticks, over a log in memory."""

import threading

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from connectors.errors import MisconfiguredConnector
from connectors.kafka.bounds import KeptLog
from connectors.kafka.bounds import LogBounds
from connectors.kafka.config import SourceConfig
from connectors.kafka.source import OrderedPartition
from connectors.kafka.source import SourceState
from tests.connectors.kafka.memory_consumer import Stored
from tests.connectors.kafka.test_marks import Written
from tests.connectors.kafka.test_marks import drained
from tests.connectors.kafka.test_marks import memory_broker
from tests.connectors.kafka.test_marks import merged_order
from tests.connectors.kafka.test_marks import stored
from tests.connectors.kafka.test_marks import topic

MS = 1_000_000


@pytest.mark.parametrize(
    ("from_ns", "until_ns", "from_ms", "until_ms"),
    [
        (0, 0, 0, 0),
        (5 * MS, 9 * MS, 5, 9),
        (5 * MS + 1, 9 * MS + 1, 5, 10),
        (6 * MS - 1, 10 * MS - 1, 5, 10),
    ],
)
def test_a_time_is_widened_to_whole_milliseconds(
    from_ns: int, until_ns: int, from_ms: int, until_ms: int
) -> None:
    bounds = LogBounds(from_ns=from_ns, until_ns=until_ns)

    assert (bounds.from_ms, bounds.until_ms) == (from_ms, until_ms)


ALL = LogBounds()
NEW = LogBounds(policy="new")
TIMED = LogBounds(policy="new", from_ns=5 * MS)
PLACE = ("topic", 0)


@pytest.mark.parametrize(
    ("start", "bounds", "found", "begin"),
    [
        (None, ALL, {}, 10),
        (None, NEW, {}, 90),
        (None, TIMED, {PLACE: 40}, 40),
        (None, TIMED, {}, 90),
        (None, TIMED, {PLACE: 95}, 90),  # appended since
        (70, ALL, {}, 70),
        (70, NEW, {}, 70),
        (70, TIMED, {PLACE: 40}, 70),
        (90, ALL, {}, 90),
        (3, ALL, {}, 10),  # no longer kept
    ],
)
def test_an_input_begins_where_its_state_says_else_by_time_else_by_policy(
    start: int | None, bounds: LogBounds, found: dict[tuple[str, int], int], begin: int
) -> None:
    assert KeptLog(PLACE, 10, 90).begin(start, bounds, found) == begin


def test_an_offset_behind_the_log_belongs_to_another_one() -> None:
    with pytest.raises(MisconfiguredConnector, match=r"offset 91 of topic/0.*another log"):
        KeptLog(PLACE, 10, 90).begin(91, ALL, {})


@pytest.mark.parametrize(
    ("found", "end"), [({}, 90), ({PLACE: 40}, 40), ({PLACE: 95}, 90), ({PLACE: 10}, 10)]
)
def test_an_input_ends_where_the_time_is_found_else_with_its_log(
    found: dict[tuple[str, int], int], end: int
) -> None:
    assert KeptLog(PLACE, 10, 90).end(found) == end


stamps = st.lists(
    st.lists(st.tuples(st.integers(1, 30), st.just(True)), max_size=25), min_size=1, max_size=3
)


def cut(written: list[Written], from_ms: int, until_ms: int) -> tuple[int, int]:
    found = [stamp for stamp, _ in written if stamp is not None]
    first = [at for at, stamp in enumerate(found) if stamp >= from_ms]
    behind = [at for at, stamp in enumerate(found) if until_ms and stamp >= until_ms]
    return (first or [len(found)])[0], (behind or [len(found)])[0]


@settings(deadline=None)
@given(
    stamps,
    st.integers(0, 32),
    st.one_of(st.just(0), st.integers(1, 32)),
    st.booleans(),
    st.sampled_from([1, 3, 1000]),
    st.integers(0, 2**32),
)
def test_between_two_times_the_stream_is_that_of_a_log_that_holds_no_more(
    inputs: list[list[Written]],
    from_ms: int,
    length_ms: int,
    stop_at_end: bool,
    batch_records: int,
    seed: int,
) -> None:
    until_ms = from_ms + length_ms if length_ms else 0
    config = SourceConfig(
        brokers="memory",
        group="group",
        topics=tuple(topic(rank) for rank in range(len(inputs))),
        stop_at_end=stop_at_end or until_ms == 0,
        deliver_policy="all",
        batch_records=batch_records,
        from_ns=from_ms * MS,
        until_ns=until_ms * MS,
    )
    log = {
        (topic(rank), 0): [stored(stamp) for stamp, _ in written]
        for rank, written in enumerate(inputs)
    }
    bounds = [cut(written, from_ms, until_ms) for written in inputs]
    # Records in front of the begin are unwanted, so that offsets stay those of the log.
    within = [
        [(stamp, at >= first) for at, (stamp, _) in enumerate(written[: max(end, first)])][:end]
        for written, (first, end) in zip(inputs, bounds, strict=True)
    ]

    with memory_broker(log, seed):
        found, state = drained(config)

    assert found.rows == [(e.rank, e.offset, e.is_late) for e in merged_order(within)]
    assert [state[1][topic(rank)][0] for rank in range(len(inputs))] == [
        max(each) for each in bounds
    ]


def test_a_resumed_run_finds_its_end_again_and_keeps_its_place() -> None:
    log = {(topic(0), 0): [stored(stamp) for stamp in (3, 5, 6, 7, 9)]}
    state: SourceState = (2, {topic(0): (3, 6)}, None, None)
    config = SourceConfig(
        brokers="memory",
        group="group",
        topics=(topic(0),),
        stop_at_end=True,
        from_ns=5 * MS,
        until_ns=8 * MS,
    )

    with memory_broker(log, 1):
        found, final = drained(config, state)

    assert found.events == [(0, 3, False), None]
    assert final[1] == {topic(0): (4, None)}


def live(ticks: bool) -> SourceConfig:
    return SourceConfig(
        brokers="memory",
        group="group",
        topics=(topic(0),),
        deliver_policy="all",
        max_idle_ms=0,
        tick_ms=10,
        ticks=ticks,
    )


@pytest.mark.parametrize("ticks", [True, False])
def test_wall_time_brings_ticks_where_they_are_wanted(
    ticks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_ns = iter(range(0, 10**15, 20 * MS))
    monkeypatch.setattr("connectors.kafka.source.time.monotonic_ns", lambda: next(now_ns))
    with memory_broker({(topic(0), 0): [stored(5)]}, 1):
        part = OrderedPartition(live(ticks), 0, None, threading.Event())
        batches = [batch for _ in range(50) for _, batch in part.next_batch()]

    assert [batch.offsets for batch in batches if batch.values] == [[0]]
    assert any(batch.watermark_ns is not None for batch in batches) is ticks


def test_what_is_passed_over_live_counts_as_read() -> None:
    unwanted = Stored(stored(90).value, b"QQQ")
    log = {(topic(0), 0): [stored(5), unwanted, stored(6), unwanted, unwanted]}
    config = msgspec.structs.replace(live(ticks=False), keys=("SPY",))
    with memory_broker(log, 1):
        part = OrderedPartition(config, 0, None, threading.Event())
        batches = [batch for _ in range(50) for _, batch in part.next_batch()]

    assert [offset for batch in batches for offset in batch.offsets] == [0, 2]
    assert not any(any(batch.late) for batch in batches)
    assert part.snapshot()[1] == {topic(0): (5, 6)}
