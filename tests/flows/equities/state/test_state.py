"""The desk: what it reads, and when it tells."""

import msgspec
import pytest

from flows.common.cadence import NEVER
from flows.equities.alert_draft import AlertDraft
from flows.equities.stage import Cause
from flows.equities.state.config import LvnConfig
from flows.equities.state.config import StateConfig
from flows.errors import MisconfiguredFlow
from tests.flows.equities.state.driver import AREA
from tests.flows.equities.state.driver import STEP_NS
from tests.flows.equities.state.driver import Run
from tests.flows.equities.state.driver import a_run
from tests.flows.equities.state.driver import with_bars
from tests.flows.equities.state.records import CLOSE_NS
from tests.flows.equities.state.records import DAY_BEFORE
from tests.flows.equities.state.records import MINUTE_NS
from tests.flows.equities.state.records import OPEN_NS
from tests.flows.equities.state.records import SECOND_NS
from tests.flows.equities.state.records import a_flow
from tests.flows.equities.state.records import a_print
from tests.flows.equities.state.records import a_profile


def test_nothing_is_told_without_a_value_area_or_a_price() -> None:
    run = Run()
    run.trade(OPEN_NS + 1, 100.0)
    run.reach(OPEN_NS + MINUTE_NS)
    assert run.out == []

    other = a_run()
    other.trade(OPEN_NS + 1, 100.0, last=False)
    other.reach(OPEN_NS + MINUTE_NS)
    assert other.out == []


def test_it_is_told_from_the_open_to_the_close_only() -> None:
    run = a_run()
    run.trade(OPEN_NS - 10 * MINUTE_NS, 100.0)
    assert run.desk.due_ns == OPEN_NS + STEP_NS
    for minute in range(-9, 400):
        run.trade(OPEN_NS + minute * MINUTE_NS + 1, 100.0 + minute % 2 / 100)
    run.reach(CLOSE_NS + 600 * MINUTE_NS)

    stamps = [each.source_ts for each in run.states()]
    assert stamps[0] == OPEN_NS + STEP_NS
    assert stamps[-1] == CLOSE_NS - 60 * SECOND_NS + STEP_NS
    assert all(stamp % STEP_NS == 0 for stamp in stamps)
    assert run.desk.due_ns == NEVER


def test_it_sleeps_after_an_hour_without_prints_and_wakes_with_the_next() -> None:
    run = a_run()
    run.trade(OPEN_NS + 1, 100.0)
    run.reach(OPEN_NS + 60 * MINUTE_NS)
    assert run.desk.due_ns < NEVER
    run.reach(OPEN_NS + 61 * MINUTE_NS)
    assert run.desk.due_ns == NEVER

    now_ns = OPEN_NS + 90 * MINUTE_NS + 1
    run.trade(now_ns, 100.0)
    assert run.desk.due_ns == now_ns - 1 + STEP_NS


def test_an_evaluation_sees_exactly_what_came_before_it() -> None:
    run = a_run()
    run.trade(OPEN_NS + 1, 100.0)
    run.trade(OPEN_NS + STEP_NS, 105.0)
    run.reach(OPEN_NS + STEP_NS)
    assert [each.current_price for each in run.states()] == [100.0]

    run.reach(OPEN_NS + 2 * STEP_NS)
    assert [each.current_price for each in run.states()] == [100.0, 105.0]


def test_unchanged_states_are_not_told_again() -> None:
    run = a_run()
    run.trade(OPEN_NS + 1, 100.0)
    run.reach(OPEN_NS + 10 * MINUTE_NS)

    assert [each.source_ts for each in run.states()] == [OPEN_NS + STEP_NS]


def test_a_record_says_what_it_was_read_from() -> None:
    run = a_run()
    with_bars(run, lambda minute: 100.0 + minute % 2 / 10)
    run.desk.on_flow(a_flow(OPEN_NS - MINUTE_NS, 600, 400))
    run.lvn.on_profile(a_profile(AREA, day=DAY_BEFORE, closed=True, lvns=[100.40]))
    run.trade(OPEN_NS + 1, 100.0)
    run.reach(OPEN_NS + STEP_NS)
    # Bars and order flow of before the first print of a date are of no date yet.
    with_bars(run, lambda minute: 100.0 + minute % 2 / 10)
    run.desk.on_flow(a_flow(OPEN_NS - MINUTE_NS, 600, 400))
    run.reach(OPEN_NS + 2 * STEP_NS)

    first, second = run.states()
    assert [ref.kind for ref in first.evidence_refs] == ["profile"]
    assert [ref.kind for ref in second.evidence_refs] == ["profile", "candle", "order_flow"]
    assert second.trace_id == f"state:test:SPY:hysteresis-1:{OPEN_NS + 2 * STEP_NS}"
    assert second.votes == {"location": 0.0, "acceptance": 0.0, "momentum": 0.0, "flow": 1.0}
    assert second.cvd_pressure == 20.0
    assert (second.poc, second.vah, second.val) == AREA
    assert second.in_value_area
    assert second.distance_from_poc_pct == 0.0
    assert (second.nearest_lvn, second.lvn_approach) == (100.4, "UP")
    assert second.lvn_distance_pct == 0.398406
    assert (first.state, second.state, second.confidence) == ("UNKNOWN", "BALANCE", 85)


