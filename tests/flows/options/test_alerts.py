"""Alerts: score, merging, cooldown, throttle, and their words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flows.options.alert_score import score_of
from flows.options.alert_score import severity_of
from flows.options.alert_text import short_money
from flows.options.alerts import MAX_MERGED_PACKETS
from flows.options.inference import Inference
from flows.options.inference_config import InferenceConfig
from schemas.records import FlowAlert
from schemas.records import FlowPacket
from tests.flows.options.inference_packets import START
from tests.flows.options.inference_packets import S
from tests.flows.options.inference_packets import packet


def alerts_of(packets: list[FlowPacket], **config: int) -> tuple[list[FlowAlert], dict[str, int]]:
    inference = Inference(InferenceConfig(**config))
    found = [
        record
        for given_packet in packets
        for record in inference.on_packet(given_packet)
        if isinstance(record, FlowAlert)
    ]
    return found, inference.counters


def test_worked_example_scores_57_medium_and_shows_how() -> None:
    (alert,), _ = alerts_of([packet()])
    assert (alert.score, alert.severity, alert.state, alert.revision) == (57, "medium", "open", 0)
    points = {c.name: round(c.points, 1) for c in alert.components}
    assert points == {
        "premium": 18.5,
        "aggressor": 9.3,
        "unusual": 0.0,
        "structure": 6.0,
        "classifier": 16.8,
        "profile": 7.4,
        "noise": -1.2,
        "absorbed": 0.0,
    }
    assert alert.alert_id == alert.trace_id == f"al:sm:{packet().id}"
    assert alert.primary_profile_id == "institutional_directional"
    assert [hit.confidence for hit in alert.hits] == [0.85, 0.90]
    assert alert.dedupe_key == ("2025-05-23|NVDA-2025-06-06-175-C|bullish|unusual_contract_spike")
    assert alert.cooldown_key == "NVDA|unusual_contract_spike|bullish"


def test_headline_and_reasons_read_like_a_trader_wrote_them() -> None:
    (alert,), _ = alerts_of([packet()])
    assert alert.headline == (
        "NVDA 06JUN25 175C bought: 1,600 lots, $300K, "
        "multi-venue intermarket sweep (3 venues), 4 prints"
    )
    assert alert.why[0].startswith("1,600 contracts for $300,000 in 4 prints on 3 venues, 10:08:25")
    assert "institutional directional flow best: probability 74% (high band)" in alert.why[1]
    assert "large bullish call sweep (confidence 85%)" in alert.why[2]
    assert alert.why[3].startswith("Score 57 of 100 (medium): premium +18.5, aggressor +9.3")


@pytest.mark.parametrize(
    ("features", "words"),
    [
        ({"sweep_kind": "multi_venue"}, "bought: 1,600 lots, $300K, multi-venue sweep (3 venues)"),
        ({"sweep_kind": "iso"}, "intermarket sweep, 4 prints"),
        ({"sweep_kind": "none", "is_block": True}, "block"),
        ({"sweep_kind": "none", "is_split": True}, "split on one venue"),
        (
            {
                "nbbo_aggressive_buy_ratio": 0.1,
                "nbbo_aggressive_sell_ratio": 0.9,
                "expected_bias": -0.2,
                "placement_bias": -0.8,
            },
            "175C sold:",
        ),
        ({"expected_bias": -0.01}, "175C side unclear:"),
    ],
)
def test_headline_says_side_and_shape(features: dict[str, Any], words: str) -> None:
    (alert,), _ = alerts_of([packet(**features)])
    assert words in alert.headline


@pytest.mark.parametrize(
    ("dollars", "text"),
    [
        (1_234_567.0, "$1.2M"),
        (999_500.0, "$1.0M"),
        (999_499.0, "$999K"),
        (9_949.0, "$9,949"),
        (9_950.0, "$10K"),
    ],
)
def test_short_money(dollars: float, text: str) -> None:
    assert short_money(dollars) == text


def test_evidence_leads_from_hits_to_every_print() -> None:
    given_packet = packet()
    (alert,), _ = alerts_of([given_packet])
    refs = [(ref.kind, ref.id) for ref in alert.evidence_refs]
    assert refs == [
        ("classifier_hit", f"hit:large_bullish_call_sweep:{given_packet.id}"),
        ("classifier_hit", f"hit:unusual_contract_spike:{given_packet.id}"),
        ("smart_money", f"sm:{given_packet.id}"),
        ("flow_packet", given_packet.id),
        *[("option_print", trace_id) for trace_id in given_packet.members],
    ]


def test_more_than_500_prints_are_left_to_the_packets() -> None:
    crowd = [packet(n, count=300) for n in range(2)]
    found, _ = alerts_of(crowd)
    prints = [r for r in found[-1].evidence_refs if r.kind == "option_print"]
    assert prints == []


@pytest.mark.parametrize(
    ("changes", "why_not"),
    [
        ({"join": {"observation_quality": 0.38}}, "evidence quality below .35"),
        (
            {
                "total_size": 50,
                "total_premium": 30_000.0,
                "sweep_kind": "none",
            },
            "no hit and no probable profile",
        ),
        (
            {"packet_fields": {"option_contract_id": "NVDA1-2025-06-06-175-C"}},
            "deliverable unresolved",
        ),
    ],
)
def test_weak_or_unresolved_events_never_alert(changes: dict[str, Any], why_not: str) -> None:
    found, _ = alerts_of([packet(**changes)])
    assert found == [], why_not


def test_minimum_score_holds_alerts_back() -> None:
    assert alerts_of([packet()], alert_min_score=58)[0] == []
    assert len(alerts_of([packet()], alert_min_score=57)[0]) == 1


@pytest.mark.parametrize(
    ("points", "score"),
    [(((0.0, 56.5),), 56), (((0.0, 57.5),), 58), (((0.0, 130.0),), 100), (((0.0, -3.0),), 0)],
)
def test_score_rounds_half_to_even_and_is_clamped(
    points: tuple[tuple[float, float], ...], score: int
) -> None:
    assert score_of(points) == score


@pytest.mark.parametrize(
    ("score", "severity"), [(70, "high"), (69, "medium"), (45, "medium"), (44, "low")]
)
def test_severity(score: int, severity: str) -> None:
    assert severity_of(score) == severity


def test_burst_of_100_equal_packets_is_one_alert_with_counted_updates() -> None:
    burst = [packet(n, at_ns=START + n * S // 2) for n in range(100)]
    found, counters = alerts_of(burst)
    assert {alert.alert_id for alert in found} == {f"al:sm:{burst[0].id}"}
    assert [alert.state for alert in found] == ["open"] + ["updated"] * 99
    assert [alert.revision for alert in found] == list(range(100))
    assert counters["alerts_opened"] == 1
    assert counters["alerts_updated"] == 99
    last = found[-1]
    assert (last.packet_count, last.total_size) == (100, 160_000)
    assert last.total_premium == 30_000_000.0
    assert len(last.hits) == 200
    assert last.first_ts == burst[0].start_ts
    assert last.last_ts == burst[-1].end_ts


def test_merged_premium_is_scored_on_the_sum_and_the_rest_on_the_larger() -> None:
    weaker = packet(1, at_ns=START + S, total_premium=100_000.0, placement_bias=0.4)
    (first, merged), _ = alerts_of([packet(), weaker])
    points = {c.name: c.points for c in merged.components}
    before = {c.name: c.points for c in first.components}
    assert points["premium"] == pytest.approx(25 * 0.80103, abs=1e-4)  # log10(40)/2
    for name in ("aggressor", "structure", "classifier", "profile", "noise"):
        assert points[name] == before[name]
    assert merged.peak_score == merged.score == 58


def test_merging_ends_after_the_dedupe_window() -> None:
    later = packet(1, at_ns=START + 60 * S)
    too_late = packet(1, at_ns=START + 60 * S + 1)
    assert [a.state for a in alerts_of([packet(), later])[0]] == ["open", "updated"]
    assert [a.state for a in alerts_of([packet(), too_late])[0]] == ["open", "open"]


def test_alert_rolls_over_instead_of_growing_for_ever() -> None:
    burst = [packet(n, at_ns=START + n * S) for n in range(MAX_MERGED_PACKETS + 1)]
    found, _ = alerts_of(burst)
    assert [alert.packet_count for alert in found[-2:]] == [MAX_MERGED_PACKETS, 1]
    assert found[-1].state == "open"


def test_cooldown_holds_back_other_contracts_and_counts_them_with_the_next_revision() -> None:
    found, counters = alerts_of(
        [
            packet(0),
            packet(1, at_ns=START + S, strike=180.0),
            packet(2, at_ns=START + 2 * S, strike=185.0),
            packet(3, at_ns=START + 3 * S),
        ]
    )
    assert [(a.state, a.suppressed_count) for a in found] == [("open", 0), ("updated", 2)]
    assert counters["alerts_suppressed_cooldown"] == 2
    assert "Similar events held back since it opened: 2." in found[-1].why


@pytest.mark.parametrize(("after_ns", "opens"), [(30 * S - 1, False), (30 * S, True)])
def test_cooldown_ends(after_ns: int, opens: bool) -> None:
    found, _ = alerts_of([packet(0), packet(1, at_ns=START + after_ns, strike=180.0)])
    assert (len(found) == 2) is opens


def test_much_stronger_candidate_breaks_the_cooldown() -> None:
    weak = packet(0, total_premium=80_000.0, placement_bias=0.3)
    strong = packet(1, at_ns=START + S, strike=180.0, total_premium=900_000.0)
    found, _ = alerts_of([weak, strong])
    assert found[1].score >= found[0].score + 10
    assert found[1].state == "open"


def test_other_direction_and_other_underlying_do_not_share_a_cooldown() -> None:
    put = packet(1, at_ns=START + S, right="P")
    other = packet(2, at_ns=START + S, underlying="AMD")
    found, _ = alerts_of([packet(0), put, other])
    assert [(a.underlying_id, a.direction) for a in found] == [
        ("NVDA", "bullish"),
        ("NVDA", "bearish"),
        ("AMD", "bullish"),
    ]


def test_throttle_refills_in_event_time_and_counts_what_it_held_back() -> None:
    crowd = [
        packet(n, at_ns=START + n * S, strike=175.0 + n)
        for n in range(12)
    ]  # fmt: skip
    found, counters = alerts_of(crowd, alert_cooldown_ms=0)
    # Six at once, and one more for every ten seconds of event time.
    assert len(found) == 7
    assert counters["alerts_suppressed_throttle"] == 5
    assert found[6].option_contract_id == "NVDA-2025-06-06-185-C"


def test_high_severity_passes_an_empty_throttle() -> None:
    crowd = [packet(n, at_ns=START + n, strike=175.0 + n) for n in range(6)]
    urgent = packet(
        9, at_ns=START + 9, strike=300.0, total_premium=2e6, placement_bias=1.0, count=9
    )
    found, _ = alerts_of([*crowd, urgent], alert_cooldown_ms=0)
    assert found[-1].severity == "high"
    assert len(found) == 7


def test_abstained_event_alerts_on_its_hit_without_profile_points() -> None:
    (alert,), _ = alerts_of([packet(special_print_ratio=0.34)])
    assert alert.primary_profile_id is None
    assert next(c.points for c in alert.components if c.name == "profile") == 0.0
    assert alert.direction == "neutral"  # of the strongest hit, the spike
    assert any(line.startswith("No profile is named: special print") for line in alert.why)


@given(
    st.lists(
        st.tuples(
            st.floats(0.0, 5e6),
            st.integers(1, 5000),
            st.floats(-1.0, 1.0),
            st.floats(0.0, 1.0),
            st.booleans(),
        ),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=60)
def test_components_always_sum_to_the_score(
    rows: list[tuple[float, int, float, float, bool]],
) -> None:
    packets = [
        packet(
            n,
            at_ns=START + n * S,
            total_premium=round(premium, 2),
            total_size=size,
            placement_bias=round(bias, 6),
            nbbo_stale_ratio=round(stale, 6),
            side_conflict=conflict,
        )
        for n, (premium, size, bias, stale, conflict) in enumerate(rows)
    ]
    for alert in alerts_of(packets)[0]:
        total = round(sum(c.points for c in alert.components), 6)
        assert alert.score == max(0, min(100, round(total)))
        assert alert.peak_score >= alert.score
