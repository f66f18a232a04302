"""Event time as a function of wall time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import MisconfiguredInfra
from infra.replay.clock import ReplayClock

START_NS = 1_748_007_000_000_000_000
SPEEDS = st.one_of(st.just(0.0), st.floats(0.1, 1000.0))
STEPS = st.lists(
    st.tuples(st.integers(0, 10**10), st.sampled_from(["ask", "pause", "resume", "speed"]), SPEEDS)
)


@pytest.mark.parametrize(
    ("speed", "wall_ns", "event_ns"),
    [(1, 7, 7), (60, 10**9, 60 * 10**9), (0.1, 10**9, 10**8), (1000, 3, 3000), (0.25, 3, 0)],
)
def test_event_time_goes_by_the_speed(speed: float, wall_ns: int, event_ns: int) -> None:
    clock = ReplayClock(START_NS, 50, speed)

    assert clock.event_ns(50 + wall_ns) - START_NS == event_ns


@given(STEPS)
def test_it_never_goes_back(steps: list[tuple[int, str, float]]) -> None:
    clock = ReplayClock(START_NS, 0, 1)
    wall_ns, shown_ns = 0, START_NS
    for passed_ns, what, speed in steps:
        wall_ns += passed_ns
        _told(clock, what, speed, wall_ns)

        assert clock.event_ns(wall_ns) >= shown_ns
        shown_ns = clock.event_ns(wall_ns)


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9))), st.floats(0.1, 1000.0))
def test_pausing_any_number_of_times_loses_nothing(
    spans: list[tuple[int, int]], speed: float
) -> None:
    paused, free = ReplayClock(START_NS, 0, speed), ReplayClock(START_NS, 0, speed)
    wall_ns = 0
    for runs_ns, stands_ns in spans:
        wall_ns += runs_ns
        paused.pause(wall_ns)
        assert paused.event_ns(wall_ns + stands_ns) == paused.event_ns(wall_ns)
        wall_ns += stands_ns
        paused.resume(wall_ns)

    ran_ns = sum(runs_ns for runs_ns, _ in spans)
    assert paused.event_ns(wall_ns) == free.event_ns(ran_ns)


@given(STEPS, SPEEDS)
def test_changing_speed_is_no_jump(steps: list[tuple[int, str, float]], speed: float) -> None:
    clock = ReplayClock(START_NS, 0, 1)
    wall_ns = 0
    for passed_ns, what, other in steps:
        wall_ns += passed_ns
        _told(clock, what, other, wall_ns)
    shown_ns = clock.event_ns(wall_ns)

    clock.set_speed(speed, wall_ns)

    assert clock.event_ns(wall_ns) == shown_ns


def test_wall_time_that_goes_back_stops_it() -> None:
    clock = ReplayClock(START_NS, 100, 2)
    assert clock.event_ns(200) == START_NS + 200

    assert clock.event_ns(150) == START_NS + 200
    assert clock.event_ns(201) == START_NS + 202


def test_a_jump_goes_on_from_there() -> None:
    clock = ReplayClock(START_NS, 0, 2)

    clock.jump(5, 10)

    assert clock.event_ns(11) == 7


@pytest.mark.parametrize(
    ("speed", "is_paused", "until"),
    [(1.0, False, 100), (3.0, False, 34), (1000.0, False, 1), (1.0, True, None), (0, False, None)],
)
def test_it_knows_when_an_event_time_will_come(
    speed: float, is_paused: bool, until: int | None
) -> None:
    clock = ReplayClock(START_NS, 0, speed, is_paused=is_paused)

    assert clock.wall_until_ns(START_NS + 100, 0) == until
    assert clock.wall_until_ns(START_NS, 0) == 0
    if until is not None:
        assert clock.event_ns(until - 1) < START_NS + 100 <= clock.event_ns(until)


@pytest.mark.parametrize("speed", [-1, 0.09, 1000.5, float("nan"), float("inf")])
def test_a_speed_out_of_range_is_refused_and_changes_nothing(speed: float) -> None:
    clock = ReplayClock(START_NS, 0, 2)

    with pytest.raises(MisconfiguredInfra, match=r"0 for flat out, or 0\.1 to 1000"):
        clock.set_speed(speed, 10)

    assert (clock.speed, clock.event_ns(20)) == (2, START_NS + 40)


def _told(clock: ReplayClock, what: str, speed: float, wall_ns: int) -> None:
    if what == "pause":
        clock.pause(wall_ns)
    elif what == "resume":
        clock.resume(wall_ns)
    elif what == "speed":
        clock.set_speed(speed, wall_ns)