def trend(run: Run, price: float, minutes: int, first: int = 0) -> None:
    for number in range(first * 12, (first + minutes) * 12):
        run.trade(OPEN_NS + number * STEP_NS + 1, price)


@pytest.mark.parametrize(
    ("price", "state", "direction"),
    [(103.0, "IMBALANCE_UP", "bullish"), (97.0, "IMBALANCE_DOWN", "bearish")],
)
def test_price_and_volume_beyond_the_value_area_make_an_imbalance(
    price: float, state: str, direction: str
) -> None:
    run = a_run()
    run.trade(OPEN_NS + 1, price)
    with_bars(run, lambda _: 100.0, 20)
    trend(run, price, 1)
    run.reach(OPEN_NS + MINUTE_NS)

    found = run.states()
    assert [each.state for each in found] == ["BALANCE", state]
    assert found[-1].since_ts == found[-1].source_ts == OPEN_NS + 3 * STEP_NS
    assert (found[-1].previous_state, found[-1].confidence) == ("BALANCE", 65)
    (draft,) = [each for each in run.out if isinstance(each, AlertDraft)]
    assert (draft.kind, draft.key, draft.score) == ("state.change", state, 65)
    assert (draft.direction, draft.cooldown_s) == (direction, 60.0)
    assert sum(points for _, _, points in draft.components) == draft.score
    assert draft.refs[0].id == found[-1].trace_id


def test_terms_of_the_alert_are_the_votes_and_add_up_to_the_confidence() -> None:
    run = a_run()
    run.trade(OPEN_NS + 1, 103.0)
    with_bars(run, lambda _: 100.0, 20)
    trend(run, 103.0, 2)
    # Twice the volume inside the value area, and the price back in it.
    run.trade(OPEN_NS + 2 * MINUTE_NS, 100.0, 10_000)
    run.desk.on_flow(a_flow(OPEN_NS + MINUTE_NS, 600, 400))
    run.reach(OPEN_NS + 10 * MINUTE_NS)

    up, balance = [each for each in run.out if isinstance(each, AlertDraft)]
    assert [name for name, _, _ in up.components] == ["location", "acceptance"]
    assert [points for _, _, points in up.components] == [35.0, 30.0]
    assert balance.key == "BALANCE"
    assert balance.components == (
        ("coverage", 80.0, 80.0),
        ("location", 0.0, 0.0),
        ("acceptance", 0.0, 0.0),
        ("flow", 1.0, -15.0),
    )
    assert balance.score == 65


def test_a_print_at_the_same_price_does_not_wake_the_nodes() -> None:
    run = a_run()
    run.trade(OPEN_NS + 1, 100.0)
    run.reach(OPEN_NS + STEP_NS)
    run.trade(OPEN_NS + STEP_NS + 1, 100.0)
    assert run.lvn.due_ns == NEVER

    run.trade(OPEN_NS + STEP_NS + 2, 100.1)
    assert run.lvn.due_ns == OPEN_NS + 6 * SECOND_NS


@pytest.mark.parametrize(
    ("minutes", "total", "expected"),
    [(29, 900.0, 100.0), (30, 199.0, 100.0), (30, 200.0, 120.0)],
)
def test_developing_value_area_counts_after_time_and_volume(
    minutes: int, total: float, expected: float
) -> None:
    run = a_run()
    run.trade(OPEN_NS + 1, 120.0)
    run.desk.on_profile(a_profile((120.0, 121.0, 119.0), total=total))
    run.reach(OPEN_NS + minutes * MINUTE_NS)

    assert run.states()[-1].poc == expected


def test_without_a_session_before_the_developing_one_counts_after_its_time() -> None:
    run = Run()
    run.trade(OPEN_NS + 1, 120.0)
    run.desk.on_profile(a_profile((120.0, 121.0, 119.0), total=1.0))
    run.reach(OPEN_NS + 30 * MINUTE_NS)

    assert [each.source_ts for each in run.states()] == [OPEN_NS + 30 * MINUTE_NS]


