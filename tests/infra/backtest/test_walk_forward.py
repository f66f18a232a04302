"""Choosing on the past and trying on what came after, without a look at it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flows.common.eastern import iso_date
from flows.options.forward_returns import HORIZONS
from infra.backtest.measures import Measured
from infra.backtest.measures import Outcome
from infra.backtest.result import WalkForward
from infra.backtest.walk_forward import Candidate
from infra.backtest.walk_forward import WalkForwardPlan
from infra.backtest.walk_forward import folds_of
from infra.backtest.walk_forward import walk_forward
from infra.errors import MisconfiguredInfra
from infra.pipeline.settle import session_times
from tests.infra.backtest.markets import SESSION
from tests.infra.backtest.markets import at
from tests.infra.backtest.markets import decision
from tests.infra.backtest.markets import open_of
from tests.infra.backtest.markets import sessions_from

DAYS = sessions_from(SESSION, 12)
OPENS = {day: open_of(day) for day in DAYS}
PLAN = WalkForwardPlan(objective="bps_lift", min_alerts=6, train=4, test=2, step=2)


def alerts(bps: list[float], horizon: str = "15m", a_day: int = 3) -> list[Measured]:
    """Return alerts of each session that moved as told, against a base that did not move."""
    found = []
    for day, value in zip(DAYS, bps, strict=False):
        times = session_times(day, ())
        for number in range(a_day):
            made = decision(at(day, 10 + number), day)
            minutes = {"1m": 1, "5m": 5, "15m": 15, "60m": 60}.get(horizon)
            end_ns = at(day, 10 + number + minutes) if minutes else times.close_ns
            if horizon == "next_close":
                end_ns = times.next_close_ns or 0
            outcome = Outcome(value, end_ns, 30, 15, 15, 0.0, 1.0)
            found.append(Measured(made, (outcome,) * len(HORIZONS), True, 0))
    return found


def walked(*values: list[float], plan: WalkForwardPlan = PLAN) -> WalkForward:
    candidates = [
        Candidate(run=f"r{place}", changes={"N": str(place)}, alerts=alerts(each, plan.horizon))
        for place, each in enumerate(values)
    ]
    return walk_forward(candidates, OPENS, plan, ["seed"])


def test_folds_expand_with_one_session_between() -> None:
    assert list(folds_of(DAYS, PLAN)) == [(4, 5, 7), (6, 7, 9), (8, 9, 11), (10, 11, 12)]
    found = walked([1.0] * 12)
    first = found.folds[0]
    assert [first.train_from, first.train_to] == [iso_date(DAYS[0]), iso_date(DAYS[3])]
    assert first.embargo == iso_date(DAYS[4])
    assert [first.test_from, first.test_to] == [iso_date(DAYS[5]), iso_date(DAYS[6])]
    assert [fold.train_from for fold in found.folds] == [iso_date(DAYS[0])] * 4


@given(st.integers(0, 60), st.integers(1, 30), st.integers(1, 9), st.integers(0, 5))
def test_no_session_is_trained_on_and_tested_or_tested_twice(
    sessions: int, train: int, test: int, more: int
) -> None:
    plan = WalkForwardPlan(train=train, test=test, step=test + more)
    folds = list(folds_of(range(sessions), plan))
    assert bool(folds) is (sessions >= plan.least_sessions)
    tested = [place for _, first, last in folds for place in range(first, last)]
    assert len(tested) == len(set(tested))
    for end, first, last in folds:
        assert train <= end < first == end + 1 < last <= sessions


def test_the_best_of_the_training_sessions_is_tried_not_the_best_of_all() -> None:
    early = [5.0] * 6 + [-5.0] * 6
    late = [1.0] * 6 + [9.0] * 6
    found = walked(early, late)
    assert [fold.run for fold in found.folds] == ["r0", "r0", "r1", "r1"]
    assert [fold.train_mean for fold in found.folds] == [5.0, 5.0, 3.0, 4.2]
    # r0 over DAYS 5 to 8, r1 over 9 to 11, three alerts each.
    assert [fold.test_mean for fold in found.folds] == [0.0, -5.0, 9.0, 9.0]
    assert found.out_of_sample.mean == pytest.approx((5 - 5 - 5 - 5 + 9 * 3) / 7, abs=1e-6)
    assert (found.in_sample_run, found.in_sample.mean) == ("r1", 5.0)
    assert found.in_sample.reason == "chosen with hindsight"
    assert found.optimism == pytest.approx(5.0 - 17 / 7, abs=1e-5)


def test_of_equals_the_first_of_the_grid_is_chosen() -> None:
    assert {fold.run for fold in walked([2.0] * 12, [2.0] * 12).folds} == {"r0"}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(-9, 9), min_size=12, max_size=12),
    st.lists(st.floats(-9, 9), min_size=12, max_size=12),
    st.sampled_from(["15m", "close", "next_close"]),
)
def test_nothing_from_the_embargo_on_takes_part_in_the_first_choice(
    one: list[float], other: list[float], horizon: str
) -> None:
    plan = msgspec.structs.replace(PLAN, horizon=horizon)
    late = [value * -3.0 + 1.0 for value in one[4:]]
    whole = walked(one, other, plan=plan).folds[0]
    changed = walked(one[:4] + late, other[:4] + late[::-1], plan=plan).folds[0]
    assert (whole.run, whole.train_mean, whole.train_n, whole.purged) == (
        changed.run,
        changed.train_mean,
        changed.train_n,
        changed.purged,
    )


def test_ways_to_the_next_close_that_reach_into_the_embargo_are_purged() -> None:
    # The last training session's would be known only at the close of the embargo.
    values = [1.0, 1.0, 1.0, 99.0] + [1.0] * 8
    purged = walked(values, plan=msgspec.structs.replace(PLAN, horizon="next_close")).folds[0]
    assert (purged.purged, purged.train_n, purged.train_mean) == (3, 9, 1.0)
    kept = walked(values, plan=msgspec.structs.replace(PLAN, horizon="close")).folds[0]
    assert (kept.purged, kept.train_n, kept.train_mean) == (0, 12, 25.5)


def test_without_enough_alerts_nothing_is_chosen() -> None:
    found = walked([5.0] * 12, plan=msgspec.structs.replace(PLAN, min_alerts=13))
    assert found.folds[0].run is None
    assert (found.folds[0].test_n, found.folds[0].test_mean) == (0, None)
    assert found.folds[1].run == "r0"
    nothing = walked([5.0] * 12, plan=msgspec.structs.replace(PLAN, min_alerts=99))
    assert (nothing.in_sample_run, nothing.optimism, nothing.out_of_sample.n) == (None, None, 0)


def test_too_few_sessions_are_said_and_no_error() -> None:
    opens = {day: OPENS[day] for day in DAYS[:3]}
    candidate = Candidate(run="r0", changes={}, alerts=alerts([1.0] * 3))
    found = walk_forward([candidate], opens, WalkForwardPlan(), ["seed"])
    assert found.note == "needs at least 22 sessions, there are 3"
    assert (found.folds, found.out_of_sample.mean, found.sessions) == ((), None, 3)
    assert walked([1.0] * 12).note == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"objective": "sharpe"}, "objective of a walk-forward is 'sharpe'"),
        ({"horizon": "2h"}, "expected one of 1m, 5m, 15m, 60m, close, next_close"),
        ({"train": 0}, "train block"),
        ({"test": 6}, "step of a walk-forward is 5, expected 6 sessions"),
        ({"min_alerts": 0}, "least number of alerts"),
    ],
)
def test_a_plan_out_of_range_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(MisconfiguredInfra, match=words):
        WalkForwardPlan(**changes)  # type: ignore[arg-type]
