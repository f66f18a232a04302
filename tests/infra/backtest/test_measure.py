"""A whole backtest from decisions and stored mids: figures, words, bytes."""

import msgspec
import numpy as np
import pytest

from flows.common.eastern import iso_date
from infra.backtest.measure import MeasuredRun
from infra.backtest.measure import MeasureRequest
from infra.backtest.measure import measure_decisions
from infra.backtest.measure import measure_runs
from infra.backtest.observations import Decisions
from infra.backtest.observations import Observation
from infra.backtest.result import BacktestResult
from infra.backtest.result import GroupResult
from infra.backtest.result import HorizonResult
from infra.backtest.walk_forward import WalkForwardPlan
from infra.embedded.stack import StackAddresses
from infra.errors import MisconfiguredInfra
from infra.replay.request import ReplayRequest
from tests.infra.backtest.markets import SESSION
from tests.infra.backtest.markets import StoredMids
from tests.infra.backtest.markets import at
from tests.infra.backtest.markets import decision
from tests.infra.backtest.markets import drifted
from tests.infra.backtest.markets import sessions_from
from tests.infra.backtest.markets import walk

NOWHERE = StackAddresses(kafka="", registry="", clickhouse="", redis="")
REQUEST = MeasureRequest(addresses=NOWHERE)
DAYS = sessions_from(SESSION, 8)
RUN = ReplayRequest(run="reference")


def decisions(days: list[int], a_day: int, seed: int = 4) -> list[Observation]:
    generator = np.random.default_rng(seed)
    found = []
    for session in days:
        for number, minute in enumerate(np.sort(generator.uniform(1.0, 370.0, a_day))):
            found.append(
                decision(
                    at(session, float(minute)),
                    session,
                    direction=("bullish", "bearish", "bullish", "neutral")[number % 4],
                    classifiers=("block",) if number % 2 else ("block", "large_bullish_call_sweep"),
                    severity=("high", "medium", "low")[number % 3],
                    profile=None if number % 5 == 0 else "institutional_directional",
                    probability=0.5 + 0.4 * (number % 2),
                )
            )
    return found


def measured(
    made: list[Observation],
    days: list[int],
    *,
    bps_a_minute: float = 0.0,
    run: ReplayRequest = RUN,
    request: MeasureRequest = REQUEST,
) -> BacktestResult:
    paths = walk(9, days, every_s=20)
    own = {day: [each for each in made if each.session == day] for day in days}
    stored = {day: drifted(paths[day], own[day], bps_a_minute) for day in days}
    store = StoredMids({"NVDA": stored})
    return measure_decisions([run], {run.run: Decisions(tuple(made))}, store, request)


def group(result: BacktestResult, dimension: str, name: str) -> GroupResult:
    (found,) = [
        each for each in result.runs[0].groups if (each.dimension, each.name) == (dimension, name)
    ]
    return found


def horizon(result: BacktestResult, name: str = "5m") -> HorizonResult:
    (found,) = [each for each in result.runs[0].groups[0].horizons if each.horizon == name]
    return found


def test_alerts_that_were_followed_are_said_to_beat_and_others_are_not() -> None:
    made = decisions(DAYS, 16)
    assert horizon(measured(made, DAYS, bps_a_minute=3.0)).verdict == "beats"
    assert horizon(measured(made, DAYS)).verdict == "does_not_beat"
    assert horizon(measured(made[:12], DAYS)).verdict == "not_evidence"


