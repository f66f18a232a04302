"""What is due when, and how far marks may go."""

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from connectors.kafka.stamps import NO_STAMP
from infra.errors import InfraError
from infra.errors import MisconfiguredInfra
from infra.replay.clock import ReplayClock
from infra.replay.player import QUIET_WALL_NS
from infra.replay.player import Player
from tests.infra.replay.tapes import MS
from tests.infra.replay.tapes import START_NS
from tests.infra.replay.tapes import TOPICS
from tests.infra.replay.tapes import MemoryTape
from tests.infra.replay.tapes import S
from tests.infra.replay.tapes import a_player
from tests.infra.replay.tapes import after
from tests.infra.replay.tapes import drained
from tests.infra.replay.tapes import numbers_of
from tests.infra.replay.tapes import state_of


def test_what_is_not_later_than_the_clock_is_due() -> None:
    player = a_player([0, 10, 10, 20, 30])

    assert numbers_of(player.due(0)) == [0]
    assert drained(player, 10) == [1, 2]
    assert drained(player, 19) == []
    assert drained(player, 30) == [3, 4]


def test_a_quiet_tape_is_reached_by_the_clock() -> None:
    player = a_player([0, 10 * S])
    player.due(0)

    assert after(player.due(3 * S).reached_ns) == 3 * S
    assert after(player.due(9 * S).reached_ns) == 9 * S


def test_a_mark_does_not_exceed_what_is_still_to_be_written() -> None:
    player = a_player([0, 5, 5, 5, 9], batch_size=2)

    told = [player.due(wall_ns) for wall_ns in (0, 100, 100)]

    assert [numbers_of(due) for due in told] == [[0], [1, 2], [3, 4]]
    assert [after(due.reached_ns) for due in told] == [0, 5, 9]
    assert [due.is_end for due in told] == [False, False, True]


def test_flat_out_follows_the_records() -> None:
    player = a_player([0, 5, 7 * S], speed=0, batch_size=1)

    assert [after(player.due(0).reached_ns) for _ in range(3)] == [0, 5, 7 * S]


def test_behind_the_last_record_event_time_stays() -> None:
    player = a_player([0, 5])
    player.due(0)
    drained(player, 100)

    due = player.due(10 * S)

    assert (due.records.count, after(due.reached_ns), due.is_end) == (0, 5, True)
    assert player.state == "finished"


def test_an_empty_tape_is_at_its_end_at_once() -> None:
    due = a_player([]).due(0)

    assert (due.records.count, due.reached_ns, due.is_end) == (0, None, True)


def test_a_tape_that_begins_late_is_not_waited_for() -> None:
    player = a_player([3600 * S, 3600 * S + 5])

    assert numbers_of(player.due(1)) == [0]
    assert drained(player, 6) == [1]


def test_time_before_the_first_question_is_not_played() -> None:
    player = a_player([0, 5, 10])

    assert numbers_of(player.due(60 * S)) == [0]
    assert drained(player, 60 * S + 5) == [1]


def test_one_event_is_one_record_though_a_hundred_share_its_time() -> None:
    player = a_player([7] * 100 + [9], is_paused=True)

    for number in range(3):
        player.step_events(1)
        assert (drained(player, 0), player.state) == ([number], "paused")
    player.step_events(50)
    assert drained(player, 0) == list(range(3, 53))
    player.resume(0)
    assert drained(player, 0) == list(range(53, 100))


def test_a_step_of_many_events_goes_on_over_batches() -> None:
    player = a_player(list(range(20)), is_paused=True, batch_size=4)
    player.step_events(10)

    assert [numbers_of(player.due(0)) for _ in range(4)] == [
        [0, 1, 2],
        [3, 4, 5],
        [6, 7, 8],
        [9],
    ]
    assert player.due(0).records.count == 0


def test_steps_of_time_share_the_tape_without_gap_or_overlap() -> None:
    player = a_player([0, MS - 1, MS, 2 * MS, 5 * MS], is_paused=True)

    found = []
    for _ in range(4):
        player.step_ms(1)
        found.append(drained(player, 0))

    assert found == [[0, 1], [2], [3], []]
    assert after(player.event_ns) == 4 * MS


@pytest.mark.parametrize(("n", "bar"), [(1, 60), (2, 120), (3, 180)])
def test_a_step_of_bars_ends_in_front_of_a_whole_minute(n: int, bar: int) -> None:
    assert START_NS % (60 * S) == 0
    at_s = [7, 59, 60, 61, 119, 120, 121, 300]
    player = a_player([each * S for each in at_s], is_paused=True)
    player.step_events(1)
    drained(player, 0)

    player.step_bars(n)

    assert drained(player, 0) == [i for i, each in enumerate(at_s) if i > 0 and each < bar]
    assert after(player.event_ns) == bar * S


