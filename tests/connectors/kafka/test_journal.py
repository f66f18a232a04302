"""What a journal holds, what of it is passed, and what it is good for."""

import threading
from dataclasses import replace
from typing import Literal

import msgspec
import pytest

from connectors.errors import MisconfiguredConnector
from connectors.errors import RejectedRecord
from connectors.kafka.batch import EventBatch
from connectors.kafka.batch import OutRecord
from connectors.kafka.journal import ORDER_TOPIC
from connectors.kafka.journal import PROGRESS_TOPIC
from connectors.kafka.journal import Stretch
from connectors.kafka.journal import order_marks
from connectors.kafka.journal import progress_marks
from connectors.kafka.marks import Mark
from connectors.kafka.marks import encode_mark
from connectors.kafka.source import OrderedPartition
from connectors.kafka.source import OrderedSource
from tests.connectors.kafka.journal_market import FLOW
from tests.connectors.kafka.journal_market import MS
from tests.connectors.kafka.journal_market import Arrives
from tests.connectors.kafka.journal_market import Passes
from tests.connectors.kafka.journal_market import Step
from tests.connectors.kafka.journal_market import live
from tests.connectors.kafka.journal_market import market
from tests.connectors.kafka.journal_market import message
from tests.connectors.kafka.journal_market import replay
from tests.connectors.kafka.journal_market import replayed
from tests.connectors.kafka.journal_market import slow
from tests.connectors.kafka.memory_consumer import Stored
from tests.connectors.kafka.test_marks import topic

# A trade (rank 1) is waited for no longer than 1 ms by the quotes (rank 0), and the other way.
LATE_QUOTE: list[Step] = [Arrives(1, 110), Passes(20), Arrives(0, 105), Arrives(0, 140)]


def test_without_its_journal_a_replay_gives_another_order() -> None:
    config = live(2, 1000, 1)
    with market(config, 1) as made:
        slow(made, LATE_QUOTE)
        made.finish()
        journaled = replayed(replay(config))
        strict = replayed(replay(config, journal_topic="", journal_key=""))

    assert made.given.rows == [(1, 0, False), (0, 0, True), (0, 1, False)]
    assert journaled.rows == made.given.rows
    assert strict.rows == [(0, 0, False), (1, 0, False), (0, 1, False)]


def test_a_mark_says_what_was_there_before_the_record_that_missed_its_turn() -> None:
    with market(live(2, 1000, 1), 1) as made:
        slow(made, [Arrives(0, 104), Arrives(1, 110), Arrives(0, 110), Passes(1)])
        slow(made, [Arrives(0, 109), Arrives(1, 150)])
        made.finish()
        (mark,) = made.marks
        (stored,) = made.log[ORDER_TOPIC, 0]

    # The quote's own input was ahead of it: it is late for that, and out of turn by its rank.
    assert made.given.rows[-2:] == [(0, 2, True), (1, 1, False)]
    assert mark == Mark(reached_ns=110 * MS, offsets={topic(0): 2, topic(1): 1}, rank=1)
    assert (stored.key, stored.stamp_ms) == (FLOW.encode(), 110)


def test_what_was_released_is_known_by_rank_after_a_crash() -> None:
    # A late trade is let out at 110; a quote of 110 that comes then is behind it, crash or not.
    config = msgspec.structs.replace(live(3, 1000, 1), ticks=False)
    with market(config, 1) as made:
        slow(made, [Arrives(0, 110), Passes(2), Arrives(2, 105), Passes(2)])
        made.save()
        made.kill()
        made.log[PROGRESS_TOPIC, 0].clear()  # as if nothing had been derived
        slow(made, [Arrives(1, 110), Passes(2)])
        made.finish()
        found = replayed(replay(config))

    assert made.given.rows == [(0, 0, False), (2, 0, True), (1, 0, True)]
    assert found.rows == made.given.rows


def test_what_came_while_the_flow_was_down_is_late_for_what_it_had_given() -> None:
    config = live(2, 1000, 1)
    with market(config, 1) as made:
        slow(made, [Arrives(1, 110), Passes(2)])
        assert made.given.rows == [(1, 0, False)]
        made.kill()
        made.append(0, message(105))
        made.finish()
        found = replayed(replay(config))

    assert made.given.rows == [(1, 0, False), (0, 0, True)]
    assert found.rows == made.given.rows


def test_a_mark_that_is_passed_is_not_written_again() -> None:
    with market(live(2, 1000, 1), 1) as made:
        slow(made, LATE_QUOTE)
        made.finish()
        first, marks = made.given, made.marks
        made.log[PROGRESS_TOPIC, 0].clear()
        made.start_over()
        made.finish()

        assert made.given.rows == first.rows
        assert made.marks == marks


def test_in_order_nothing_is_journaled() -> None:
    config = live(2, 1000, 1)
    with market(config, 1) as made:
        slow(made, [Arrives(0, 104), Arrives(1, 110), Passes(2), Arrives(1, 110), Arrives(0, 140)])
        made.finish()

        assert made.marks == []
        assert len(made.log[PROGRESS_TOPIC, 0]) > 0


