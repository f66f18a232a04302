"""Rolls need to know which leg closes."""

from datetime import date

import pytest

from flows.options.engine import OptionsEngine
from flows.options.enrichment import Event
from schemas.records import FlowPacket
from schemas.records import OpenInterest
from schemas.records import PacketStructure
from tests.flows.options.engine_events import at_ns
from tests.flows.options.engine_events import only
from tests.flows.options.structures.packages import ALL
from tests.flows.options.structures.packages import LegSpec
from tests.flows.options.structures.packages import legs
from tests.flows.options.structures.packages import package

FRIDAY = (date(2025, 5, 30) - date(1970, 1, 1)).days
SOON = "2025-06-06"
LATER = "2025-06-13"


def interest(contract: str, oi: int) -> Event:
    at = at_ns(-3_600_000)
    return (
        OpenInterest(at, at, 0, f"oi:{contract}", "refdata.open-interest.v1", "t", contract,
                     "NVDA", oi, FRIDAY, at),
        False,
    )  # fmt: skip


def rolled(
    near: LegSpec, far: LegSpec, oi: dict[str, int], *, is_bought: bool = True
) -> PacketStructure:
    engine = OptionsEngine(ALL)
    spec = (near, far)
    events = [interest(contract, count) for contract, count in oi.items()]
    engine.process([*events, *package(spec, 50, is_bought=is_bought)])
    found = [packet for packet in only(engine.finish(), FlowPacket) if packet.structure]
    assert len(found) == 1
    assert found[0].structure is not None
    return found[0].structure


@pytest.mark.parametrize(
    ("old", "new", "variant", "direction"),
    [
        (("C", 130, SOON), ("C", 140, SOON), "up", "bullish"),
        (("C", 140, SOON), ("C", 130, SOON), "down", "bearish"),
        (("P", 130, SOON), ("P", 140, SOON), "up", "bearish"),
        (("P", 140, SOON), ("P", 130, SOON), "down", "bullish"),
        (("C", 140, SOON), ("C", 140, LATER), "out", "neutral"),
        (("C", 140, SOON), ("C", 150, LATER), "out_up", "bullish"),
        (("C", 140, SOON), ("C", 130, LATER), "out_down", "bearish"),
        (("P", 140, SOON), ("P", 130, LATER), "out_down", "bullish"),
    ],
)
@pytest.mark.parametrize("is_bought", [True, False])
def test_closing_leg_with_known_open_interest_makes_it_a_roll(
    old: tuple[str, float, str],
    new: tuple[str, float, str],
    variant: str,
    direction: str,
    is_bought: bool,
) -> None:
    closing, opening = LegSpec(-1, 1, *_spec(old)), LegSpec(1, 1, *_spec(new))
    structure = rolled(
        closing, opening, {closing.contract: 400, opening.contract: 60}, is_bought=is_bought
    )
    assert (structure.type, structure.variant, structure.direction) == (
        "roll", variant, direction,
    )  # fmt: skip
    assert structure.candidates[0].type == "roll"
    assert len(structure.candidates) == 2
    assert structure.package_side == ("bought" if is_bought else "sold")


def _spec(leg: tuple[str, float, str]) -> tuple[str, float, str]:
    return leg


def test_roll_is_only_a_candidate_while_open_interest_is_unknown() -> None:
    (near, far) = (LegSpec(-1, 1, "C", 140, SOON), LegSpec(1, 1, "C", 150, LATER))
    structure = rolled(near, far, {})
    assert structure.type == "diagonal"
    assert [(one.type, one.probability) for one in structure.candidates] == [
        ("diagonal", 0.5), ("roll", 0.5),
    ]  # fmt: skip


@pytest.mark.parametrize("oi", [{"near": 20, "far": 10}, {"near": 400, "far": 4_000}])
def test_leg_too_large_to_close_or_too_small_to_open_is_no_roll(oi: dict[str, int]) -> None:
    near, far = legs("-C140 +C150@far")
    structure = rolled(near, far, {near.contract: oi["near"], far.contract: oi["far"]})
    assert structure.type == "diagonal"
    assert [one.type for one in structure.candidates] == ["diagonal"]


def test_vertical_either_leg_of_which_may_close_stays_a_vertical() -> None:
    spec = LegSpec(1, 1, "C", 130, SOON), LegSpec(-1, 1, "C", 140, SOON)
    structure = rolled(spec[0], spec[1], {spec[0].contract: 60, spec[1].contract: 60})
    assert structure.type == "vertical"
    assert [one.type for one in structure.candidates] == ["vertical", "roll"]


def test_vertical_of_a_distant_expiry_is_no_roll() -> None:
    spec = legs("+C130@far -C140@far")
    structure = rolled(spec[0], spec[1], {spec[0].contract: 400, spec[1].contract: 0})
    assert [one.type for one in structure.candidates] == ["vertical"]