def test_volume_counts_for_fifteen_minutes() -> None:
    run = a_run()
    run.trade(OPEN_NS + 1, 103.0)
    with_bars(run, lambda _: 100.0, 20)
    run.reach(OPEN_NS + 16 * MINUTE_NS)

    votes = {each.source_ts - OPEN_NS: each.votes for each in run.states()}
    assert votes[STEP_NS] == {"location": 1.0, "acceptance": 1.0}
    assert votes[15 * MINUTE_NS + STEP_NS] == {"location": 1.0}


def test_volume_of_long_before_the_open_does_not_count_at_the_open() -> None:
    run = a_run()
    run.trade(OPEN_NS - 16 * MINUTE_NS, 103.0)
    run.trade(OPEN_NS - MINUTE_NS, 97.0)
    with_bars(run, lambda _: 100.0, 20)
    run.reach(OPEN_NS + STEP_NS)

    assert run.states()[-1].votes == {"location": -1.0, "acceptance": -1.0}


def test_a_cancelled_price_gives_way_to_the_one_before() -> None:
    run = a_run()
    run.trade(OPEN_NS + 1, 100.0)
    run.trade(OPEN_NS + 2, 105.0)
    run.reach(OPEN_NS + STEP_NS)
    now_ns = OPEN_NS + STEP_NS + 1
    gone = run.prints.ledger.cancel(f"test:prints:{OPEN_NS + 2}:2")
    assert gone is not None
    run.desk.remove(gone, Cause(now_ns, now_ns, 9, "cancel"))
    run.reach(OPEN_NS + 2 * STEP_NS)

    before, after = run.states()
    assert (before.current_price, after.current_price, after.seq) == (105.0, 100.0, 9)


def test_a_late_print_does_not_turn_the_price_back() -> None:
    run = a_run()
    run.trade(OPEN_NS + STEP_NS, 100.0)
    late = a_print(OPEN_NS + 1, 105.0, seq=99)
    run.desk.add(late, OPEN_NS + STEP_NS + 1)
    run.reach(OPEN_NS + 2 * STEP_NS)

    assert [each.current_price for each in run.states()] == [100.0]


def test_table_one_is_told_when_asked_for() -> None:
    run = a_run(StateConfig(preset="table-1"))
    run.trade(OPEN_NS + 1, 100.5)
    run.desk.on_flow(a_flow(OPEN_NS - MINUTE_NS, 600, 400))
    run.reach(OPEN_NS + STEP_NS)

    (record,) = run.states()
    assert (record.preset, record.state, record.confidence) == ("table-1", "IMBALANCE_UP", 80)
    assert record.votes == {"location": 0.0, "flow": 1.0}
    assert (record.momentum_score, record.cvd_pressure) == (None, 20.0)


def test_a_new_date_begins_anew_with_yesterdays_value_area() -> None:
    run = Run()
    run.trade(OPEN_NS + 1, 100.0)
    run.desk.on_profile(a_profile((50.0, 51.0, 49.0), closed=True, source_ts=CLOSE_NS))
    monday_ns = OPEN_NS + 4 * 24 * 60 * MINUTE_NS
    run.trade(monday_ns + 1, 50.0)
    run.reach(monday_ns + STEP_NS)

    record = run.states()[-1]
    assert (record.source_ts, record.poc, record.previous_state) == (
        monday_ns + STEP_NS,
        50.0,
        None,
    )


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"preset": "table-2"}, "STATE_PRESET"),
        ({"cadence_s": 7}, "STATE_CADENCE_S"),
        ({"weight_flow": 0.2}, "STATE_WEIGHT_"),
        ({"leave_score": 0.6}, "STATE_LEAVE_SCORE"),
        ({"coverage_min": 1.5}, "STATE_COVERAGE_MIN"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_variable(changes: dict[str, object], name: str) -> None:
    with pytest.raises(MisconfiguredFlow, match=name):
        msgspec.convert(changes, StateConfig)


def test_a_wrong_distance_is_refused_by_its_variable() -> None:
    with pytest.raises(MisconfiguredFlow, match="LVN_ALERT_PCT"):
        LvnConfig(alert_pct=0.0)


def test_state_of_another_version_is_refused() -> None:
    run = Run()
    with pytest.raises(MisconfiguredFlow, match="version 9"):
        run.desk.load(b"\x91\x09")