def test_a_paused_player_hands_out_nothing() -> None:
    player = a_player([0, 10, 20])
    player.due(0)
    drained(player, 10)
    player.pause(12)

    due = player.due(10 * S)

    assert (due.records.count, after(due.reached_ns), player.state) == (0, 12, "paused")
    player.resume(10 * S)
    assert drained(player, 10 * S + 7) == []
    assert drained(player, 10 * S + 8) == [2]


@pytest.mark.parametrize("what", ["event", "ms", "bar", "alert"])
def test_only_who_stands_still_can_be_stepped(what: str) -> None:
    player = a_player([0, 10])
    steps = {"event": player.step_events, "ms": player.step_ms, "bar": player.step_bars}

    with pytest.raises(MisconfiguredInfra, match="the run is playing"):
        player.step_to_alert() if what == "alert" else steps[what](1)


def test_a_step_of_nothing_is_refused() -> None:
    player = a_player([0, 10], is_paused=True)

    with pytest.raises(MisconfiguredInfra, match="expected 1 or more"):
        player.step_events(0)


@pytest.mark.parametrize("is_paused", [True, False])
def test_a_seek_forward_runs_at_full_speed_and_then_goes_on_as_before(is_paused: bool) -> None:
    player = a_player([0, 10 * S, 20 * S, 30 * S], is_paused=is_paused)
    player.due(0)
    player.step_to(START_NS + 20 * S)
    assert state_of(player) == "seeking"

    found = numbers_of(player.due(1)) + numbers_of(player.due(1))

    assert found == ([0, 1] if is_paused else [1, 2])
    assert after(player.event_ns) == 20 * S
    assert state_of(player) == ("paused" if is_paused else "playing")
    if not is_paused:
        assert drained(player, 1 + 10 * S - 1) == []
        assert drained(player, 1 + 10 * S) == [3]


def test_to_go_back_is_refused() -> None:
    player = a_player([0, 10, 20])
    player.due(0)
    drained(player, 10)

    with pytest.raises(MisconfiguredInfra, match="cannot go back"):
        player.step_to(START_NS + 5)


def test_a_warm_up_is_at_full_speed_and_a_pause_waits_for_its_end() -> None:
    player = a_player([0, 10 * S, 20 * S, 21 * S], warm_until=20 * S)
    assert state_of(player) == "warming"
    player.pause(0)

    assert drained(player, 5) == [0, 1]
    assert (player.state, after(player.event_ns)) == ("paused", 20 * S)
    player.resume(5)
    assert drained(player, 5) == [2]
    assert drained(player, 5 + S) == [3]


def test_a_player_that_cannot_keep_up_does_not_run_after_it_was_told_to_pause() -> None:
    player = a_player(list(range(0, 100 * MS, MS)), speed=1000, batch_size=1)
    player.due(0)
    for _ in range(9):
        player.due(S)

    player.pause(S)
    player.set_speed(1, S)
    player.resume(S)

    assert after(player.event_ns) == 10 * MS
    assert drained(player, S + MS) == [10, 11]


def test_a_long_halt_of_the_machine_is_caught_up_with_for_a_second_at_most() -> None:
    player = a_player([0, S, 100 * S, 200 * S], chunk=4)
    player.due(0)

    assert numbers_of(player.due(5000 * S)) == [1, 2, 3]
    other = a_player([0, S, 100 * S, 200 * S], batch_size=1)
    other.due(0)
    assert numbers_of(other.due(5000 * S)) == [1]
    assert numbers_of(other.due(5000 * S)) == [2]
    assert numbers_of(other.due(5000 * S)) == []


@pytest.mark.parametrize(
    ("speed", "is_paused", "idle_ns"),
    [(1.0, False, 5), (5.0, False, 1), (0.0, False, 0), (1.0, True, None)],
)
def test_it_says_how_long_there_is_nothing_to_do(
    speed: float, is_paused: bool, idle_ns: int | None
) -> None:
    player = a_player([0, 5, 10 * S], speed, is_paused=is_paused, batch_size=1)
    player.due(0)

    assert player.idle_ns(0) == idle_ns


def test_on_a_quiet_tape_marks_follow_the_clock_often() -> None:
    player = a_player([0, 10 * S])
    player.due(0)

    assert player.idle_ns(0) == QUIET_WALL_NS


def test_progress_counts_records_by_topic_and_their_share() -> None:
    player = a_player([0, 1, 2, 3, 4], is_paused=True)
    assert player.progress == 0

    player.step_events(3)
    drained(player, 0)

    assert (player.records, player.progress) == ({TOPICS[0]: 2, TOPICS[1]: 1}, 0.6)


def test_a_tape_out_of_order_is_not_played() -> None:
    player = a_player([0, 5, 6, 4], speed=0)

    with pytest.raises(InfraError, match=r"goes back by 2 ns"):
        drained(player, 0)


