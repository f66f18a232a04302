"""Openings and unwinds: open-interest arithmetic, and what it proves."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.options.classifiers import CLOSING_UNWIND
from flows.options.classifiers import NEW_POSITION
from flows.options.classifiers import HitHistory
from flows.options.classifiers.position import position_of
from flows.options.classifiers.unwind import detect_unwind
from flows.options.profile_inputs import inputs_from_packet
from schemas.records import FlowPacket
from tests.flows.options.classifiers.verdicts import BOUGHT
from tests.flows.options.classifiers.verdicts import CONFIG
from tests.flows.options.classifiers.verdicts import SOLD
from tests.flows.options.classifiers.verdicts import TWO_SIDED
from tests.flows.options.classifiers.verdicts import hits_of
from tests.flows.options.classifiers.verdicts import terms
from tests.flows.options.classifiers.verdicts import verdicts
from tests.flows.options.inference_packets import EXPIRY
from tests.flows.options.inference_packets import packet

AS_OF = 20_230  # 2025-05-22
CONTRACT = "NVDA-2025-06-06-175-C"
OPENING: dict[str, Any] = {
    "total_size": 100, "total_premium": 10_000.0, "oi": 400, "oi_as_of": AS_OF,
    "session_volume": 401, "dte_days": 6, "sweep_kind": "none",
    "nbbo_aggressive_buy_ratio": 0.6, "nbbo_aggressive_sell_ratio": 0.4, "expected_bias": 0.2,
}  # fmt: skip
CLOSING: dict[str, Any] = {
    "total_size": 100, "total_premium": 10_000.0, "oi": 1000, "oi_as_of": AS_OF,
    "session_volume": 1000, "dte_days": 7, "delta": 0.48, "sweep_kind": "none", **SOLD,
}  # fmt: skip


def opening(right: str = "C", **features: object) -> FlowPacket:
    return packet(right=right, **{**OPENING, **features})


def closing(right: str = "C", **features: object) -> FlowPacket:
    return packet(right=right, **{**CLOSING, **features})


@pytest.mark.parametrize(
    ("features", "fires"),
    [
        ({}, True),
        ({"total_size": 99}, False),
        ({"total_premium": 9_999.0}, False),
        ({"oi": None, "oi_as_of": None}, False),
        ({"session_volume": 400}, False),
        ({"oi": 401, "session_volume": 402}, False),  # a quarter of 401 is more than 100
        ({"oi": 99, "session_volume": 100}, True),
        ({"oi": 100, "session_volume": 100}, False),
        ({"oi": 0, "session_volume": 100}, True),
    ],
)
def test_opening_needs_size_premium_and_more_than_was_open(
    features: dict[str, Any], fires: bool
) -> None:
    assert (NEW_POSITION in verdicts(opening(**features))) is fires


@pytest.mark.parametrize(
    ("features", "confidence"),
    [
        ({}, 0.55),
        ({"oi": 99, "session_volume": 197}, 0.75),
        ({"session_volume": 799}, 0.55),
        ({"session_volume": 800}, 0.65),
        ({"oi": 0, "session_volume": 100}, 0.90),
        ({"dte_days": 7}, 0.60),
        ({"nbbo_aggressive_buy_ratio": 0.70}, 0.60),
        ({"nbbo_aggressive_buy_ratio": 0.69}, 0.55),
        ({"nbbo_aggressive_buy_ratio": 0.3, "nbbo_aggressive_sell_ratio": 0.7}, 0.60),
    ],
)
def test_confidence_of_an_opening_is_the_sum_of_its_terms(
    features: dict[str, Any], confidence: float
) -> None:
    found = verdicts(opening(**features))[NEW_POSITION]
    assert found.confidence == pytest.approx(confidence)
    assert sum(terms(found).values()) == pytest.approx(confidence)


def test_opening_is_capped_below_certainty() -> None:
    features: dict[str, Any] = {"oi": 0, "session_volume": 500, "dte_days": 40, **BOUGHT}
    found = verdicts(opening(**features))[NEW_POSITION]
    assert terms(found)["cap"] == pytest.approx(-0.10)
    assert found.confidence == 0.90


@pytest.mark.parametrize(
    ("right", "side", "direction"),
    [
        ("C", BOUGHT, "bullish"),
        ("C", SOLD, "bearish"),
        ("P", BOUGHT, "bearish"),
        ("P", SOLD, "bullish"),
        ("C", TWO_SIDED, "unknown"),
    ],
)
def test_direction_of_openings_and_unwinds_needs_right_and_side(
    right: str, side: dict[str, Any], direction: str
) -> None:
    assert verdicts(opening(right, **side))[NEW_POSITION].direction == direction
    deep = closing(right, **{**side, "delta": -0.9 if right == "P" else 0.9})
    assert verdicts(deep)[CLOSING_UNWIND].direction == direction


def test_adjusted_contract_opens_without_direction() -> None:
    adjusted = packet(
        packet_fields={"option_contract_id": "NVDA1-2025-06-06-175-C"}, **{**OPENING, **BOUGHT}
    )
    assert verdicts(adjusted)[NEW_POSITION].direction == "unknown"


def test_opening_says_what_is_proven_and_what_is_only_likely() -> None:
    given_packet = opening(total_size=1200, total_premium=60_000.0, session_volume=1500)
    lines = hits_of(given_packet)[NEW_POSITION].explanations
    assert lines[1] == (
        "$60,000 of premium against a minimum of $10,000, and 1,200 contracts against a minimum of "
        "100; 3.0 times the open interest."
    )
    assert lines[4] == (
        "Proven: session volume of 1,500 contracts against open interest of 400 at the end of "
        "2025-05-22 means that at least 1,100 sides of today's trades opened positions. Only "
        "likely: that this packet is among them."
    )
    assert 5 <= len(lines) <= 6


@given(volume=st.integers(0, 10_000), oi=st.integers(0, 10_000), size=st.integers(1, 10_000))
def test_an_opening_and_an_unwind_are_never_claimed_together(
    volume: int, oi: int, size: int
) -> None:
    features: dict[str, Any] = {
        "session_volume": volume, "oi": oi, "total_size": size, "total_premium": 50_000.0,
        "delta": 0.9,
    }  # fmt: skip
    fired = verdicts(closing(**features))
    assert not {NEW_POSITION, CLOSING_UNWIND} <= set(fired)
    position = position_of(inputs_from_packet(closing(**features)), CONFIG)
    assert position is not None
    assert position.opening_sides == max(0, volume - oi)


@pytest.mark.parametrize(
    ("features", "fires"),
    [
        ({}, True),
        ({"oi": None, "oi_as_of": None}, False),
        ({"total_premium": 9_999.0}, False),
        ({"total_size": 99, "oi": 900, "session_volume": 900}, False),
        ({"oi": 1001}, False),  # 100 contracts are less than a tenth
        ({"oi": 199, "session_volume": 150}, False),
        ({"oi": 200, "session_volume": 150}, True),
        ({"total_size": 1000}, True),
        ({"total_size": 1001}, False),
        ({"session_volume": 1001}, False),
        ({"dte_days": 8}, False),
        ({"nbbo_aggressive_sell_ratio": 0.55}, True),
        ({"nbbo_aggressive_sell_ratio": 0.549}, False),
        ({"dte_days": 8, "delta": 0.80}, True),
        ({"dte_days": 8, "delta": -0.80}, True),
        ({"dte_days": 8, "delta": 0.799}, False),
        ({"dte_days": 8, "delta": None}, False),
        ({"nbbo_aggressive_sell_ratio": 0.5, "delta": 0.85}, True),
    ],
)
def test_unwind_needs_room_in_the_open_interest_and_two_signs(
    features: dict[str, Any], fires: bool
) -> None:
    assert (CLOSING_UNWIND in verdicts(closing(**features))) is fires


def opened(side: str = "bought", size: int = 100, trade_date: int = EXPIRY - 8) -> HitHistory:
    history = HitHistory()
    history.record(CONTRACT, trade_date, side, size)
    return history


@pytest.mark.parametrize(
    ("history", "fires"),
    [
        (opened(), True),
        (opened("sold"), False),
        (opened(size=80), True),
        (opened(size=79), False),
        (opened(size=133), True),
        (opened(size=134), False),
        (HitHistory(), False),
    ],
)
def test_undoing_a_like_opening_of_the_other_side_is_a_sign(
    history: HitHistory, fires: bool
) -> None:
    alone = closing(dte_days=8)
    assert (CLOSING_UNWIND in verdicts(alone, history=history)) is fires


@pytest.mark.parametrize(
    ("features", "history", "confidence"),
    [
        ({}, HitHistory(), 0.55),
        ({"delta": 0.9}, HitHistory(), 0.65),
        ({"dte_days": 8}, opened(), 0.65),
        ({"total_size": 249}, HitHistory(), 0.55),
        ({"total_size": 250}, HitHistory(), 0.60),
        ({"total_size": 250, "delta": 0.9}, opened(size=250), 0.85),
    ],
)
def test_confidence_of_an_unwind_is_the_sum_of_its_signs(
    features: dict[str, Any], history: HitHistory, confidence: float
) -> None:
    found = verdicts(closing(**features), history=history)[CLOSING_UNWIND]
    assert found.confidence == pytest.approx(confidence)
    assert sum(terms(found).values()) == pytest.approx(confidence)


def test_the_closing_leg_of_a_roll_is_a_sign_and_the_cap_holds() -> None:
    given_packet = closing(total_size=250, delta=0.9)
    position = position_of(inputs_from_packet(given_packet), CONFIG)
    assert position is not None
    found = detect_unwind(
        position, given_packet.features, 0.0, CONFIG, undoes_opening=True, closes_roll=True
    )
    assert found is not None
    assert terms(found)["roll_closing_leg"] == 0.15
    assert found.confidence == 0.85


def test_unwind_explains_its_signs_and_does_not_claim_proof() -> None:
    lines = hits_of(closing(delta=0.9), opened())[CLOSING_UNWIND].explanations
    assert "10% of the open interest against a minimum of 10%" in lines[1]
    assert lines[4] == (
        "With session volume of 1,000 contracts against open interest of 1,000 at the end of "
        "2025-05-22, positions to close existed; that this packet closed some is likely, not "
        "proven. Signs: one-sided flow, a week or less to expiry, a delta of .80 or more, a likely "
        "opening of like size on the other side within five sessions."
    )
