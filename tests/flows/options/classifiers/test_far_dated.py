"""Far-dated conviction: large trades with at least 60 days to expiry."""

from typing import Any

import pytest

from flows.options.classifiers import FAR_DATED
from schemas.records import FlowPacket
from tests.flows.options.classifiers.verdicts import BOUGHT
from tests.flows.options.classifiers.verdicts import SOLD
from tests.flows.options.classifiers.verdicts import TWO_SIDED
from tests.flows.options.classifiers.verdicts import baseline
from tests.flows.options.classifiers.verdicts import hits_of
from tests.flows.options.classifiers.verdicts import terms
from tests.flows.options.classifiers.verdicts import verdicts
from tests.flows.options.inference_packets import packet

EDGE: dict[str, Any] = {
    "dte_days": 60, "total_premium": 20_000.0, "total_size": 400, "sweep_kind": "none",
}  # fmt: skip


def far(right: str = "C", **features: object) -> FlowPacket:
    return packet(right=right, **{**EDGE, **BOUGHT, **features})


@pytest.mark.parametrize(
    ("features", "fires"),
    [
        ({}, True),
        ({"dte_days": 59}, False),
        ({"total_size": 399}, False),
        ({"total_premium": 19_999.0}, False),
        ({"total_size": 20, "total_premium": 10_000.0, **baseline(2.5)}, True),
        ({"total_size": 20, "total_premium": 10_000.0, **baseline(None, 2.0)}, True),
        ({"total_size": 20, "total_premium": 10_000.0, **baseline(2.49, 1.99)}, False),
        ({"total_size": 20, "total_premium": 9_999.0, **baseline(9.0, 9.0)}, False),
    ],
)
def test_far_dated_needs_tenor_and_a_large_packet(features: dict[str, Any], fires: bool) -> None:
    assert (FAR_DATED in verdicts(far(**features))) is fires


@pytest.mark.parametrize(
    ("features", "confidence"),
    [
        ({}, 0.55),
        ({"dte_days": 90}, 0.60),
        ({"dte_days": 89}, 0.55),
        ({"total_premium": 40_000.0}, 0.65),
        ({"total_premium": 39_999.0}, 0.55),
        ({"total_size": 800}, 0.60),
        ({"total_size": 799}, 0.55),
        (baseline(2.5), 0.65),
        (baseline(2.4), 0.55),
        (TWO_SIDED, 0.40),
        ({"nbbo_coverage_ratio": 0.4}, 0.50),
        ({"dte_days": 400, "total_premium": 9e5, "total_size": 9000, **baseline(9.0)}, 0.85),
    ],
)
def test_confidence_of_far_dated_is_the_sum_of_its_terms(
    features: dict[str, Any], confidence: float
) -> None:
    found = verdicts(far(**features))[FAR_DATED]
    assert found.confidence == pytest.approx(confidence)
    assert sum(terms(found).values()) == pytest.approx(confidence)


@pytest.mark.parametrize(
    ("right", "side", "direction"),
    [
        ("C", BOUGHT, "bullish"),
        ("C", SOLD, "bearish"),
        ("P", BOUGHT, "bearish"),
        ("P", SOLD, "bullish"),
        ("P", TWO_SIDED, "unknown"),
    ],
)
def test_direction_of_far_dated_needs_right_and_side(
    right: str, side: dict[str, Any], direction: str
) -> None:
    assert verdicts(far(right, **side))[FAR_DATED].direction == direction


def test_far_dated_explains_tenor_and_thresholds() -> None:
    lines = hits_of(far(dte_days=75))[FAR_DATED].explanations
    assert lines[1] == (
        "$20,000 of premium against a minimum of $20,000, and 400 contracts against a minimum of "
        "400; 75 days to expiry against a minimum of 60."
    )
    assert 4 <= len(lines) <= 6
