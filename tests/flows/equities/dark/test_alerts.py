"""Inferences as alerts."""

import msgspec
import pytest

from flows.equities.alerts import AlertDesk
from flows.equities.dark.alerts import alert_of
from schemas.records import DarkInference
from tests.flows.equities.dark.prints import SECOND
from tests.flows.equities.dark.prints import TEN
from tests.flows.equities.dark.prints import a_desk
from tests.flows.equities.dark.prints import a_print
from tests.flows.equities.dark.prints import a_quote
from tests.flows.equities.dark.prints import cause_of
from tests.flows.equities.dark.prints import feed
from tests.flows.equities.dark.prints import run_out


def a_side(side: str) -> DarkInference:
    return feed(a_desk(), [a_print(at, side, 750) for at in range(4)])[0]


def a_block() -> DarkInference:
    return a_desk().add(a_print(shares=2_000), a_quote(199.75, 200.25), TEN)[0]


@pytest.mark.parametrize(
    ("record", "kind", "score", "direction"),
    [
        (a_block(), "dark.absorbed_block", 68, "neutral"),
        (a_side("A"), "dark.stealth_accumulation", 65, "bullish"),
        (a_side("B"), "dark.distribution", 65, "bearish"),
    ],
)
def test_kind_score_and_direction(
    record: DarkInference, kind: str, score: int, direction: str
) -> None:
    draft = alert_of(record)

    assert (draft.kind, draft.score, draft.direction) == (kind, score, direction)
    assert (draft.state, draft.confidence) == ("open", record.confidence)
    assert (draft.key, draft.subject) == (record.trace_id, record.trace_id)


@pytest.mark.parametrize("record", [a_block(), a_side("A")])
def test_points_add_up_to_the_score(record: DarkInference) -> None:
    draft = alert_of(record)

    assert sum(points for _, _, points in draft.components) == pytest.approx(draft.score)


def test_a_block_shows_its_terms() -> None:
    # .35 + .45 × ½ + .20 × ½ = .675, of which the score of 68 rounds up half a point.
    assert alert_of(a_block()).components == (
        ("base", 1.0, 35.0),
        ("size", 0.5, 22.5),
        ("spread", 0.5, 10.0),
        ("rounding", 0.5, 0.5),
    )


def test_a_zone_shows_its_terms() -> None:
    zone = msgspec.structs.replace(
        a_block(),
        kind="hidden_liquidity_zone",
        confidence=0.614,
        shares=10_000.0,
        zone_side="two_sided",
        price_low=100.0,
        price_high=100.05,
        thresholds={"T_zone": 10_000.0},
        baseline={"touches": 3.0, "hold": 0.67, "off_exchange_share": 0.6},
    )

    draft = alert_of(zone)

    assert [points for _, _, points in draft.components] == [20.0, 10.0, 12.0, 13.4, 6.0, -0.4]
    assert draft.headline == (
        "Inferred hidden liquidity zone: NVDA 10,000 shares off-exchange between $100.00 and "
        "$100.05, two-sided"
    )


def test_the_inference_and_its_joins_are_the_evidence() -> None:
    record = a_side("A")
    draft = alert_of(record)

    assert [(ref.kind, ref.id) for ref in draft.refs][:1] == [("dark", record.trace_id)]
    assert draft.refs[1:] == record.evidence_refs
    assert (draft.shares, draft.prints, draft.notional) == (3_000, 4, record.notional)
    assert (draft.ts, draft.first_ts, draft.last_ts) == (
        record.source_ts,
        record.window_start_ts,
        record.window_end_ts,
    )


def test_a_rejected_inference_retracts_its_alert() -> None:
    desk = a_desk(lambda ts: a_quote(110.0, 110.1, ts))
    desk.add(a_print(shares=2_000), a_quote(), TEN)
    (record,) = run_out(desk)
    draft = alert_of(record)

    assert record.status == "rejected"
    assert (draft.state, draft.subject) == ("retracted", record.trace_id)
    assert draft.headline.startswith("Rejected: inferred absorbed block: NVDA 2,000 shares")


def test_a_rejected_inference_without_an_open_alert_becomes_none() -> None:
    desk = a_desk(lambda ts: a_quote(110.0, 110.1, ts))
    desk.add(a_print(shares=2_000), a_quote(), TEN)
    (record,) = run_out(desk)

    assert AlertDesk("NVDA", "12345678").submit(alert_of(record)) is None


def test_later_revisions_update_and_a_withdrawal_retracts() -> None:
    desk = a_desk()
    block = a_print(shares=2_000)
    desk.add(block, a_quote(), TEN)
    (confirmed,) = run_out(desk)
    (withdrawn,) = desk.remove(block, cause_of(block, TEN + 9 * SECOND))

    assert alert_of(confirmed).state == "updated"
    assert alert_of(confirmed).details["follow_through_bps"] == "+0.0"
    assert alert_of(withdrawn).state == "retracted"
    assert alert_of(withdrawn).headline == (
        "Withdrawn: inferred absorbed block: NVDA 2,000 shares off-exchange at $100.05"
    )
