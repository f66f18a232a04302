"""Votes, and the machine that makes a state of them."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.equities.state.config import StateConfig
from flows.equities.state.hysteresis import Hysteresis
from flows.equities.state.votes import Readings
from flows.equities.state.votes import Tally
from flows.equities.state.votes import take_votes
from flows.equities.state.votes import tally

CONFIG = StateConfig()
STEP_NS = CONFIG.cadence_ns
START_NS = 1_000_000 * STEP_NS
MIRROR = {"IMBALANCE_UP": "IMBALANCE_DOWN", "IMBALANCE_DOWN": "IMBALANCE_UP"}

Votes = tuple[int | None, int | None, int | None, int | None]
vote = st.sampled_from((None, -1, 0, 1))
votes = st.tuples(vote, vote, vote, vote)
# Runs of the same votes, so that states are really entered and left.
runs = st.lists(st.tuples(votes, st.integers(1, 20)), min_size=1, max_size=20)


def states(sequence: Sequence[Votes]) -> list[tuple[str, int]]:
    machine = Hysteresis(CONFIG)
    out: list[tuple[str, int]] = []
    for number, each in enumerate(sequence):
        counted = tally(each, CONFIG)
        machine.step(START_NS + number * STEP_NS, counted)
        out.append((machine.held.state or "", machine.confidence(counted)))
    return out


def unrolled(rows: list[tuple[Votes, int]]) -> list[Votes]:
    return [each for each, count in rows for _ in range(count)]


def mirrored(each: Votes) -> Votes:
    a, b, c, d = [None if one is None else -one for one in each]
    return a, b, c, d


@pytest.mark.parametrize(
    ("given_votes", "score", "coverage", "confidence"),
    [((1, 1, 0, -1), 0.50, 1.00, 50), ((1, None, 1, -1), 0.571, 0.70, 40)],
)
def test_golden_votes_enter_up_at_the_third_evaluation(
    given_votes: Votes, score: float, coverage: float, confidence: int
) -> None:
    counted = tally(given_votes, CONFIG)

    assert counted.score == pytest.approx(score, abs=5e-4)
    assert counted.coverage_e4 / 10_000 == coverage
    found = states([given_votes] * 3)
    assert [state for state, _ in found] == ["BALANCE", "BALANCE", "IMBALANCE_UP"]
    assert found[2][1] == confidence


def test_golden_balance_at_a_score_of_a_tenth() -> None:
    machine = Hysteresis(CONFIG)
    counted = Tally((0, 0, 0, 0), 1_000, 10_000)
    machine.step(START_NS, counted)

    assert (machine.held.state, machine.confidence(counted)) == ("BALANCE", 90)


def test_little_coverage_is_unknown_at_once_and_leads_back_through_balance() -> None:
    up, little = (1, 1, 1, 1), (1, None, None, None)
    found = [state for state, _ in states([up] * 5 + [little] * 13 + [up] * 30)]

    assert found[4:6] == ["IMBALANCE_UP", "UNKNOWN"]
    assert found[17] == "UNKNOWN"
    assert found[18] == "BALANCE"
    assert found.index("IMBALANCE_UP", 18) == 30


def test_imbalance_is_left_after_six_weak_evaluations_and_not_after_five() -> None:
    up, weak = (1, 1, 1, 1), (0, 1, 0, -1)
    held = [up] * 20

    five = [state for state, _ in states(held + [weak] * 5 + [up])]
    six = [state for state, _ in states(held + [weak] * 6)]

    assert set(five[2:]) == {"IMBALANCE_UP"}
    assert six[-2:] == ["IMBALANCE_UP", "BALANCE"]


def test_a_missing_evaluation_breaks_the_row() -> None:
    machine = Hysteresis(CONFIG)
    up = tally((1, 1, 1, 1), CONFIG)
    for number in (0, 1, 3, 4):
        machine.step(START_NS + number * STEP_NS, up)
    assert machine.held.state == "BALANCE"

    machine.step(START_NS + 5 * STEP_NS, up)
    assert machine.held.state == "IMBALANCE_UP"


@given(runs)
def test_up_and_down_never_follow_each_other(rows: list[tuple[Votes, int]]) -> None:
    found = [state for state, _ in states(unrolled(rows))]

    for before, after in pairwise(found):
        assert {before, after} != {"IMBALANCE_UP", "IMBALANCE_DOWN"}
        assert not (before == "UNKNOWN" and after.startswith("IMBALANCE"))


@given(runs)
def test_a_state_lasts_a_minute_unless_nothing_is_known(rows: list[tuple[Votes, int]]) -> None:
    found = [state for state, _ in states(unrolled(rows))]
    changes = [n for n, (before, after) in enumerate(pairwise(found), start=1) if before != after]

    for began, ended in pairwise(changes):
        lasted_s = (ended - began) * CONFIG.cadence_s
        assert lasted_s >= 60 or found[ended] == "UNKNOWN"


@given(runs)
def test_mirrored_votes_mirror_the_states(rows: list[tuple[Votes, int]]) -> None:
    sequence = unrolled(rows)

    assert states([mirrored(each) for each in sequence]) == [
        (MIRROR.get(state, state), confidence) for state, confidence in states(sequence)
    ]


@given(runs, votes, st.integers(0, 3))
def test_disagreement_lowers_the_confidence(
    rows: list[tuple[Votes, int]], last: Votes, voter: int
) -> None:
    machine = Hysteresis(CONFIG)
    for number, each in enumerate([*unrolled(rows), last]):
        machine.step(START_NS + number * STEP_NS, tally(each, CONFIG))
    sign = {"IMBALANCE_UP": 1, "IMBALANCE_DOWN": -1}.get(machine.held.state or "")
    if sign is None or last[voter] is None:
        return
    agreeing, opposing = list(last), list(last)
    agreeing[voter], opposing[voter] = sign, -sign

    def confidence(of: list[int | None]) -> int:
        a, b, c, d = of
        return machine.confidence(tally((a, b, c, d), CONFIG))

    assert confidence(opposing) <= confidence(agreeing)
    assert confidence(agreeing) == 0 or confidence(opposing) < confidence(agreeing)


readings = st.builds(
    Readings,
    price_e4=st.integers(-2_000, 2_000),
    vah_e4=st.integers(0, 1_000),
    val_e4=st.integers(-1_000, 0),
    tick_e4=st.just(100),
    range_e4=st.none() | st.integers(0, 5_000).map(float),
    above=st.integers(0, 50),
    below=st.integers(0, 50),
    total=st.integers(100, 120),
    momentum=st.none() | st.integers(-30, 30).map(lambda tenth: tenth / 10),
    buy=st.integers(0, 100),
    sell=st.integers(0, 100),
)


@given(readings)
def test_mirrored_readings_mirror_the_votes(r: Readings) -> None:
    mirror = Readings(
        -r.price_e4,
        -r.val_e4,
        -r.vah_e4,
        r.tick_e4,
        r.range_e4,
        r.below,
        r.above,
        r.total,
        None if r.momentum is None else -r.momentum,
        r.sell,
        r.buy,
    )

    assert take_votes(mirror, CONFIG).votes == mirrored(take_votes(r, CONFIG).votes)
    assert take_votes(mirror, CONFIG).sum_e4 == -take_votes(r, CONFIG).sum_e4


PLAIN = Readings(1_000_000, 1_010_000, 990_000, 100, 5_000.0, 0, 0, 100, 0.0, 50, 50)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (0, 0, 0, 0)),
        ({"price_e4": 1_010_500}, (0, 0, 0, 0)),
        ({"price_e4": 1_010_501}, (1, 0, 0, 0)),
        ({"price_e4": 989_499}, (-1, 0, 0, 0)),
        ({"price_e4": 1_010_101, "range_e4": 10.0}, (1, 0, 0, 0)),
        ({"price_e4": 1_010_100, "range_e4": 10.0}, (0, 0, 0, 0)),
        ({"range_e4": None}, (None, 0, 0, 0)),
        ({"above": 60}, (0, 1, 0, 0)),
        ({"above": 59}, (0, 0, 0, 0)),
        ({"above": 80, "below": 20}, (0, 1, 0, 0)),
        ({"above": 20, "below": 80}, (0, -1, 0, 0)),
        ({"total": 0}, (0, None, 0, 0)),
        ({"momentum": 1.0}, (0, 0, 1, 0)),
        ({"momentum": 0.999999}, (0, 0, 0, 0)),
        ({"momentum": -1.0}, (0, 0, -1, 0)),
        ({"momentum": None}, (0, 0, None, 0)),
        ({"buy": 55, "sell": 45}, (0, 0, 0, 1)),
        ({"buy": 549, "sell": 451}, (0, 0, 0, 0)),
        ({"buy": 45, "sell": 55}, (0, 0, 0, -1)),
        ({"buy": 0, "sell": 0}, (0, 0, 0, None)),
    ],
)
def test_votes_turn_where_the_specification_says(
    changes: dict[str, int | float | None], expected: Votes
) -> None:
    fields = {name: getattr(PLAIN, name) for name in Readings.__struct_fields__}

    assert take_votes(Readings(**{**fields, **changes}), CONFIG).votes == expected
