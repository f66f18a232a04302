"""Classifiers: gates, confidence terms, and the sentences of their hits."""

import re
from typing import Any

import pytest

from flows.common.eastern import eastern_window
from flows.options.classifiers import CALL_SWEEP
from flows.options.classifiers import CONTRACT_SPIKE
from flows.options.classifiers import PUT_SWEEP
from flows.options.classifiers import Verdict
from flows.options.inference import Inference
from flows.options.inference_config import InferenceConfig
from schemas.records import FlowPacket
from tests.flows.options.classifiers import verdicts as shared
from tests.flows.options.classifiers.verdicts import CONFIG
from tests.flows.options.classifiers.verdicts import SOLD
from tests.flows.options.classifiers.verdicts import hits_of
from tests.flows.options.inference_packets import packet
from tests.flows.options.inference_packets import structure_packet

_Z = {"premium_z": "total_premium_z_eff", "size_z": "total_size_z_eff"}


def verdicts(
    given: FlowPacket,
    penalty: float = 0.0,
    config: InferenceConfig = CONFIG,
    known: dict[str, float] | None = None,
) -> dict[str, Verdict]:
    measured = {_Z[name]: value for name, value in (known or {}).items()}
    return shared.verdicts(shared.with_features(given, **measured), penalty, config)


def test_call_sweep_and_spike_of_the_worked_example() -> None:
    found = verdicts(packet())
    assert {name: v.confidence for name, v in found.items()} == {
        CALL_SWEEP: 0.85,
        CONTRACT_SPIKE: 0.90,
    }
    assert found[CALL_SWEEP].direction == "bullish"
    assert found[CONTRACT_SPIKE].direction == "neutral"


def test_put_sweep_is_bearish() -> None:
    assert verdicts(packet(right="P"))[PUT_SWEEP].direction == "bearish"


@pytest.mark.parametrize(
    "features",
    [
        {"sweep_kind": "none"},
        {"nbbo_coverage_ratio": 0.499},
        {"nbbo_aggressive_buy_ratio": 0.549, "nbbo_aggressive_sell_ratio": 0.451},
        {"nbbo_aggressive_buy_ratio": 0.1, "nbbo_aggressive_sell_ratio": 0.9},
        {"count": 2, "iso_size_ratio": 0.49},
        {"total_premium": 39_999.0},
        {"total_premium": 9_999.0, "total_premium_z_eff": 9.0},
        {"total_premium": 39_999.0, "total_premium_z_eff": 1.99},
        {"complex_size_ratio": 1.0},
        {"stock_tied_size_ratio": 1.0},
    ],
)
def test_no_sweep_without_venues_quotes_ask_side_prints_and_premium(
    features: dict[str, Any],
) -> None:
    assert CALL_SWEEP not in verdicts(packet(**features))


@pytest.mark.parametrize(
    ("features", "fires"),
    [
        ({"count": 1, "iso_size_ratio": 0.5}, True),
        ({"count": 1, "iso_size_ratio": 0.5, "total_premium": 39_999.0}, False),
        ({"count": 3, "iso_size_ratio": 0.0}, True),
    ],
)
def test_single_intermarket_order_sweeps_when_large(features: dict[str, Any], fires: bool) -> None:
    assert (CALL_SWEEP in verdicts(packet(**features))) is fires


@pytest.mark.parametrize(
    ("features", "known", "confidence"),
    [
        ({"total_premium": 40_000.0}, {}, 0.70),
        ({"total_premium": 40_000.0, "last_price": 1.85}, {}, 0.70),
        ({"total_premium": 40_000.0, "last_price": 1.8}, {}, 0.60),
        ({"total_premium": 40_000.0, "last_price": None}, {}, 0.60),
        ({"total_premium": 40_000.0, "count": 5}, {}, 0.80),
        ({"total_premium": 40_000.0, "count": 4}, {}, 0.70),
        ({"total_premium": 79_999.0}, {}, 0.70),
        ({"total_premium": 80_000.0}, {}, 0.85),
        ({"total_premium": 40_000.0}, {"premium_z": 1.99}, 0.70),
        ({"total_premium": 40_000.0}, {"premium_z": 2.99}, 0.80),
        ({"total_premium": 40_000.0}, {"premium_z": 2.0}, 0.80),
        ({"total_premium": 40_000.0}, {"premium_z": 3.0}, 0.85),
        ({"total_premium": 10_000.0}, {"premium_z": 2.0}, 0.80),
        ({"total_premium": 300_000.0, "count": 9}, {"premium_z": 4.0}, 0.95),
    ],
)
def test_sweep_confidence_is_the_sum_of_its_terms(
    features: dict[str, Any], known: dict[str, float], confidence: float
) -> None:
    found = verdicts(packet(**features), known=known)[CALL_SWEEP]
    assert found.confidence == pytest.approx(confidence)
    assert sum(term.value for term in found.terms) == pytest.approx(found.confidence)