def test_a_drained_flow_goes_on_with_an_earlier_day() -> None:
    config = live(2, 1000, 1)
    with market(config, 1) as made:
        slow(made, LATE_QUOTE)
        made.finish()
        made.save()
        drained = OrderedPartition(
            msgspec.structs.replace(config, stop_at_end=True), 0, made.saved, threading.Event()
        )
        while not any(batch.is_end for _, batch in drained.next_batch()):
            pass
        part = OrderedPartition(config, 0, drained.snapshot(), threading.Event())
        made.append(0, message(50))
        rows = []
        for _ in range(100):
            made.now_ns += MS
            rows += [(each.offsets, list(each.late)) for _, each in part.next_batch()]

    assert rows[0] == ([2], [0])


@pytest.mark.parametrize("policy", ["new", "all"])
@pytest.mark.parametrize("stops", [True, False])
def test_marks_of_a_log_that_has_been_cut_are_skipped(
    policy: Literal["new", "all"], stops: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    config = msgspec.structs.replace(live(2, 1000, 1), stop_at_end=stops, deliver_policy=policy)
    lost = Mark(110 * MS, {topic(0): 1, topic(1): 900})
    is_behind = policy == "new" and stops
    with market(config, 1) as made:
        made.log[ORDER_TOPIC, 0].append(Stored(encode_mark(lost), FLOW.encode(), 110))
        if policy == "new":
            made.poll()
        made.append(0, message(120))
        made.append(1, message(100))
        if not is_behind:
            made.finish()

    assert made.given.rows == ([] if is_behind else [(1, 0, False), (0, 0, False)])
    assert "order_marks_lost" in capsys.readouterr().out


def test_marks_of_another_flow_are_not_this_ones() -> None:
    config = live(2, 1000, 1)
    with market(config, 1) as made:
        slow(made, LATE_QUOTE)
        made.finish()
        other = replayed(replay(config, journal_key="another"))
        made.log[ORDER_TOPIC, 0].append(Stored(b"no mark", b"another"))
        own = replayed(replay(config))
        with pytest.raises(RejectedRecord, match="no mark"):
            replayed(replay(config, journal_key="another"))

    assert other.rows != made.given.rows
    assert own.rows == made.given.rows


STRETCH = Stretch(
    starts=[10, 20],
    ends=[100, 100],
    following=[100, 200],
    from_ns=0,
    is_bounded=True,
    is_resumed=False,
)


@pytest.mark.parametrize(
    ("offsets", "changes", "cut"),
    [
        ((10, 21), {}, (10, 21)),
        ((9, 21), {}, (9, 21)),
        ((10, 20), {}, None),
        ((10, 19), {}, None),
        ((10, 20), {"is_resumed": True}, (10, 20)),  # the tick may be due
        ((10, 19), {"is_resumed": True}, None),
        ((9, 19), {"from_ns": 5}, (9, 19)),  # time was promised by then
        ((9, 19), {"from_ns": 8}, None),
        ((50, 50), {"from_ns": 8}, None),
        ((50, 150), {}, (50, 100)),
        ((100, 150), {}, None),
        ((100, 150), {"is_bounded": False, "ends": [100, 200]}, (100, 150)),
        ((101, 50), {}, None),  # of another log
        ((50, 201), {}, None),
        ((50, None), {}, (50, 20)),
    ],
)
def test_marks_ahead_are_those_something_is_still_to_be_read_for(
    offsets: tuple[int, int | None],
    changes: dict[str, object],
    cut: tuple[int, int] | None,
) -> None:
    names = (topic(0), topic(1))
    named = {name: at for name, at in zip(names, offsets, strict=True) if at is not None}
    stretch = replace(STRETCH, **changes)  # type: ignore[arg-type]

    found = stretch.ahead([Mark(7, named)], names)

    expected = [] if cut is None else [Mark(7, dict(zip(names, cut, strict=True)))]
    assert found == expected


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"marks_topic": "clock"}, "journal_topic"),
        ({"journal_key": ""}, "journal_key"),
        ({"journal_topic": ""}, "journal_key"),
        ({"journal_topic": "", "journal_key": ""}, "progress_topic"),
    ],
)
def test_a_journal_is_named_in_full_and_stands_alone(changes: dict[str, str], what: str) -> None:
    with pytest.raises(MisconfiguredConnector, match=what):
        msgspec.structs.replace(live(1, 1, 1), **changes)


def test_a_mark_is_a_message_of_its_flow_and_partition() -> None:
    mark = Mark(1_500_000, {topic(0): 3})
    batch = EventBatch(partition=5, mark=mark, reached=Mark(2_000_000, {topic(0): 4}))

    assert order_marks(batch, "f") == [OutRecord(ORDER_TOPIC, 5, b"f", encode_mark(mark), 1)]
    (reached,) = progress_marks(batch, "f")
    assert (reached.topic, reached.timestamp_ms) == (PROGRESS_TOPIC, 2)
    assert order_marks(EventBatch(partition=5), "f") == []
    assert progress_marks(EventBatch(partition=5), "f") == []


def test_a_state_without_what_was_released_is_taken_up() -> None:
    config = live(1, 1000, 1)
    former = (1, {topic(0): (1, 110 * MS)}, None)
    with market(config, 1) as made:
        made.append(0, message(110))
        made.append(0, message(105))
        source = OrderedSource(config, threading.Event())
        part = source.build_part("", "00000", former)  # type: ignore[arg-type]
        batches = []
        for _ in range(100):
            made.now_ns += MS
            batches += [batch for _, batch in part.next_batch()]

    assert [(each.offsets, list(each.late)) for each in batches if each.values] == [([1], [1])]
