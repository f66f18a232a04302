"""Writes: large sales of calls and puts that are not deep in the money."""

from typing import Any

import pytest

from flows.options.classifiers import CALL_OVERWRITE
from flows.options.classifiers import PUT_WRITE
from flows.options.classifiers.verdict import named_side_term
from flows.options.inference_config import InferenceConfig
from schemas.records import FlowPacket
from tests.flows.options.classifiers.verdicts import BOUGHT
from tests.flows.options.classifiers.verdicts import CONFIG
from tests.flows.options.classifiers.verdicts import SOLD
from tests.flows.options.classifiers.verdicts import TWO_SIDED
from tests.flows.options.classifiers.verdicts import baseline
from tests.flows.options.classifiers.verdicts import hits_of
from tests.flows.options.classifiers.verdicts import terms
from tests.flows.options.classifiers.verdicts import verdicts
from tests.flows.options.inference_packets import packet

EDGE: dict[str, Any] = {
    "nbbo_aggressive_sell_ratio": 0.55, "nbbo_aggressive_buy_ratio": 0.45,
    "total_size": 400, "total_premium": 20_000.0, "count": 2, "dte_days": 5, "otm_pct": -0.02,
    "nbbo_coverage_ratio": 0.5,
}  # fmt: skip


def sold(right: str = "C", **features: object) -> FlowPacket:
    return packet(right=right, **{**SOLD, "sweep_kind": "none", **EDGE, **features})


@pytest.mark.parametrize(
    ("right", "classifier", "direction"),
    [("C", CALL_OVERWRITE, "bearish"), ("P", PUT_WRITE, "bullish")],
)
def test_a_sale_that_just_meets_every_gate_is_a_write(
    right: str, classifier: str, direction: str
) -> None:
    found = verdicts(sold(right))[classifier]
    assert found.direction == direction
    assert found.confidence == pytest.approx(0.50)


@pytest.mark.parametrize(
    "features",
    [
        {"total_size": 399},
        {"total_premium": 19_999.0},
        {"dte_days": 4},
        {"otm_pct": -0.0201},
        {"otm_pct": None},
        {"nbbo_coverage_ratio": 0.499},
        {"nbbo_aggressive_sell_ratio": 0.549},
        TWO_SIDED,
    ],
)
def test_no_write_when_one_gate_fails(features: dict[str, Any]) -> None:
    assert not {CALL_OVERWRITE, PUT_WRITE} & set(verdicts(sold(**features)))


def test_a_buy_led_call_block_is_no_overwrite() -> None:
    block = packet(sweep_kind="none", is_block=True, dte_days=35, otm_pct=0.06, **BOUGHT)
    assert CALL_OVERWRITE not in verdicts(block)


@pytest.mark.parametrize(
    ("features", "name", "value"),
    [
        ({"total_premium": 40_000.0}, "premium_twice_minimum", 0.15),
        ({"total_size": 800}, "size_twice_minimum", 0.10),
        ({"count": 3}, "prints_3", 0.05),
        (baseline(2.5), "premium_z", 0.10),
        ({}, "one_sided", 0.05),
    ],
)
def test_each_term_of_a_write(features: dict[str, Any], name: str, value: float) -> None:
    assert terms(verdicts(sold(**features))[CALL_OVERWRITE])[name] == value


@pytest.mark.parametrize(
    ("features", "name"),
    [
        ({"total_premium": 39_999.0}, "premium_twice_minimum"),
        ({"total_size": 799}, "size_twice_minimum"),
        ({"count": 2}, "prints_3"),
        (baseline(2.49), "premium_z"),
    ],
)
def test_terms_of_a_write_need_their_threshold(features: dict[str, Any], name: str) -> None:
    assert name not in terms(verdicts(sold(**features))[CALL_OVERWRITE])


def test_everything_together_is_a_write_of_ninety_percent() -> None:
    strong = sold(total_premium=260_000.0, total_size=2200, count=4, **baseline(6.0))
    assert verdicts(strong)[CALL_OVERWRITE].confidence == pytest.approx(0.90)


def test_write_explains_bid_side_expiry_and_strike() -> None:
    lines = hits_of(sold(dte_days=35, otm_pct=0.06))[CALL_OVERWRITE].explanations
    assert "mostly on the bid side" in lines[0]
    assert "$20,000 of premium against a minimum of $20,000" in lines[1]
    assert "55% of aggressive size at the bid against a minimum of 55%" in lines[1]
    assert "35 days to expiry against a minimum of 5, strike +6.0% out of the money" in lines[1]
    assert 4 <= len(lines) <= 6


@pytest.mark.parametrize(
    ("coverage", "ratio", "value"),
    [(0.0, 1.0, -0.15), (0.49, 1.0, -0.10), (0.5, 0.55, 0.05), (0.5, 0.549, -0.10)],
)
def test_the_named_side_costs_without_quotes_or_majority(
    coverage: float, ratio: float, value: float
) -> None:
    assert named_side_term(coverage, ratio, CONFIG).value == value


def test_write_thresholds_move_with_their_variables() -> None:
    config = InferenceConfig(spike_min_premium=50_000.0)
    assert CALL_OVERWRITE not in verdicts(sold(), config=config)
    found = verdicts(sold(total_premium=99_999.0), config=config)[CALL_OVERWRITE]
    assert "premium_twice_minimum" not in terms(found)