@pytest.mark.parametrize(
    ("features", "known", "confidence"),
    [
        ({"total_size": 400, "total_premium": 20_000.0, "count": 2}, {}, 0.55),
        ({"total_size": 800, "total_premium": 20_000.0, "count": 2}, {}, 0.70),
        ({"total_size": 400, "total_premium": 40_000.0, "count": 2}, {}, 0.70),
        ({"total_size": 400, "total_premium": 20_000.0, "count": 3}, {}, 0.65),
        ({"total_size": 10, "total_premium": 10_000.0, "count": 2}, {"premium_z": 2.5}, 0.65),
        ({"total_size": 10, "total_premium": 10_000.0, "count": 2}, {"premium_z": 3.5}, 0.70),
        ({"total_size": 10, "total_premium": 10_000.0, "count": 2}, {"size_z": 2.0}, 0.55),
        ({"nbbo_coverage_ratio": 0.4, "count": 2}, {}, 0.80),
        (
            {"nbbo_aggressive_buy_ratio": 0.5, "nbbo_aggressive_sell_ratio": 0.5, "count": 2},
            {},
            0.70,
        ),
    ],
)
def test_spike_confidence_is_the_sum_of_its_terms(
    features: dict[str, Any], known: dict[str, float], confidence: float
) -> None:
    found = verdicts(packet(**features), known=known)[CONTRACT_SPIKE]
    assert found.confidence == pytest.approx(confidence)
    assert sum(term.value for term in found.terms) == pytest.approx(found.confidence)


@pytest.mark.parametrize(
    ("features", "known"),
    [
        ({"total_size": 399}, {}),
        ({"total_premium": 19_999.0}, {}),
        ({"total_premium": 9_999.0}, {"premium_z": 9.0}),
        ({"total_size": 399}, {"premium_z": 2.4, "size_z": 1.9}),
    ],
)
def test_no_spike_below_the_minimum(features: dict[str, Any], known: dict[str, float]) -> None:
    assert CONTRACT_SPIKE not in verdicts(packet(**features), known=known)


def test_penalty_lowers_the_confidence_after_the_cap() -> None:
    found = verdicts(packet(), penalty=0.4)[CONTRACT_SPIKE]
    assert found.confidence == pytest.approx(0.80)
    assert [t.value for t in found.terms if t.name == "penalty"] == [-0.1]


def test_weak_hits_are_not_emitted() -> None:
    mixed: dict[str, Any] = {"nbbo_aggressive_buy_ratio": 0.5, "nbbo_aggressive_sell_ratio": 0.5}
    weak = packet(total_size=400, total_premium=20_000.0, count=2, **mixed)
    assert verdicts(weak, penalty=0.41) == {}
    assert CONTRACT_SPIKE in verdicts(weak, penalty=0.40)


def test_twice_the_minimum_moves_with_the_minimum() -> None:
    config = InferenceConfig(sweep_min_premium=160_000.0, spike_min_size=900)
    found = verdicts(packet(), config=config)
    assert found[CALL_SWEEP].confidence == pytest.approx(0.70)
    assert [t.name for t in found[CONTRACT_SPIKE].terms if t.name.startswith("size")] == []


def test_adjusted_contract_has_no_direction() -> None:
    adjusted = packet(packet_fields={"option_contract_id": "NVDA1-2025-06-06-175-C"})
    assert {hit.direction for hit in hits_of(adjusted).values()} == {"unknown"}


def test_hit_carries_its_event_profile_and_evidence() -> None:
    given = packet()
    hit = hits_of(given)[CALL_SWEEP]
    assert hit.hit_id == hit.trace_id == f"hit:{CALL_SWEEP}:{given.id}"
    assert hit.smart_money_event_id == f"sm:{given.id}"
    assert hit.profile_id == "institutional_directional"
    assert [(r.kind, r.role) for r in hit.evidence_refs[:2]] == [
        ("smart_money", "context"),
        ("flow_packet", "anchor"),
    ]
    assert [r.id for r in hit.evidence_refs if r.kind == "option_print"] == list(given.members)


def test_explanations_name_contract_time_thresholds_baseline_side_and_methods() -> None:
    sweep, spike = (hit.explanations for hit in hits_of(packet()).values())
    assert sweep[0] == (
        "NVDA 06JUN25 175C: 1,600 contracts in 4 prints swept across 3 venues, "
        "10:08:25.000 to 10:08:25.015 ET on 2025-05-23."
    )
    assert "$300,000" in sweep[1]
    assert "$40,000" in sweep[1]
    assert spike[1].count("against a minimum of") == 2
    assert sweep[2].startswith("No baseline yet")
    assert "88% traded on the ask side and 12% on the bid side" in sweep[3]
    assert "quotes for 95%" in sweep[3]
    assert "buy 60% (quote_nbbo 95%, unknown 5%)" in sweep[3]
    assert len(sweep) == len(spike) == 4