def test_every_alert_is_counted_and_only_directions_have_hit_rates() -> None:
    result = measured(decisions(DAYS, 16), DAYS)
    counts = result.runs[0].counts
    assert (counts.alerts, counts.directed, counts.undirected) == (128, 96, 32)
    assert counts.by_direction == {"bearish": 32, "bullish": 64, "neutral": 32}
    assert counts.by_classifier == {"block": 128, "large_bullish_call_sweep": 64}
    assert list(counts.by_severity) == ["high", "medium", "low"]
    assert sum(counts.by_severity.values()) == 128
    assert counts.by_profile["none named"] == 32
    one = horizon(result)
    assert (one.n, one.known_n, one.move_n) == (96, 96, 32)
    assert one.hit_rate == pytest.approx(one.hits / 96, abs=1e-6)
    assert one.base_hit_rate is not None
    assert one.hit_lift.mean == pytest.approx((one.hit_rate or 0) - one.base_hit_rate, abs=2e-6)
    assert one.bps_lift.mean == pytest.approx(
        (one.mean_bps or 0) - (one.base_mean_bps or 0), abs=2e-6
    )
    assert one.move_lift.mean == pytest.approx(
        (one.move_mean_bps or 0) - (one.move_base_bps or 0), abs=2e-6
    )


def test_groups_partition_the_alerts_except_by_classifier() -> None:
    result = measured(decisions(DAYS, 16), DAYS)
    groups = result.runs[0].groups
    assert (groups[0].dimension, groups[0].name, groups[0].alerts) == ("all", "all alerts", 128)
    for dimension in ("profile", "severity", "confidence"):
        parts = [each for each in groups if each.dimension == dimension]
        assert sum(each.alerts for each in parts) == 128
        assert sum(each.horizons[1].hits for each in parts) == groups[0].horizons[1].hits
    assert group(result, "classifier", "block").alerts == 128
    assert group(result, "severity", "high").sessions == 8


def test_a_group_without_directions_is_judged_by_the_size_of_its_moves() -> None:
    neutral = [msgspec.structs.replace(each, direction="neutral") for each in decisions(DAYS, 16)]
    one = horizon(measured(neutral, DAYS))
    assert (one.n, one.hit_rate, one.hit_lift.n, one.move_n) == (0, None, 0, 128)
    assert one.verdict == one.move_lift.verdict == "does_not_beat"


def test_comparisons_are_counted_by_family() -> None:
    result = measured(decisions(DAYS, 16), DAYS)
    lifts = [
        (each.dimension == "all", lift)
        for each in result.runs[0].groups
        for one in each.horizons
        for lift in (one.hit_lift, one.bps_lift, one.move_lift)
    ]
    tested = [is_overall for is_overall, lift in lifts if lift.p_holm is not None]
    assert result.method.comparisons_overall == tested.count(True)
    assert result.method.comparisons_groups == tested.count(False)
    # Of the 32 neutral alerts, 30 or more have a move at 5m, 15m and the close alone.
    assert tested.count(True) == 6 + 6 + 3
    for _, lift in lifts:
        assert (lift.verdict == "not_evidence") is (lift.p_holm is None)
        assert lift.p_holm is None or lift.p is None or lift.p_holm >= lift.p


def test_one_session_is_said_to_be_one() -> None:
    result = measured(decisions(DAYS[:1], 60), DAYS[:1])
    assert result.data.sessions == (iso_date(SESSION),)
    assert result.caveats[0].startswith("One session only (2025-05-22)")
    assert any("same half-hour of the same session" in each for each in result.caveats)
    one = horizon(result)
    assert (one.hit_lift.by, one.hit_lift.is_understated) == ("half-hour blocks of one day", True)
    assert horizon(result, "close").verdict == "not_evidence"
    assert horizon(result, "next_close").known_n == 0


def test_the_warm_up_and_what_lies_behind_the_end_are_left_out_and_counted() -> None:
    made = decisions(DAYS, 16)
    run = msgspec.structs.replace(RUN, from_ns=made[10].emission_ns, to_ns=made[100].emission_ns)
    result = measured(made, DAYS, run=run)
    assert result.runs[0].counts.alerts == 90
    assert result.runs[0].counts.before_start == 38
    assert (result.data.first_ts, result.data.last_ts) == (
        made[10].emission_ns,
        made[99].emission_ns,
    )
    assert (result.data.from_ns, result.data.to_ns) == (run.from_ns, run.to_ns)