def test_records_before_any_stamp_go_with_the_first_that_has_one() -> None:
    tape = MemoryTape([NO_STAMP, NO_STAMP, START_NS])
    player = Player(tape, ReplayClock(0, 0, 1))

    assert numbers_of(player.due(0)) == [0, 1, 2]


@pytest.mark.parametrize(("quiet_s", "is_waited_for"), [(300, True), (301, False), (63_000, False)])
def test_more_than_five_minutes_without_records_are_not_waited_for(
    quiet_s: int, is_waited_for: bool
) -> None:
    player = a_player([0, S, (1 + quiet_s) * S, (2 + quiet_s) * S])
    assert drained(player, 0) == [0]

    assert drained(player, S) == ([1] if is_waited_for else [1, 2])
    if is_waited_for:
        assert drained(player, (1 + quiet_s) * S) == [2]
        assert drained(player, (2 + quiet_s) * S) == [3]
    else:
        assert drained(player, 2 * S - 1) == []
        assert drained(player, 2 * S) == [3]


def test_a_night_is_passed_over_once_somebody_lets_it_play() -> None:
    player = a_player([0, 60_000 * S], is_paused=True)
    player.step_events(1)
    drained(player, 0)
    player.step_ms(1000)
    drained(player, 0)

    assert (drained(player, 10 * S), after(player.event_ns)) == ([], S)
    player.resume(10 * S)
    assert player.due(10 * S).records.count == 0
    assert drained(player, 10 * S) == [1]


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 1000) | st.integers(0, 100_000), min_size=1, max_size=30),
    st.integers(1, 600),
    st.sampled_from([0.5, 1.0, 60.0, 1000.0]),
    st.integers(1, 7),
)
def test_over_nights_a_paced_run_hands_out_what_one_flat_out_does_and_ends_in_time(
    gaps_s: list[int], look_s: int, speed: float, batch_size: int
) -> None:
    offsets = [sum(gaps_s[: i + 1]) * S for i in range(len(gaps_s))]
    player = a_player(offsets, speed, batch_size=batch_size)
    # Looked at this often, each pause costs at most one look more than the time it is waited for.
    waits_s = sum(min(gap_s, 300) / speed + look_s for gap_s in gaps_s[1:])
    wall_ns, marked_ns, found = 0, 0, []
    while player.state != "finished":
        assert wall_ns <= (waits_s + look_s) * S
        due = player.due(wall_ns)
        assert all(stamp >= marked_ns for stamp in due.records.order_ns.tolist())
        assert (due.reached_ns or 0) >= marked_ns
        marked_ns = due.reached_ns or 0
        found += numbers_of(due)
        wall_ns += 0 if due.records.count else look_s * S

    assert found == list(range(len(offsets)))
    assert after(player.event_ns) == offsets[-1]


COMMANDS = st.sampled_from(["pause", "resume", "events", "ms", "bars", "seek", "alert", "speed"])


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([0, 30 * MS, 60 * MS, 90 * MS, 400 * S]), max_size=40),
    st.lists(st.tuples(st.integers(0, 10**9), COMMANDS, st.integers(1, 5)), max_size=30),
    st.integers(1, 7),
)
def test_whatever_it_is_told_records_keep_their_order_and_marks_their_promise(
    gaps: list[int], told: list[tuple[int, str, int]], batch_size: int
) -> None:
    offsets = [sum(gaps[: i + 1]) for i in range(len(gaps))]
    player = a_player(offsets, 100, batch_size=batch_size)
    wall_ns, marked_ns, found = 0, 0, []

    def take() -> None:
        nonlocal marked_ns
        due = player.due(wall_ns)
        assert due.records.count <= batch_size
        assert all(stamp >= marked_ns for stamp in due.records.order_ns.tolist())
        assert (due.reached_ns or 0) >= marked_ns
        marked_ns = due.reached_ns or 0
        found.extend(numbers_of(due))

    for passed_ns, what, n in told:
        wall_ns += passed_ns
        _command(player, what, n, wall_ns)
        take()
    player.resume(wall_ns)
    player.set_speed(0, wall_ns)
    for _ in range(2 * len(offsets) + 60):
        player.end_step(wall_ns)
        take()

    assert found == list(range(len(offsets)))
    assert player.due(wall_ns).is_end


def _command(player: Player, what: str, n: int, wall_ns: int) -> None:
    steps = {"events": player.step_events, "ms": player.step_ms, "bars": player.step_bars}
    if what == "pause":
        player.pause(wall_ns)
    elif what == "resume":
        player.resume(wall_ns)
    elif what == "speed":
        player.set_speed(n - 1, wall_ns)
    elif what == "seek":
        player.step_to((player.event_ns or START_NS) + n * 10 * MS)
    elif player.state == "paused":
        player.step_to_alert() if what == "alert" else steps[what](n)
