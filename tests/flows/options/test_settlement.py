"""Alerts judged by the next open interest: every outcome, when it is known, and what stays."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.options.forward_returns import NO_RETURNS
from flows.options.forward_returns import ForwardReturns
from flows.options.settlement import OUTCOMES
from flows.options.settlement import ContractOutcome
from flows.options.settlement import close_of
from flows.options.settlement import combined_outcome
from flows.options.settlement import session_after
from flows.options.settlement import session_before
from flows.options.settlement import settle_alert
from flows.options.settlement import snapshot_day
from flows.options.settlement import wait_ends_ns
from schemas.records import AlertSettlement
from schemas.records import FlowAlert
from schemas.records import ForwardReturn
from tests.flows.options.settlement_records import CALL
from tests.flows.options.settlement_records import EXPIRING
from tests.flows.options.settlement_records import HIGHER
from tests.flows.options.settlement_records import HOUR_NS
from tests.flows.options.settlement_records import SESSION
from tests.flows.options.settlement_records import an_alert
from tests.flows.options.settlement_records import interest
from tests.flows.options.settlement_records import snapshots


def settled(alert: FlowAlert | None) -> AlertSettlement:
    assert alert is not None
    assert alert.settlement is not None
    return alert.settlement


@pytest.mark.parametrize(
    ("after", "outcome", "ratio"),
    [
        (1100, "opened", 0.25),
        (1099, "inconclusive", 0.2475),
        (1500, "opened", 1.25),
        (1000, "inconclusive", 0.0),
        (901, "inconclusive", -0.2475),
        (900, "closed", -0.25),
        (0, "closed", -2.5),
    ],
)
def test_change_of_a_quarter_of_the_size_decides(after: int, outcome: str, ratio: float) -> None:
    known = snapshots({CALL: 1000}, {CALL: after})

    found = settled(settle_alert(an_alert(), {CALL: 400}, known, NO_RETURNS))

    assert found == AlertSettlement(
        oi_before=1000,
        oi_after=after,
        oi_change=after - 1000,
        open_ratio=ratio,
        outcome=outcome,
        settled_for=SESSION,
        oi_snapshot_ids=(f"test:{session_before(SESSION)}:oi:{CALL}", f"test:{SESSION}:oi:{CALL}"),
        forward_returns=NO_RETURNS.returns,
    )


@pytest.mark.parametrize(
    ("size", "change", "outcome"),
    [(1, 1, "opened"), (1, 0, "inconclusive"), (3, 1, "opened"), (5, 1, "inconclusive")],
)
def test_quarter_is_compared_without_rounding(size: int, change: int, outcome: str) -> None:
    known = snapshots({CALL: 10}, {CALL: 10 + change})

    assert settled(settle_alert(an_alert(), {CALL: size}, known, NO_RETURNS)).outcome == outcome


def test_contract_expiring_that_day_is_not_applicable_without_any_snapshot() -> None:
    known = snapshots(None, None, close_of(SESSION))

    found = settle_alert(an_alert(), {EXPIRING: 400}, known, NO_RETURNS)

    assert settled(found).outcome == "not_applicable"
    assert settled(found).oi_change is None
    assert settled(found).oi_snapshot_ids == ()
    assert found is not None
    assert found.source_ts == close_of(SESSION)


def test_saturday_expiry_ends_with_the_session_before_it() -> None:
    friday = 16_241  # 2014-06-20
    known = msgspec.structs.replace(
        snapshots(None, None), session=friday, clock_ns=close_of(friday)
    )

    found = settle_alert(an_alert(), {"AAPL-2014-06-21-90-C": 5}, known, NO_RETURNS)

    assert settled(found).outcome == "not_applicable"


@pytest.mark.parametrize(("before", "after"), [(None, {CALL: 5}), ({CALL: 5}, None), (None, None)])
def test_missing_snapshot_is_waited_for_five_sessions(
    before: dict[str, int] | None, after: dict[str, int] | None
) -> None:
    end_ns = wait_ends_ns(SESSION)
    assert end_ns == close_of(SESSION + 8)  # Friday 05-23, Monday a holiday, Tuesday to Friday

    early = settle_alert(an_alert(), {CALL: 400}, snapshots(before, after, end_ns), NO_RETURNS)
    late = settle_alert(an_alert(), {CALL: 400}, snapshots(before, after, end_ns + 1), NO_RETURNS)

    assert early is None
    assert late is not None
    assert settled(late).outcome == "no_data"
    assert settled(late).open_ratio is None
    assert late.source_ts == end_ns


@pytest.mark.parametrize(
    ("before", "after"), [({CALL: 5, HIGHER: 1}, {HIGHER: 1}), ({HIGHER: 1}, {CALL: 5, HIGHER: 1})]
)
def test_contract_missing_from_a_snapshot_of_its_underlying_has_no_data(
    before: dict[str, int], after: dict[str, int]
) -> None:
    found = settle_alert(an_alert(), {CALL: 400}, snapshots(before, after), NO_RETURNS)

    assert settled(found).outcome == "no_data"
    assert found is not None
    assert found.source_ts == close_of(SESSION) + 14 * HOUR_NS


def test_nothing_is_settled_before_the_session_is_over() -> None:
    known = snapshots({CALL: 0}, {CALL: 500}, close_of(SESSION) - 1)

    assert settle_alert(an_alert(), {CALL: 400}, known, NO_RETURNS) is None
    assert settle_alert(an_alert(), {EXPIRING: 400}, known, NO_RETURNS) is None


def test_retracted_alert_is_not_settled() -> None:
    known = snapshots({CALL: 0}, {CALL: 500})

    assert settle_alert(an_alert(state="retracted"), {CALL: 400}, known, NO_RETURNS) is None


def test_alert_without_contracts_has_no_data_after_the_wait() -> None:
    known = snapshots({CALL: 0}, {CALL: 500})
    late = msgspec.structs.replace(known, clock_ns=wait_ends_ns(SESSION) + 1)

    assert settle_alert(an_alert(), {}, known, NO_RETURNS) is None
    assert settled(settle_alert(an_alert(), {CALL: 0}, late, NO_RETURNS)).outcome == "no_data"


@pytest.mark.parametrize(
    ("changes", "sizes", "outcome"),
    [
        ((60, 0), (60, 40), "opened"),
        ((59, 0), (59, 41), "inconclusive"),
        ((30, -30), (50, 50), "inconclusive"),
        ((-60, 40), (60, 40), "closed"),
        ((50, 50), (50, 50), "opened"),
        ((1, 1), (90, 10), "inconclusive"),
    ],
)
def test_structure_takes_the_outcome_of_most_of_its_size(
    changes: tuple[int, int], sizes: tuple[int, int], outcome: str
) -> None:
    known = snapshots({CALL: 100, HIGHER: 200}, {CALL: 100 + changes[0], HIGHER: 200 + changes[1]})
    alert = an_alert(option_contract_id=None, structure_type="vertical")

    found = settled(settle_alert(alert, {HIGHER: sizes[1], CALL: sizes[0]}, known, NO_RETURNS))

    assert found.outcome == outcome
    assert (found.oi_before, found.oi_change) == (300, sum(changes))
    assert found.open_ratio == round(sum(changes) / sum(sizes), 6)
    assert len(found.oi_snapshot_ids) == 4


def test_expiring_leg_is_left_out_of_the_figures() -> None:
    known = snapshots({CALL: 100}, {CALL: 200})

    found = settle_alert(an_alert(), {EXPIRING: 30, CALL: 70}, known, NO_RETURNS)

    assert settled(found).outcome == "opened"
    assert settled(found).oi_change == 100
    assert settled(found).open_ratio == round(100 / 70, 6)
    assert found is not None
    assert "against 70 contracts" in " ".join(found.why)


def test_leg_without_data_leaves_the_sum_unknown() -> None:
    known = snapshots({CALL: 100, HIGHER: 1}, {CALL: 200})

    found = settled(settle_alert(an_alert(), {HIGHER: 30, CALL: 70}, known, NO_RETURNS))

    assert found.outcome == "opened"
    assert found.oi_change is None
    assert len(found.oi_snapshot_ids) == 2


@given(st.lists(st.tuples(st.sampled_from(OUTCOMES), st.integers(1, 1000)), min_size=1, max_size=6))
def test_combined_outcome_holds_three_fifths_or_is_inconclusive(
    parts: list[tuple[str, int]],
) -> None:
    found = combined_outcome(ContractOutcome(kind, size, None, None, 0) for kind, size in parts)

    total = sum(size for _, size in parts)
    share = sum(size for kind, size in parts if kind == found) / total
    strongest = max(
        sum(size for other, size in parts if other == kind) / total for kind, _ in parts
    )
    assert share >= 0.6 or (found == "inconclusive" and strongest < 0.6)


def test_settlement_rewrites_nothing_else() -> None:
    alert = an_alert(revision=3, state="updated")
    known = snapshots({CALL: 1000}, {CALL: 1500})
    last_ns = close_of(session_after(SESSION))
    returns = ForwardReturns((ForwardReturn("1m", 4.0), ForwardReturn("5m", None)), last_ns)

    found = settle_alert(alert, {CALL: 400}, known, returns)

    assert found is not None
    assert (found.state, found.revision, found.source_ts) == ("settled", 4, last_ns)
    assert found.ingest_ts == close_of(SESSION) + 14 * HOUR_NS + 3
    assert found.why[:2] == alert.why
    assert "whole market's" in found.why[2]
    assert "1,000 to 1,500 (+500)" in found.why[2]
    assert found.why[3].startswith("Afterwards the underlying's mid moved +4.0 bps to 1m:")
    changed = {"source_ts", "ingest_ts", "revision", "state", "why", "settlement"}
    for name in set(FlowAlert.__struct_fields__) - changed:
        assert getattr(found, name) == getattr(alert, name), name


@pytest.mark.parametrize(
    ("before", "after", "sizes"),
    [
        ({CALL: 1000}, {CALL: 1500}, {CALL: 400}),
        ({CALL: 1000}, {CALL: 1001}, {CALL: 400}),
        (None, None, {EXPIRING: 400}),
        ({CALL: 1}, {HIGHER: 1}, {CALL: 400}),
        ({CALL: 100, HIGHER: 1}, {CALL: 200}, {CALL: 50, HIGHER: 50}),
    ],
)
def test_every_settlement_says_whose_open_interest_it_is(
    before: dict[str, int] | None, after: dict[str, int] | None, sizes: dict[str, int]
) -> None:
    found = settle_alert(an_alert(), sizes, snapshots(before, after), NO_RETURNS)

    assert found is not None
    assert "whole market's" in " ".join(found.why)


def test_judging_again_changes_only_what_differs() -> None:
    known = snapshots({CALL: 1000}, {CALL: 1500})
    first = settle_alert(an_alert(), {CALL: 400}, known, NO_RETURNS)
    assert first is not None

    assert settle_alert(first, {CALL: 400}, known, NO_RETURNS) is None

    other = snapshots({CALL: 1000}, {CALL: 700})
    again = settle_alert(first, {CALL: 400}, other, NO_RETURNS)
    assert again is not None
    assert again.revision == first.revision + 1
    assert settled(again).outcome == "closed"
    assert len(again.why) == len(first.why)
    assert again.source_ts >= first.source_ts


def test_newest_record_of_a_contract_counts() -> None:
    early = interest(CALL, 100, SESSION)
    late = interest(CALL, 90, SESSION, published_ts=early.published_ts + 1, trace_id="b")

    for records in ([early, late], [late, early]):
        day = snapshot_day(records)
        assert day.records == {CALL: late}
        assert day.published_ts == late.published_ts