def test_penalised_hit_explains_its_weak_evidence() -> None:
    doubtful = packet(nbbo_stale_ratio=0.4, nbbo_coverage_ratio=0.6)
    last = hits_of(doubtful)[CALL_SWEEP].explanations[-1]
    assert last == "Weak evidence lowers the confidence: stale quote 40%; penalty 23%."


def test_single_intermarket_print_is_described_in_the_singular() -> None:
    one = packet(count=1, venue_count=1, sweep_kind="iso", members=1)
    assert "in 1 print on 1 venue, an intermarket sweep" in hits_of(one)[CALL_SWEEP].explanations[0]


@pytest.mark.parametrize(
    ("start_ns", "text"),
    [
        (1_741_500_000_000_000_000, "01:00:00.000 ET on 2025-03-09"),  # before the clocks change
        (1_741_503_600_000_000_000, "03:00:00.000 ET on 2025-03-09"),  # one hour later
        (1_748_059_200_123_456_789, "00:00:00.123 ET on 2025-05-24"),  # midnight in New York
    ],
)
def test_times_are_new_york_across_clock_changes(start_ns: int, text: str) -> None:
    assert eastern_window(start_ns, start_ns) == text


CLAIMS = re.compile(
    r"\b(will|guarantee[ds]?|predicts?|certain(ly)?|sure|insiders?|profits?|returns?|"
    r"is an? institution|knows?)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize(
    "features",
    [
        {},
        {"nbbo_stale_ratio": 0.4, "nbbo_coverage_ratio": 0.6},
        {"sweep_kind": "none", "is_block": True},
        SOLD,
        {"count": 0, "total_size": 0, "total_premium": 0.0},
    ],
)
def test_words_claim_neither_identity_nor_returns(features: dict[str, Any]) -> None:
    inference = Inference(CONFIG)
    for record in [*inference.on_packet(packet()), *inference.on_packet(packet(**features))]:
        for text in (*getattr(record, "explanations", ()), *getattr(record, "why", ())):
            assert not CLAIMS.search(text), text
        assert not CLAIMS.search(getattr(record, "headline", ""))


def test_a_one_venue_burst_is_no_sweep() -> None:
    burst = packet(venue_count=1, sweep_kind="none", iso_size_ratio=0.0, count=8)
    assert CALL_SWEEP not in verdicts(burst)


@pytest.mark.parametrize("right", ["C", "P"])
def test_an_intermarket_order_at_the_bid_is_no_sweep(right: str) -> None:
    assert not {CALL_SWEEP, PUT_SWEEP} & set(verdicts(packet(right=right, **SOLD)))


@pytest.mark.parametrize(
    ("fields", "features"),
    [
        ({"structure_id": "st:NVDA:00"}, {}),
        ({}, {"complex_size_ratio": 0.01}),
        ({}, {"stock_tied_size_ratio": 0.01}),
    ],
)
def test_single_leg_classifiers_leave_legs_and_packages_alone(
    fields: dict[str, Any], features: dict[str, Any]
) -> None:
    assert verdicts(packet(packet_fields=fields, **features)) == {}


def test_single_leg_classifiers_leave_structures_alone() -> None:
    iron = structure_packet(type="iron_condor", features={"sweep_kind": "both"})
    assert verdicts(iron) == {}


def test_baseline_line_names_z_sample_and_history() -> None:
    measured = packet(**shared.baseline(3.14, 2.0))
    line = hits_of(measured)[CONTRACT_SPIKE].explanations[2]
    assert line == (
        "Baseline: premium z 3.1 against 50 earlier packets of the contract; "
        "size z 2.0 against 50 earlier packets of the contract."
    )


@pytest.mark.parametrize(
    ("basis", "words"),
    [("underlying", "of the underlying;"), ("tod", "of the underlying at this time of day;")],
)
def test_baseline_line_names_a_wider_history(basis: str, words: str) -> None:
    features = {**shared.baseline(3.0), "total_premium_basis": basis}
    line = hits_of(packet(**features))[CONTRACT_SPIKE].explanations[2]
    assert words in line
    assert line.endswith("size has no baseline.")


def test_baseline_line_says_how_many_packets_are_too_few() -> None:
    line = hits_of(packet(total_premium_baseline_n=7))[CONTRACT_SPIKE].explanations[2]
    assert line.startswith("No baseline yet: 7 earlier packets are too few")


def test_unusual_packet_names_its_z_and_the_minimum() -> None:
    small = packet(total_size=50, total_premium=12_000.0, **shared.baseline(2.6, 2.2))
    sentence = hits_of(small)[CONTRACT_SPIKE].explanations[1]
    assert "premium z 2.6 against a minimum of 2.5 and size z 2.2 against a minimum of 2.0" in (
        sentence
    )
    sweep = packet(total_premium=12_000.0, **shared.baseline(2.6))
    assert "z 2.6 against a minimum of 2.0" in hits_of(sweep)[CALL_SWEEP].explanations[1]
