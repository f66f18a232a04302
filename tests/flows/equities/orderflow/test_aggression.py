"""The scorer of aggression: the golden rows of the specification, steps, directions, conflicts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.equities.orderflow.aggression import PRESETS
from flows.equities.orderflow.aggression import AggressionInputs
from flows.equities.orderflow.aggression import score
from flows.equities.orderflow.aggression import score_parts
from flows.equities.orderflow.aggression import tick_half
from flows.equities.orderflow.minutes import pressures

LIVE = PRESETS["live-1"]
STRATEGY = PRESETS["strategy-1"]


@pytest.mark.parametrize(
    ("ratio", "momentum", "buy", "sell", "points"),
    [
        (3.0, 2000.0, 80.0, 20.0, 100),
        (2.0, 1000.0, 70.0, 30.0, 70),
        (2.9, 1999.0, 79.0, 21.0, 70),
        (1.5, -500.0, 40.0, 60.0, 40),
        (1.0, 99.0, 55.0, 45.0, 0),
    ],
)
def test_live_1_scores_the_golden_rows(
    ratio: float, momentum: float, buy: float, sell: float, points: int
) -> None:
    assert score(LIVE, AggressionInputs(ratio, momentum, buy, sell)).score == points


@pytest.mark.parametrize(
    ("momentum", "buy", "sell", "points", "direction"),
    [
        (1200.0, 72.0, 28.0, 100, "BUY"),
        (600.0, 62.0, 38.0, 50, "BUY"),
        (-500.0, 45.0, 55.0, 20, "NEUTRAL"),
    ],
)
def test_strategy_1_scores_the_golden_rows(
    momentum: float, buy: float, sell: float, points: int, direction: str
) -> None:
    found = score(STRATEGY, AggressionInputs(9.0, momentum, buy, sell))

    assert (found.score, found.direction) == (points, direction)


@pytest.mark.parametrize(
    ("ratio", "points"),
    [(3.0, 30), (2.999999, 20), (2.0, 20), (1.999999, 10), (1.5, 10), (1.499999, 0), (0.0, 0)],
)
def test_live_1_gives_points_for_volume_and_strategy_1_none(ratio: float, points: int) -> None:
    inputs = AggressionInputs(ratio, 0.0, 50.0, 50.0)

    assert (score(LIVE, inputs).score, score(STRATEGY, inputs).score) == (points, 0)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("momentum", "live", "strategy"),
    [
        *[(2000.0, 40, 40), (1999.0, 30, 40), (1000.0, 30, 40), (999.0, 20, 20)],
        *[(500.0, 20, 20), (499.0, 10, 0), (100.0, 10, 0), (99.0, 0, 0)],
    ],
)
def test_momentum_counts_either_way(sign: int, momentum: float, live: int, strategy: int) -> None:
    inputs = AggressionInputs(1.0, sign * momentum, 50.0, 50.0)

    assert (score(LIVE, inputs).score, score(STRATEGY, inputs).score) == (live, strategy)


@pytest.mark.parametrize(
    ("pressure", "live", "strategy"),
    [(80.0, 30, 40), (79.0, 20, 40), (70.0, 20, 40), (69.0, 10, 20), (60.0, 10, 20), (59.0, 0, 0)],
)
def test_greater_pressure_counts_whichever_side_it_is(
    pressure: float, live: int, strategy: int
) -> None:
    for buy, sell in ((pressure, 100.0 - pressure), (100.0 - pressure, pressure)):
        inputs = AggressionInputs(1.0, 0.0, buy, sell)
        assert score_parts(LIVE, inputs).pressure == live
        assert score_parts(STRATEGY, inputs).pressure == strategy


@pytest.mark.parametrize(
    ("buy", "sell", "points"),
    [(2, 1, 20), (1, 2, 20), (199, 100, 10), (3, 2, 10), (149, 100, 0), (1, 0, 20), (0, 0, 0)],
)
def test_strategy_1_gives_points_for_the_heavier_side(buy: int, sell: int, points: int) -> None:
    inputs = AggressionInputs(1.0, 0.0, *pressures(buy, sell))

    assert score_parts(STRATEGY, inputs).sides == points
    assert score_parts(LIVE, inputs).sides == 0


@pytest.mark.parametrize(
    ("momentum", "buy", "live", "strategy"),
    [
        (0.0, 70.0, ("BUY", False), ("BUY", False)),
        (0.0, 30.0, ("SELL", False), ("SELL", False)),
        (0.0, 69.0, ("NEUTRAL", False), ("NEUTRAL", False)),
        (1000.0, 50.0, ("NEUTRAL", False), ("BUY", False)),
        (1001.0, 50.0, ("BUY", False), ("BUY", False)),
        (-1001.0, 50.0, ("SELL", False), ("SELL", False)),
        (500.0, 50.0, ("NEUTRAL", False), ("NEUTRAL", False)),
        (-501.0, 50.0, ("NEUTRAL", False), ("SELL", False)),
        (-1001.0, 70.0, ("BUY", True), ("BUY", True)),
        # live-1 asks for the pressure of both sides before any momentum, strategy-1 side by side.
        (1001.0, 30.0, ("SELL", True), ("BUY", True)),
    ],
)
def test_direction_is_that_of_the_first_rule_and_both_ways_are_a_conflict(
    momentum: float, buy: float, live: tuple[str, bool], strategy: tuple[str, bool]
) -> None:
    inputs = AggressionInputs(1.0, momentum, buy, 100.0 - buy)
    found = [score(preset, inputs) for preset in (LIVE, STRATEGY)]

    assert [(each.direction, each.conflict) for each in found] == [live, strategy]


@pytest.mark.parametrize(
    ("ratio", "momentum", "buy", "label", "is_aggressive", "spike"),
    [
        (2.0, 1000.0, 70.0, "STRONG", True, True),
        (3.0, 500.0, 60.0, "MODERATE", True, True),
        (1.5, 1000.0, 60.0, "MODERATE", True, False),
        (1.5, 1000.0, 59.0, "WEAK", False, False),
    ],
)
def test_score_has_a_label_and_volume_a_spike(
    ratio: float, momentum: float, buy: float, label: str, is_aggressive: bool, spike: bool
) -> None:
    found = score(LIVE, AggressionInputs(ratio, momentum, buy, 100.0 - buy))

    assert (found.label, found.is_aggressive, found.volume_spike) == (label, is_aggressive, spike)


def test_message_says_what_was_scored() -> None:
    found = score(LIVE, AggressionInputs(3.1, -2400.0, 18.0, 82.0))

    assert found.message == (
        "Strong selling: 18% buy, 82% sell, volume 3.1× the mean minute, delta -2,400 shares"
    )


@given(
    st.floats(0, 10), st.integers(-5000, 5000), st.integers(0, 1000), st.sampled_from(list(PRESETS))
)
def test_mirrored_flow_has_the_same_score_and_the_other_direction(
    ratio: float, momentum: int, buy: int, name: str
) -> None:
    inputs = AggressionInputs(ratio, float(momentum), buy / 10, (1000 - buy) / 10)
    mirrored = AggressionInputs(ratio, -float(momentum), (1000 - buy) / 10, buy / 10)
    found, other = score(PRESETS[name], inputs), score(PRESETS[name], mirrored)

    assert 0 <= found.score <= 100
    assert (found.score, found.conflict) == (other.score, other.conflict)
    if not found.conflict:
        swapped = {"BUY": "SELL", "SELL": "BUY", "NEUTRAL": "NEUTRAL"}
        assert other.direction == swapped[found.direction]


def test_tick_half_splits_the_golden_tape() -> None:
    tape = [(1_000_000, 5), (1_000_100, 10), (1_000_100, 3), (1_000_000, 4)]

    buy, sell = tick_half(tape)

    assert (buy, sell, buy - sell) == (13, 9, 4)
    assert round(pressures(buy, sell)[0], 4) == 59.0909
