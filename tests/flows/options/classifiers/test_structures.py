"""Classifiers of structures: straddles, verticals, rolls, ladders; labels and sentences."""

from typing import Any

import pytest

from flows.options.classifiers import LADDER_ACCUMULATION
from flows.options.classifiers import ROLL
from flows.options.classifiers import STRADDLE_STRANGLE
from flows.options.classifiers import VERTICAL_SPREAD
from flows.options.hits import packet_label
from flows.options.inference_config import InferenceConfig
from schemas.records import FlowPacket
from schemas.records import PacketLeg
from tests.flows.options.classifiers.verdicts import BOUGHT
from tests.flows.options.classifiers.verdicts import SOLD
from tests.flows.options.classifiers.verdicts import TWO_SIDED
from tests.flows.options.classifiers.verdicts import baseline
from tests.flows.options.classifiers.verdicts import hits_of
from tests.flows.options.classifiers.verdicts import terms
from tests.flows.options.classifiers.verdicts import verdicts
from tests.flows.options.inference_packets import CALL_LEGS
from tests.flows.options.inference_packets import EXPIRY
from tests.flows.options.inference_packets import leg
from tests.flows.options.inference_packets import structure_packet

LATER = EXPIRY + 42  # 2025-07-18


def straddle(features: dict[str, Any] | None = None, **structure: object) -> FlowPacket:
    side = structure.get("package_side", "sold")
    legs = (leg("C", 500.0, str(side), size=100), leg("P", 500.0, str(side), size=100))
    plain: dict[str, Any] = {
        "type": "straddle", "variant": None, "tier": 2, "package_side": "sold",
        "direction": "neutral", "premium_basis": 10_000.0, "strikes": (500.0,),
    }  # fmt: skip
    return structure_packet(
        legs=legs, features={**SOLD, **(features or {})}, **{**plain, **structure}
    )


def vertical(features: dict[str, Any] | None = None, **structure: object) -> FlowPacket:
    plain: dict[str, Any] = {"gross_premium": 10_000.0, "premium_basis": 4_000.0, "tier": 2}
    size = {"total_size": 200}
    return structure_packet(features={**size, **(features or {})}, **{**plain, **structure})


ROLL_LEGS = (
    leg(strike=150.0, side="sold", size=300),
    leg(strike=160.0, side="bought", expiry=LATER, size=300),
)


def roll(features: dict[str, Any] | None = None, **structure: object) -> FlowPacket:
    plain: dict[str, Any] = {
        "type": "roll", "variant": "out_up", "tier": 2, "gross_premium": 20_000.0,
        "strikes": (150.0,), "expiries": (EXPIRY, EXPIRY + 6),
    }  # fmt: skip
    size = {"total_size": 300}
    return structure_packet(
        legs=ROLL_LEGS, features={**size, **(features or {})}, **{**plain, **structure}
    )


def ladder(
    features: dict[str, Any] | None = None, strikes: int = 3, **structure: object
) -> FlowPacket:
    legs = tuple([leg(strike=150.0 + 5 * n, size=100) for n in range(strikes)])
    plain: dict[str, Any] = {
        "type": "ladder", "variant": None, "tier": 2, "confidence": 0.6,
        "premium_basis": 20_000.0,
        "strikes": tuple([one.strike for one in legs]),
    }  # fmt: skip
    sided = {
        "nbbo_aggressive_buy_ratio": 0.8, "nbbo_aggressive_sell_ratio": 0.2, "total_size": 300,
    }  # fmt: skip
    return structure_packet(
        legs=legs, features={**sided, **(features or {})}, **{**plain, **structure}
    )


@pytest.mark.parametrize(
    ("kind", "side", "variant"),
    [
        ("straddle", "sold", "straddle_short_vol"),
        ("straddle", "bought", "straddle_long_vol"),
        ("strangle", "bought", "strangle_long_vol"),
        ("strangle", "unknown", "strangle_unknown_vol"),
    ],
)
def test_straddles_and_strangles_are_neutral_in_a_variant_by_side(
    kind: str, side: str, variant: str
) -> None:
    found = verdicts(straddle(type=kind, package_side=side))[STRADDLE_STRANGLE]
    assert found.variant == variant
    assert found.direction == "neutral"


