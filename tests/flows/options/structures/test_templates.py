"""Every template of the specification's table, both ways round, in any order and size."""

from itertools import permutations

import pytest

from tests.flows.options.structures.packages import legs
from tests.flows.options.structures.packages import package
from tests.flows.options.structures.packages import structures

# legs of the long orientation; type, variant and direction when bought and when sold; stock-tied.
TEMPLATES = [
    ("+C130 -C140", ("vertical", "debit", "bullish"), ("vertical", "credit", "bearish"), False),
    ("+P140 -P130", ("vertical", "debit", "bearish"), ("vertical", "credit", "bullish"), False),
    ("+C140 +P140", ("straddle", None, "neutral"), ("straddle", None, "neutral"), False),
    ("+C150 +P130", ("strangle", None, "neutral"), ("strangle", None, "neutral"), False),
    ("+C130 +P150", ("strangle", "guts", "neutral"), ("strangle", "guts", "neutral"), False),
    ("+C150 -P130", ("risk_reversal", None, "bullish"), ("risk_reversal", None, "bearish"), False),
    ("+C140 -P140", ("synthetic", None, "bullish"), ("synthetic", None, "bearish"), False),
    ("-C150 +P130", ("collar", None, "neutral"), ("collar", None, "neutral"), True),
    ("-C140 +P140", ("conversion", None, "neutral"), ("reversal", None, "neutral"), True),
    ("+C140@far -C140", ("calendar", None, "neutral"), ("calendar", None, "neutral"), False),
    ("+P140@far -P140", ("calendar", None, "neutral"), ("calendar", None, "neutral"), False),
    ("+C120@far -C150", ("diagonal", None, "bullish"), ("diagonal", None, "bearish"), False),
    (
        "+C130 -2C140 +C150",
        ("butterfly", None, "neutral"),
        ("butterfly", None, "neutral"),
        False,
    ),
    (
        "+P130 -2P140 +P155",
        ("butterfly", "broken_wing", "neutral"),
        ("butterfly", "broken_wing", "neutral"),
        False,
    ),
    (
        "+C120 -C130 -C140 +C150",
        ("condor", None, "neutral"),
        ("condor", None, "neutral"),
        False,
    ),
    (
        "-P130 +P140 +C140 -C150",
        ("iron_butterfly", None, "neutral"),
        ("iron_butterfly", None, "neutral"),
        False,
    ),
    (
        "-P120 +P130 +C150 -C160",
        ("iron_condor", None, "neutral"),
        ("iron_condor", None, "neutral"),
        False,
    ),
    ("+C130 -C150 -P130 +P150", ("box", None, "neutral"), ("box", None, "neutral"), False),
    (
        "+C120 -2C130",
        ("ratio_spread", None, "bearish"),
        ("backspread", None, "bullish"),
        False,
    ),
    (
        "+2P160 -3P150",
        ("ratio_spread", None, "bullish"),
        ("backspread", None, "bearish"),
        False,
    ),
    (
        "+C120 -3C130",
        ("ratio_spread", None, "bearish"),
        ("backspread", None, "bullish"),
        False,
    ),
]  # fmt: skip


@pytest.mark.parametrize("size", [7, 120])
@pytest.mark.parametrize("is_bought", [True, False])
@pytest.mark.parametrize(("spec", "bought", "sold", "stock_tied"), TEMPLATES)
def test_template_is_named_with_side_and_direction(
    spec: str,
    bought: tuple[str, str | None, str],
    sold: tuple[str, str | None, str],
    stock_tied: bool,
    is_bought: bool,
    size: int,
) -> None:
    chosen = legs(spec)
    code = "n" if stock_tied else "f"
    named = bought if is_bought else sold
    for order in permutations(chosen):
        (found,) = structures(package(order, size, is_bought=is_bought, code=code))
        structure = found.structure
        assert structure is not None
        assert (structure.type, structure.variant, structure.direction) == named
        assert (structure.tier, structure.confidence, structure.symmetry) == (1, 0.9, 1.0)
        # A type named after its sold form is bought in that form.
        side = "bought" if is_bought or named[0] != bought[0] else "sold"
        assert (structure.package_side, structure.package_probability) == (side, 0.85)
        assert structure.stock_tied is stock_tied
        turn = 1 if is_bought else -1
        expected = {
            leg.contract: ("bought" if leg.sign * turn > 0 else "sold", leg.ratio, leg.ratio * size)
            for leg in chosen
        }
        assert {
            leg.option_contract_id: (leg.side, leg.ratio, leg.size) for leg in found.legs
        } == expected


@pytest.mark.parametrize("spec", [row[0] for row in TEMPLATES])
def test_legs_come_in_one_order_whatever_the_tape_does(spec: str) -> None:
    orders = {
        tuple([leg.option_contract_id for leg in structures(package(order))[0].legs])
        for order in permutations(legs(spec))
    }
    assert len(orders) == 1


@pytest.mark.parametrize(
    ("spec", "is_bought", "variant"),
    [
        ("+C140", False, "buy_write"),
        ("+C140", True, None),
        ("+P140", True, "married_put"),
        ("+P140", False, None),
    ],
)
def test_lone_leg_against_stock(spec: str, is_bought: bool, variant: str | None) -> None:
    (found,) = structures(package(legs(spec), is_bought=is_bought, code="q"))
    structure = found.structure
    assert structure is not None
    assert (structure.type, structure.variant, structure.direction) == (
        "stock_tied", variant, "neutral",
    )  # fmt: skip
    assert (structure.confidence, structure.net_delta_ratio) == (0.75, 0.0)


def test_lone_complex_print_without_stock_stays_unmatched() -> None:
    assert structures(package(legs("+C140"))) == []


@pytest.mark.parametrize(
    "spec",
    ["+C140 -C140@far +P140", "+C130 -P140@far", "+C130 -2C140@far", "+C130 +C140 -C150 +P120"],
)
def test_legs_of_no_template_are_multi_leg(spec: str) -> None:
    (found,) = structures(package(legs(spec)))
    structure = found.structure
    assert structure is not None
    assert (structure.type, structure.direction, structure.candidates) == (
        "multi_leg", "unknown", (),
    )  # fmt: skip
    assert {leg.side for leg in found.legs} == {"unknown"}
    assert structure.net_premium is None


def test_straddle_is_never_stock_tied() -> None:
    (found,) = structures(package(legs("+C140 +P140"), code="n"))
    assert found.structure is not None
    assert found.structure.type == "conversion"


@pytest.mark.parametrize(("is_bought", "direction"), [(True, "bullish"), (False, "bearish")])
def test_complex_strikes_all_on_one_side_are_a_ladder(is_bought: bool, direction: str) -> None:
    events = package(legs("+C130 +3C140 +2C150"), is_bought=is_bought)
    (found,) = structures(events)
    structure = found.structure
    assert structure is not None
    assert (structure.type, structure.direction, structure.confidence) == ("ladder", direction, 0.6)