def test_calibration_holds_the_stated_against_what_came() -> None:
    result = measured(decisions(DAYS, 16), DAYS)
    five = result.runs[0].calibration[1]
    assert (five.horizon, five.n, five.base_n, five.is_evidence) == ("5m", 96, 96, True)
    assert [each.mean_probability for each in five.bins] == [0.5, 0.9]
    assert sum(each.n for each in five.bins) == 96
    apart = sum(each.n * abs(each.mean_probability - each.hit_rate) for each in five.bins) / 96
    assert five.ece == pytest.approx(apart, abs=1e-5)
    squares = sum(
        each.n
        * (
            each.hit_rate * (1 - each.mean_probability) ** 2
            + (1 - each.hit_rate) * each.mean_probability**2
        )
        for each in five.bins
    )
    assert five.brier == pytest.approx(squares / 96, abs=1e-5)
    # To state the base rate is to state about a half: less wrong than .5 and .9 by turns.
    assert five.brier_base is not None
    assert five.brier_base < (five.brier or 0.0)


def test_runs_of_a_grid_are_walked_forward_and_said_to_be_several() -> None:
    made = decisions(DAYS, 16)
    runs = [
        ReplayRequest(run=f"grid-{name}", changes={"ALERT_MIN_SCORE": str(score)})
        for name, score in (("a", 25), ("b", 40))
    ]
    decided = {
        "grid-a": Decisions(tuple(made)),
        "grid-b": Decisions(tuple([each for each in made if each.severity != "low"])),
    }
    plan = WalkForwardPlan(objective="bps_lift", horizon="5m", train=4, test=1, step=1)
    request = msgspec.structs.replace(REQUEST, walk_forward=plan)
    store = StoredMids({"NVDA": walk(9, DAYS, every_s=20)})
    result = measure_decisions(runs, decided, store, request)
    assert [each.run for each in result.runs] == ["grid-a", "grid-b"]
    assert [each.counts.alerts for each in result.runs] == [128, 88]
    assert result.walk_forward is not None
    assert len(result.walk_forward.folds) == 3
    assert [each.n for each in result.walk_forward.combinations] == [96, 64]
    assert any("chosen with hindsight" in each for each in result.caveats)
    few = msgspec.structs.replace(REQUEST, walk_forward=WalkForwardPlan())
    short = measure_decisions(runs, decided, store, few)
    assert any("needs at least 22 sessions, there are 8" in each for each in short.caveats)


def test_sessions_of_every_run_and_returns_of_the_reference_are_told() -> None:
    made = decisions(DAYS, 16)
    runs = [ReplayRequest(run=name) for name in ("grid-a", "grid-b")]
    decided = {run.run: Decisions(tuple(made)) for run in runs}
    store = StoredMids({"NVDA": walk(9, DAYS, every_s=20)})
    first, second = measure_decisions(runs, decided, store, REQUEST).runs
    assert [each.session for each in first.days] == [iso_date(day) for day in DAYS]
    assert first.days == second.days
    assert [each.n for each in first.returns] == [each.known_n for each in first.groups[0].horizons]
    assert second.returns == ()


def test_the_name_of_a_run_changes_no_interval() -> None:
    made = decisions(DAYS, 16)
    one, other = [
        measured(made, DAYS, run=ReplayRequest(run=name)) for name in ("monday", "tuesday")
    ]
    assert one.runs[0].groups == other.runs[0].groups
    assert one.method == other.method


def test_mids_out_of_prints_favour_busy_minutes_and_that_is_said() -> None:
    made = decisions(DAYS, 16)
    paths = walk(9, DAYS, every_s=20)
    results = [
        measure_decisions(
            [RUN],
            {RUN.run: Decisions(tuple(made))},
            StoredMids({"NVDA": paths}, kind),
            REQUEST,
        )
        for kind in ("quotes", "prints")
    ]
    quoted, carried = results
    assert (quoted.data.mids_from_prints, carried.data.mids_from_prints) == ((), ("NVDA",))
    assert [any("favour busy minutes" in each for each in found.caveats) for found in results] == [
        False,
        True,
    ]
    assert quoted.runs == carried.runs


