"""What holds for every classifier: terms sum to the confidence, doubt never strengthens a hit."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.options.classifiers import HitHistory
from flows.options.classifiers import Verdict
from flows.options.classifiers.far_dated import CAP as FAR_CAP
from flows.options.classifiers.sweeps import CAP as SWEEP_CAP
from flows.options.classifiers.verdict import MIN_CONFIDENCE
from flows.options.classifiers.verdict import direction_of
from flows.options.inference_config import InferenceConfig
from schemas.records import FlowPacket
from tests.flows.options.classifiers.verdicts import hits_of
from tests.flows.options.classifiers.verdicts import verdicts
from tests.flows.options.inference_packets import EXPIRY
from tests.flows.options.inference_packets import leg
from tests.flows.options.inference_packets import packet
from tests.flows.options.inference_packets import structure_packet
from tests.flows.options.test_classifiers import CLAIMS

SHARES = st.floats(0.0, 1.0)
Z = st.none() | st.floats(-3.0, 12.0)


@st.composite
def features(draw: st.DrawFn) -> dict[str, Any]:
    buy = draw(SHARES)
    return {
        "count": draw(st.integers(1, 12)),
        "total_size": draw(st.integers(1, 3000)),
        "total_premium": draw(st.floats(1.0, 500_000.0)),
        "nbbo_coverage_ratio": draw(SHARES),
        "nbbo_aggressive_buy_ratio": buy,
        "nbbo_aggressive_sell_ratio": 1.0 - buy,
        "expected_bias": draw(st.floats(-1.0, 1.0)),
        "iso_size_ratio": draw(SHARES),
        "sweep_kind": draw(st.sampled_from(["none", "iso", "multi_venue", "both"])),
        "dte_days": draw(st.sampled_from([0, 3, 7, 30, 60, 120])),
        "otm_pct": draw(st.none() | st.floats(-0.2, 0.2)),
        "atm_proximity": draw(st.none() | st.floats(0.0, 0.1)),
        "delta": draw(st.none() | st.floats(-1.0, 1.0)),
        "oi": draw(st.none() | st.integers(0, 5000)),
        "oi_as_of": EXPIRY - 15,
        "session_volume": draw(st.integers(0, 8000)),
        "total_premium_z_eff": draw(Z),
        "total_size_z_eff": draw(Z),
        "first_price": draw(st.none() | st.floats(0.1, 5.0)),
        "last_price": draw(st.none() | st.floats(0.1, 5.0)),
    }


@st.composite
def packets(draw: st.DrawFn) -> FlowPacket:
    measured = draw(features())
    kind = draw(st.sampled_from(["single", "straddle", "vertical", "roll", "ladder"]))
    if kind == "single":
        return packet(right=draw(st.sampled_from("CP")), **measured)
    legs = tuple([leg(strike=100.0 + n) for n in range(draw(st.integers(2, 6)))])
    return structure_packet(
        legs=legs,
        features=measured,
        type=kind,
        tier=draw(st.integers(1, 2)),
        package_side=draw(st.sampled_from(["bought", "sold", "unknown"])),
        gross_premium=draw(st.floats(0.0, 500_000.0)),
        premium_basis=draw(st.floats(0.0, 500_000.0)),
        strikes=tuple([one.strike for one in legs]),
    )


def total(verdict: Verdict) -> float:
    return sum(term.value for term in verdict.terms)


@given(packets(), SHARES)
def test_terms_sum_to_a_confidence_between_the_floor_and_the_highest_cap(
    given_packet: FlowPacket, penalty: float
) -> None:
    for verdict in verdicts(given_packet, penalty).values():
        assert total(verdict) == pytest.approx(verdict.confidence, abs=1e-6)
        assert MIN_CONFIDENCE <= verdict.confidence <= SWEEP_CAP


@given(packets(), SHARES, SHARES)
def test_a_larger_penalty_never_strengthens_nor_adds_a_hit(
    given_packet: FlowPacket, one: float, other: float
) -> None:
    little, much = sorted((one, other))
    clean, doubted = verdicts(given_packet, little), verdicts(given_packet, much)
    assert set(doubted) <= set(clean)
    for name, verdict in doubted.items():
        assert verdict.confidence <= clean[name].confidence
        assert verdict.direction == clean[name].direction


@given(packets())
def test_every_hit_has_four_to_six_sentences_without_claims(given_packet: FlowPacket) -> None:
    for hit in hits_of(given_packet, HitHistory()).values():
        assert 4 <= len(hit.explanations) <= 6
        assert len(set(hit.explanations)) == len(hit.explanations)
        for sentence in hit.explanations:
            assert sentence.endswith(".")
            assert not CLAIMS.search(sentence), sentence
            assert "None" not in sentence
            assert "nan" not in sentence


@given(packets())
def test_detection_is_a_function_of_its_arguments(given_packet: FlowPacket) -> None:
    assert msgspec.msgpack.encode(verdicts(given_packet)) == msgspec.msgpack.encode(
        verdicts(given_packet)
    )


def test_hits_come_in_the_order_of_the_specification() -> None:
    rich = packet(
        dte_days=60, oi=100, oi_as_of=EXPIRY - 61, session_volume=5000, total_premium=300_000.0
    )
    assert list(verdicts(rich)) == [
        "large_bullish_call_sweep",
        "unusual_contract_spike",
        "new_position_likely",
        "far_dated_conviction",
    ]
    assert verdicts(rich)["far_dated_conviction"].confidence <= FAR_CAP


@pytest.mark.parametrize(
    ("right", "side", "direction"),
    [
        ("C", "bought", "bullish"),
        ("P", "sold", "bullish"),
        ("C", "sold", "bearish"),
        ("P", "bought", "bearish"),
        ("C", "unknown", "unknown"),
        ("P", "unknown", "unknown"),
        (None, "bought", "unknown"),
    ],
)
def test_direction_needs_a_right_and_a_side(right: str | None, side: str, direction: str) -> None:
    assert direction_of(right, side) == direction


def test_minimums_below_ten_thousand_dollars_are_honoured() -> None:
    small = packet(total_premium=5_000.0, dte_days=0, total_size=500, atm_proximity=0.0)
    assert verdicts(small) == {}
    low = InferenceConfig(
        sweep_min_premium=5_000.0, spike_min_premium=5_000.0, zero_dte_min_premium=5_000.0
    )
    for config in (
        InferenceConfig(sweep_min_premium=5_000.0),
        InferenceConfig(spike_min_premium=5_000.0),
        InferenceConfig(zero_dte_min_premium=5_000.0),
    ):
        assert len(verdicts(small, config=config)) == 1
    assert len(verdicts(small, config=low)) == 3


@given(features(), st.sampled_from("CP"))
def test_nothing_fires_on_a_packet_below_ten_thousand_dollars(
    measured: dict[str, Any], right: str
) -> None:
    small = {**measured, "total_premium": min(measured["total_premium"], 9_999.99)}
    assert verdicts(packet(right=right, **small)) == {}
