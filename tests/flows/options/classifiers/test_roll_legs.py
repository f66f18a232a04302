"""Openings and unwinds on the legs of a roll, and of no other structure."""

from typing import Any

import msgspec
import pytest

from flows.options.classifiers import CLOSING_UNWIND
from flows.options.classifiers import NEW_POSITION
from flows.options.classifiers import ROLL
from flows.options.classifiers import HitHistory
from flows.options.classifiers.roll_legs import closing_leg
from schemas.records import FlowPacket
from schemas.records import PacketLeg
from tests.flows.options.classifiers.verdicts import hits_of
from tests.flows.options.classifiers.verdicts import terms
from tests.flows.options.classifiers.verdicts import verdicts
from tests.flows.options.inference_packets import EXPIRY
from tests.flows.options.inference_packets import leg
from tests.flows.options.inference_packets import structure_packet

AS_OF = EXPIRY - 6


def rolled(
    old: dict[str, Any] | None = None, new: dict[str, Any] | None = None, **structure: object
) -> FlowPacket:
    """Return 300 calls sold five days before expiry against 300 bought six weeks later."""
    near = msgspec.structs.replace(
        leg(strike=150.0, side="sold", size=300),
        **{"oi": 1000, "oi_as_of": AS_OF, "session_volume": 400, **(old or {})},
    )
    far = msgspec.structs.replace(
        leg(strike=160.0, size=300, expiry=EXPIRY + 42),
        **{"oi": 100, "oi_as_of": AS_OF, "session_volume": 300, **(new or {})},
    )
    plain: dict[str, Any] = {
        "type": "roll", "variant": "out_up", "gross_premium": 84_000.0, "premium_basis": 20_000.0,
        "expiries": (EXPIRY, EXPIRY + 42), "package_position": 0.65,
    }  # fmt: skip
    return structure_packet(legs=(near, far), features={"dte_days": 5}, **{**plain, **structure})


def test_a_roll_closes_one_leg_and_opens_the_other() -> None:
    found = verdicts(rolled())
    assert list(found) == [NEW_POSITION, CLOSING_UNWIND, ROLL]
    assert found[NEW_POSITION].direction == "bullish"
    assert found[CLOSING_UNWIND].direction == "bearish"
    assert terms(found[CLOSING_UNWIND])["roll_closing_leg"] == 0.15


@pytest.mark.parametrize(
    ("old", "new", "fired"),
    [
        ({"oi": None}, {}, [NEW_POSITION, ROLL]),
        ({"oi_as_of": None}, {}, [NEW_POSITION, ROLL]),
        ({"session_volume": None}, {}, [NEW_POSITION, ROLL]),
        ({}, {"oi": None}, [CLOSING_UNWIND, ROLL]),
        ({}, {"premium": 9_999.0}, [CLOSING_UNWIND, ROLL]),
        ({"session_volume": 1001}, {}, [NEW_POSITION, ROLL]),
    ],
)
def test_a_leg_without_open_interest_or_premium_claims_nothing(
    old: dict[str, Any], new: dict[str, Any], fired: list[str]
) -> None:
    assert list(verdicts(rolled(old, new))) == fired


def test_the_closing_leg_needs_a_second_sign() -> None:
    near = {"expiry": EXPIRY + 30}
    alone = rolled(near, package_position=0.5, package_side="unknown")
    assert CLOSING_UNWIND not in verdicts(alone)
    history = HitHistory()
    contract = alone.legs[0].option_contract_id
    history.record(contract, EXPIRY - 5, "bought", 300)
    assert CLOSING_UNWIND in verdicts(alone, history=history)


def test_legs_of_other_structures_claim_neither() -> None:
    assert list(verdicts(rolled(type="diagonal"))) == []


def test_a_leg_hit_names_its_leg_and_belongs_to_the_structure() -> None:
    given_packet = rolled()
    hit = hits_of(given_packet)[CLOSING_UNWIND]
    assert hit.packet_id == given_packet.id
    assert "its leg NVDA 06JUN25 150C, 300 contracts, sold" in hit.explanations[0]
    assert "the closing leg of a roll" in hit.explanations[4]


LOW, HIGH = leg(strike=100.0), leg(strike=110.0)
LATE = leg(strike=90.0, expiry=EXPIRY + 7)


@pytest.mark.parametrize(
    ("legs", "variant", "closing"),
    [
        ((LOW, HIGH), "up", LOW),
        ((HIGH, LOW), "up", LOW),
        ((LOW, HIGH), "down", HIGH),
        ((LOW, LATE), "out_down", LOW),
        ((LATE, LOW), "out", LOW),
    ],
)
def test_the_closing_leg_is_the_earlier_or_the_one_moved_away_from(
    legs: tuple[PacketLeg, PacketLeg], variant: str, closing: PacketLeg
) -> None:
    assert closing_leg(legs, variant) is closing