@pytest.mark.parametrize(
    ("features", "structure", "confidence"),
    [
        ({}, {}, 0.55),
        ({}, {"premium_basis": 19_999.0}, 0.55),
        ({}, {"premium_basis": 20_000.0}, 0.65),
        ({"total_size": 399}, {}, 0.55),
        ({"total_size": 400}, {}, 0.60),
        ({}, {"tier": 1}, 0.65),
        ({}, {"package_side": "unknown"}, 0.50),
        (TWO_SIDED, {}, 0.40),
        ({"nbbo_coverage_ratio": 0.4}, {}, 0.50),
        ({"total_size": 2400}, {"premium_basis": 6e5, "tier": 1}, 0.80),
    ],
)
def test_confidence_of_a_straddle_is_the_sum_of_its_terms(
    features: dict[str, Any], structure: dict[str, Any], confidence: float
) -> None:
    found = verdicts(straddle(features, **structure))[STRADDLE_STRANGLE]
    assert found.confidence == pytest.approx(confidence)
    assert sum(terms(found).values()) == pytest.approx(confidence)


def test_no_straddle_below_ten_thousand_dollars() -> None:
    assert verdicts(straddle(premium_basis=9_999.0)) == {}


@pytest.mark.parametrize("direction", ["bullish", "bearish", "unknown"])
@pytest.mark.parametrize("variant", ["debit", "credit", None])
def test_vertical_takes_direction_and_variant_of_its_structure(
    direction: str, variant: str | None
) -> None:
    found = verdicts(vertical(direction=direction, variant=variant))[VERTICAL_SPREAD]
    assert (found.direction, found.variant) == (direction, variant)


@pytest.mark.parametrize(
    ("features", "structure", "confidence"),
    [
        ({}, {}, 0.55),
        ({}, {"gross_premium": 19_999.0}, 0.55),
        ({}, {"gross_premium": 20_000.0}, 0.65),
        ({"total_size": 399}, {}, 0.55),
        ({"total_size": 400}, {}, 0.60),
        ({}, {"tier": 1}, 0.65),
        ({}, {"package_side": "unknown"}, 0.40),
        ({}, {"package_side": "sold"}, 0.55),
        ({"total_size": 2000}, {"gross_premium": 3e5, "tier": 1}, 0.80),
    ],
)
def test_confidence_of_a_vertical_is_the_sum_of_its_terms(
    features: dict[str, Any], structure: dict[str, Any], confidence: float
) -> None:
    found = verdicts(vertical(features, **structure))[VERTICAL_SPREAD]
    assert found.confidence == pytest.approx(confidence)
    assert sum(terms(found).values()) == pytest.approx(confidence)


def test_a_vertical_is_gated_by_gross_premium_not_by_its_basis() -> None:
    assert VERTICAL_SPREAD in verdicts(vertical(premium_basis=1.0))
    assert verdicts(vertical(gross_premium=9_999.0, premium_basis=9_999.0)) == {}


@pytest.mark.parametrize(
    ("features", "structure", "confidence"),
    [
        ({}, {}, 0.50),
        ({"total_size": 400}, {"gross_premium": 1.0}, 0.50),
        ({}, {"gross_premium": 39_999.0}, 0.50),
        ({}, {"gross_premium": 40_000.0}, 0.60),
        ({"total_size": 799}, {}, 0.50),
        ({"total_size": 800}, {}, 0.55),
        ({}, {"strikes": (150.0, 160.0)}, 0.55),
        ({}, {"expiries": (EXPIRY, EXPIRY + 7)}, 0.55),
        ({}, {"tier": 1}, 0.55),
        (
            {"total_size": 800},
            {
                "gross_premium": 4e4,
                "strikes": (1.0, 2.0),
                "expiries": (EXPIRY, LATER),
                "tier": 1,
            },
            0.80,
        ),
    ],
)
def test_confidence_of_a_roll_is_the_sum_of_its_terms(
    features: dict[str, Any], structure: dict[str, Any], confidence: float
) -> None:
    found = verdicts(roll(features, **structure))[ROLL]
    assert found.confidence == pytest.approx(confidence)
    assert sum(terms(found).values()) == pytest.approx(confidence)


