"""What the tests of the classifiers share: verdicts and hits of one packet."""

from typing import Any

import msgspec

from flows.options.classifiers import HitHistory
from flows.options.classifiers import Verdict
from flows.options.classifiers import detect
from flows.options.hits import HitWriter
from flows.options.hits import caveat_line
from flows.options.inference_config import InferenceConfig
from flows.options.profile_inputs import inputs_from_packet
from flows.options.profiles import assess
from flows.options.smart_money import smart_money_event
from schemas.records import ClassifierHit
from schemas.records import FlowPacket

CONFIG = InferenceConfig()
BOUGHT: dict[str, Any] = {
    "nbbo_aggressive_buy_ratio": 0.9,
    "nbbo_aggressive_sell_ratio": 0.1,
    "expected_bias": 0.3,
    "placement_bias": 0.8,
}
SOLD: dict[str, Any] = {
    "nbbo_aggressive_buy_ratio": 0.1,
    "nbbo_aggressive_sell_ratio": 0.9,
    "expected_bias": -0.3,
    "placement_bias": -0.8,
}
TWO_SIDED: dict[str, Any] = {
    "nbbo_aggressive_buy_ratio": 0.5,
    "nbbo_aggressive_sell_ratio": 0.5,
    "expected_bias": 0.0,
    "placement_bias": 0.0,
}


def verdicts(
    given: FlowPacket,
    penalty: float = 0.0,
    config: InferenceConfig = CONFIG,
    history: HitHistory | None = None,
) -> dict[str, Verdict]:
    """Return what fires on a packet, by classifier."""
    found = detect(given, inputs_from_packet(given), penalty, config, history or HitHistory())
    return {verdict.classifier_id: verdict for verdict in found}


def terms(verdict: Verdict) -> dict[str, float]:
    """Return the confidence terms by name."""
    return {term.name: term.value for term in verdict.terms}


def hits_of(given: FlowPacket, history: HitHistory | None = None) -> dict[str, ClassifierHit]:
    """Return the records of what fires on a packet, by classifier, as the engine writes them."""
    inputs = inputs_from_packet(given)
    assessment = assess(inputs)
    penalty = assessment.confidence.penalty
    writer = HitWriter(
        given,
        inputs,
        smart_money_event(given, assessment),
        caveat_line(assessment.penalties.caveats, penalty),
    )
    found = detect(given, inputs, penalty, CONFIG, history or HitHistory())
    return {verdict.classifier_id: writer.hit(verdict) for verdict in found}


def baseline(premium_z: float | None = None, size_z: float | None = None) -> dict[str, Any]:
    """Return features of a packet that was measured against 50 earlier ones of its contract."""
    return {
        "total_premium_z_eff": premium_z, "total_premium_baseline_n": 50,
        "total_premium_basis": "contract", "total_size_z_eff": size_z,
        "total_size_baseline_n": 50, "total_size_basis": "contract",
    }  # fmt: skip


def with_features(given: FlowPacket, **features: object) -> FlowPacket:
    """Return a packet with some features changed."""
    return msgspec.structs.replace(
        given, features=msgspec.structs.replace(given.features, **features)
    )