def test_of_many_runs_the_reference_alone_has_its_counts_among_the_caveats() -> None:
    made = decisions(DAYS, 16)
    runs = [ReplayRequest(run=name) for name in ("grid-a", "grid-b", "grid-c")]
    store = StoredMids({"NVDA": walk(9, DAYS, every_s=20)})
    found = measure_decisions(
        runs, {run.run: Decisions(tuple(made)) for run in runs}, store, REQUEST
    )
    told = [each for each in found.caveats if "have no direction" in each]
    assert [each.partition(":")[0] for each in told] == ["grid-a (reference)"]


def test_sessions_without_anything_stored_are_not_asked_for() -> None:
    store = StoredMids({"NVDA": walk(9, DAYS[:1], every_s=20)})
    result = measure_decisions(
        [RUN], {RUN.run: Decisions(tuple(decisions(DAYS[:1], 4)))}, store, REQUEST
    )
    assert result.data.sessions == (iso_date(DAYS[0]),)
    # Its quotes; and of the next session, which begins on the same UTC day, neither table has any.
    assert store.mids_read == 3


def test_the_same_inputs_give_the_same_bytes() -> None:
    made = decisions(DAYS, 16)
    results = [measured(made, DAYS, bps_a_minute=1.0) for _ in range(2)]
    first, second = [msgspec.json.encode(each.as_json()) for each in results]
    assert first == second
    assert msgspec.json.decode(first, type=BacktestResult) == results[0]


def test_a_run_without_a_decision_has_a_result_that_says_so() -> None:
    result = measured([], DAYS)
    assert result.runs[0].counts.alerts == 0
    assert [each.name for each in result.runs[0].groups] == ["all alerts"]
    assert all(one.verdict == "not_evidence" for one in result.runs[0].groups[0].horizons)
    assert result.caveats[0] == "There are no alerts in this range, so nothing is measured."
    assert (result.data.first_ts, result.data.mid_spacing_s) == (None, None)


def test_decisions_without_mids_are_counted_and_said() -> None:
    result = measure_decisions(
        [RUN], {"reference": Decisions(tuple(decisions(DAYS, 4)))}, StoredMids({}), REQUEST
    )
    assert (result.runs[0].counts.alerts, result.runs[0].counts.without_mids) == (32, 32)
    assert result.caveats[0].startswith("There are no mids for any session with a decision")


def test_equities_are_grouped_by_kind() -> None:
    made = [
        msgspec.structs.replace(each, kind="dark.block", classifiers=(), profile=None)
        for each in decisions(DAYS, 8)
    ]
    result = measured(made, DAYS, request=msgspec.structs.replace(REQUEST, flow="equities"))
    dimensions = {each.dimension for each in result.runs[0].groups}
    assert dimensions == {"all", "kind", "severity", "confidence"}
    assert group(result, "kind", "dark.block").alerts == 64


def test_hits_are_measured_apart_from_alerts() -> None:
    made = decisions(DAYS, 16)
    store = StoredMids({"NVDA": walk(9, DAYS, every_s=20)})
    hits = tuple([msgspec.structs.replace(each, kind="classifier hit") for each in made])
    result = measure_decisions([RUN], {"reference": Decisions((), hits)}, store, REQUEST)
    assert result.runs[0].counts.alerts == 0
    assert group(result, "hit", "block").alerts == 128
    assert result.runs[0].groups[0].name == "all alerts"


@pytest.mark.parametrize("names", [[], ["a", "a"], [f"run-{n}x" for n in range(65)]])
def test_no_runs_too_many_or_one_twice_are_refused(names: list[str]) -> None:
    runs = [MeasuredRun(request=ReplayRequest(run=name)) for name in names]
    with pytest.raises(MisconfiguredInfra, match=f"^{len(runs)} runs with"):
        measure_runs(runs, StoredMids({}), REQUEST)