def test_a_roll_needs_premium_or_size_and_keeps_its_variant() -> None:
    assert ROLL not in verdicts(roll({"total_size": 399}, gross_premium=19_999.0))
    found = verdicts(roll(variant="down", direction="bearish"))[ROLL]
    assert (found.variant, found.direction) == ("down", "bearish")


@pytest.mark.parametrize(
    ("features", "structure", "fires"),
    [
        ({}, {}, True),
        ({}, {"premium_basis": 19_999.0}, False),
        ({"total_size": 400}, {"premium_basis": 1.0}, True),
        ({"total_size": 399}, {"premium_basis": 1.0}, False),
        (baseline(2.5), {"premium_basis": 1.0}, True),
        (baseline(2.4), {"premium_basis": 1.0}, False),
        ({"nbbo_aggressive_buy_ratio": 0.79}, {}, False),
        ({"nbbo_aggressive_buy_ratio": 0.1, "nbbo_aggressive_sell_ratio": 0.9}, {}, True),
    ],
)
def test_a_ladder_needs_one_side_and_premium_size_or_surprise(
    features: dict[str, Any], structure: dict[str, Any], fires: bool
) -> None:
    assert (LADDER_ACCUMULATION in verdicts(ladder(features, **structure))) is fires


@pytest.mark.parametrize(
    ("features", "strikes", "structure", "confidence"),
    [
        ({}, 3, {}, 0.50),
        ({}, 4, {}, 0.55),
        ({}, 3, {"premium_basis": 39_999.0}, 0.50),
        ({}, 3, {"premium_basis": 40_000.0}, 0.60),
        ({"total_size": 799}, 3, {}, 0.50),
        ({"total_size": 800}, 3, {}, 0.60),
        (baseline(2.5), 3, {}, 0.55),
        ({"nbbo_coverage_ratio": 0.4}, 3, {}, 0.45),
        ({"total_size": 900, **baseline(3.0)}, 5, {"premium_basis": 2e5}, 0.80),
    ],
)
def test_confidence_of_a_ladder_is_the_sum_of_its_terms(
    features: dict[str, Any], strikes: int, structure: dict[str, Any], confidence: float
) -> None:
    found = verdicts(ladder(features, strikes, **structure))[LADDER_ACCUMULATION]
    assert found.confidence == pytest.approx(confidence)
    assert sum(terms(found).values()) == pytest.approx(confidence)


@pytest.mark.parametrize(
    "kind", ["multi_leg", "box", "calendar", "butterfly", "stock_tied", "risk_reversal"]
)
def test_other_structures_have_no_classifier(kind: str) -> None:
    assert verdicts(structure_packet(type=kind)) == {}


def test_structure_thresholds_move_with_their_variables() -> None:
    config = InferenceConfig(spike_min_premium=30_000.0, spike_min_size=1_000)
    assert ROLL not in verdicts(roll({"total_size": 999}, gross_premium=29_999.0), config=config)
    found = verdicts(roll(gross_premium=59_999.0), config=config)[ROLL]
    assert "gross_premium_twice_minimum" not in terms(found)


@pytest.mark.parametrize(
    ("given_packet", "label"),
    [
        (vertical(), "NVDA 06JUN25 155/165C debit vertical 940x"),
        (vertical(variant=None), "NVDA 06JUN25 155/165C vertical 940x"),
        (straddle(), "NVDA 06JUN25 500 straddle 100x"),
        (roll(), "NVDA 06JUN25/18JUL25 150/160C out up roll 300x"),
        (ladder(strikes=4), "NVDA 06JUN25 150/155/160/165C ladder"),
        (ladder(strikes=6), "NVDA 06JUN25 150 to 175C (6 strikes) ladder"),
    ],
)
def test_a_structure_is_named_as_a_trader_writes_it(given_packet: FlowPacket, label: str) -> None:
    assert packet_label(given_packet) == label


def _legs(*named: tuple[str, float, int]) -> tuple[PacketLeg, ...]:
    return tuple([leg(right, strike, size=100 * n, ratio=n) for right, strike, n in named])


