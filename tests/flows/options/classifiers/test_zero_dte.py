"""Same-day trades at the money: gates, terms, direction by right and side."""

from typing import Any

import pytest

from flows.options.classifiers import ZERO_DTE_PUNCH
from schemas.records import FlowPacket
from tests.flows.options.classifiers.verdicts import BOUGHT
from tests.flows.options.classifiers.verdicts import SOLD
from tests.flows.options.classifiers.verdicts import TWO_SIDED
from tests.flows.options.classifiers.verdicts import hits_of
from tests.flows.options.classifiers.verdicts import terms
from tests.flows.options.classifiers.verdicts import verdicts
from tests.flows.options.inference_packets import packet

EDGE: dict[str, Any] = {
    "dte_days": 0, "total_premium": 20_000.0, "total_size": 400, "atm_proximity": 0.01,
    "sweep_kind": "none",
}  # fmt: skip


def same_day(right: str = "C", **features: object) -> FlowPacket:
    return packet(right=right, **{**EDGE, **BOUGHT, **features})


def test_a_same_day_trade_that_just_meets_every_gate_fires() -> None:
    assert verdicts(same_day())[ZERO_DTE_PUNCH].confidence == pytest.approx(0.60)


@pytest.mark.parametrize(
    "features",
    [
        {"dte_days": 1},
        {"total_premium": 19_999.0},
        {"total_size": 399},
        {"atm_proximity": 0.0101},
        {"atm_proximity": None},
    ],
)
def test_no_punch_when_one_gate_fails(features: dict[str, Any]) -> None:
    assert ZERO_DTE_PUNCH not in verdicts(same_day(**features))


@pytest.mark.parametrize(
    ("features", "confidence"),
    [
        ({"atm_proximity": 0.005}, 0.65),
        ({"atm_proximity": 0.0051}, 0.60),
        ({"total_premium": 40_000.0}, 0.70),
        ({"total_premium": 39_999.0}, 0.60),
        ({"total_size": 800}, 0.65),
        ({"total_size": 799}, 0.60),
        (TWO_SIDED, 0.45),
        ({"nbbo_coverage_ratio": 0.49}, 0.55),
        ({"atm_proximity": 0.0, "total_premium": 9e5, "total_size": 5000}, 0.80),
    ],
)
def test_confidence_of_a_punch_is_the_sum_of_its_terms(
    features: dict[str, Any], confidence: float
) -> None:
    found = verdicts(same_day(**features))[ZERO_DTE_PUNCH]
    assert found.confidence == pytest.approx(confidence)
    assert sum(terms(found).values()) == pytest.approx(confidence)


@pytest.mark.parametrize(
    ("right", "side", "direction"),
    [
        ("C", BOUGHT, "bullish"),
        ("C", SOLD, "bearish"),
        ("P", BOUGHT, "bearish"),
        ("P", SOLD, "bullish"),
        ("C", TWO_SIDED, "unknown"),
        ("C", {**BOUGHT, "expected_bias": -0.1}, "unknown"),
        ("C", {**BOUGHT, "expected_bias": 0.0}, "unknown"),
        ("C", {**SOLD, "expected_bias": 0.0}, "unknown"),
        ("C", {**BOUGHT, "nbbo_aggressive_buy_ratio": 0.55}, "bullish"),
        ("C", {**BOUGHT, "nbbo_aggressive_buy_ratio": 0.549}, "unknown"),
        ("C", {**SOLD, "nbbo_aggressive_sell_ratio": 0.55}, "bearish"),
        ("C", {**SOLD, "nbbo_aggressive_sell_ratio": 0.549}, "unknown"),
        ("P", {**SOLD, "expected_bias": 0.1}, "unknown"),
    ],
)
def test_direction_of_a_punch_needs_right_and_side(
    right: str, side: dict[str, Any], direction: str
) -> None:
    assert verdicts(same_day(right, **side))[ZERO_DTE_PUNCH].direction == direction


def test_sold_same_day_calls_are_bearish() -> None:
    assert verdicts(same_day("C", **SOLD))[ZERO_DTE_PUNCH].direction == "bearish"


def test_adjusted_contract_punches_without_direction() -> None:
    adjusted = packet(
        packet_fields={"option_contract_id": "NVDA1-2025-06-06-175-C"}, **{**EDGE, **BOUGHT}
    )
    assert verdicts(adjusted)[ZERO_DTE_PUNCH].direction == "unknown"


def test_punch_explains_premium_size_and_distance() -> None:
    lines = hits_of(same_day())[ZERO_DTE_PUNCH].explanations
    assert lines[0].endswith(
        "mostly on the ask side, expiring the same day, "
        "10:08:25.000 to 10:08:25.015 ET on 2025-05-23."
    )
    assert lines[1] == (
        "$20,000 of premium against a minimum of $20,000, 400 contracts against a minimum of 400, "
        "and a strike 1.00% from the underlying against a maximum of 1.00%."
    )