@pytest.mark.parametrize(
    ("kind", "legs", "label"),
    [
        ("strangle", _legs(("P", 490.0, 1), ("C", 510.0, 1)), "490P/510C strangle 100x"),
        (
            "iron_condor",
            _legs(("C", 520.0, 1), ("P", 480.0, 1), ("P", 490.0, 1), ("C", 510.5, 1)),
            "480P/490P/510.5C/520C iron condor 100x",
        ),
        (
            "butterfly",
            _legs(("C", 105.0, 1), ("C", 100.0, 2), ("C", 95.0, 1)),
            "95/100/105C butterfly 100x",
        ),
        ("stock_tied", _legs(("C", 100.0, 1)), "100C stock tied 100x"),
    ],
)
def test_strikes_ascend_and_packages_are_whole(
    kind: str, legs: tuple[PacketLeg, ...], label: str
) -> None:
    given_packet = structure_packet(legs=legs, type=kind, variant=None)
    assert packet_label(given_packet) == f"NVDA 06JUN25 {label}"


def test_an_emptied_structure_still_has_a_name_and_no_verdict() -> None:
    gone = structure_packet(legs=(), type="multi_leg", variant=None, premium_basis=0.0)
    assert packet_label(gone) == "NVDA multi leg"
    assert verdicts(gone) == {}


def test_structure_hit_carries_variant_label_and_structure_sentence() -> None:
    given_packet = structure_packet(legs=CALL_LEGS)
    hit = hits_of(given_packet)[VERTICAL_SPREAD]
    assert hit.variant == "debit"
    assert hit.option_contract_id is None
    assert hit.hit_id == f"hit:{VERTICAL_SPREAD}:{given_packet.id}"
    assert hit.explanations[0] == (
        "NVDA 06JUN25 155/165C debit vertical 940x: 1,880 contracts in 4 prints on 3 venues, "
        "bought as a package, 10:08:25.000 to 10:08:25.015 ET on 2025-05-23."
    )
    assert hit.explanations[1] == (
        "$150,400 of gross premium against a minimum of $10,000; 1,880 contracts over 2 legs."
    )
    assert hit.explanations[4] == (
        "Legs: bought 940 NVDA 06JUN25 155C at $1.40, sold 940 NVDA 06JUN25 165C at $1.40; price "
        "at 0.85 between package bid (0) and ask (1), bought with probability 79%; net debit "
        "$112,800, gross premium $150,400; inferred from complex-order codes with confidence 90%."
    )
    assert 4 <= len(hit.explanations) <= 6


def test_structure_sentence_admits_what_is_unknown() -> None:
    unclear = vertical(
        package_side="unknown",
        package_position=None,
        net_premium=None,
        premium_basis=10_000.0,
    )
    line = hits_of(unclear)[VERTICAL_SPREAD].explanations[4]
    assert "its place between package bid and ask is unknown; gross premium $10,000" in line
    assert "inferred from matching sizes and times" in line
    between = vertical(package_side="unknown", premium_basis=10_000.0, package_position=0.5)
    assert "which decides no side" in hits_of(between)[VERTICAL_SPREAD].explanations[4]


def test_long_ladders_name_four_legs_and_count_the_rest() -> None:
    line = hits_of(ladder({**BOUGHT}, strikes=6))[LADDER_ACCUMULATION].explanations[4]
    assert line.count(" NVDA 06JUN25 ") == 4
    assert ", 2 more;" in line
    credit = vertical(net_premium=-9_000.0, variant="credit", package_side="sold")
    assert "net credit $9,000" in hits_of(credit)[VERTICAL_SPREAD].explanations[4]


@pytest.mark.parametrize(
    ("given_packet", "sentence"),
    [
        (
            roll({"total_size": 400}),
            "$20,000 of gross premium against a minimum of $20,000, and 400 contracts against a "
            "minimum of 400.",
        ),
        (
            roll({"total_size": 400}, gross_premium=19_999.0),
            "400 contracts against a minimum of 400.",
        ),
        (
            ladder({"total_size": 400}),
            "$20,000 of premium against a minimum of $20,000, and 400 contracts against a minimum "
            "of 400; 80% of aggressive size on one side against a minimum of 80%.",
        ),
        (
            ladder(baseline(2.5), premium_basis=19_999.0),
            "premium z 2.5 against a minimum of 2.5; 80% of aggressive size on one side against a "
            "minimum of 80%.",
        ),
    ],
)
def test_the_thresholds_that_were_just_met_are_named(
    given_packet: FlowPacket, sentence: str
) -> None:
    (found,) = verdicts(given_packet).values()
    assert found.thresholds == sentence
