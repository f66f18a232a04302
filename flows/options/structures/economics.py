"""What a package costs and which way it leans."""

from collections.abc import Sequence
from typing import Final

import msgspec

from flows.options.structures.contest import SOLD_NAMES
from flows.options.structures.contest import UNKNOWN
from flows.options.structures.contest import UNKNOWN_SIDE
from flows.options.structures.contest import Side
from flows.options.structures.contest import ladder_side
from flows.options.structures.contest import side_of
from flows.options.structures.legs import Leg
from flows.options.structures.templates import Fit
from schemas.records import PacketLeg
from schemas.records import PacketStructure
from schemas.records import StructureCandidate

DIRECTIONAL: Final = frozenset(
    {
        "vertical", "risk_reversal", "synthetic", "diagonal", "roll", "ratio_spread", "backspread",
        "ladder",
    }
)  # fmt: skip
BY_NET_DELTA: Final = frozenset({"diagonal", "ratio_spread", "backspread"})
MIN_DELTA_RATIO: Final = 0.15
# Shares of stock per unit of multiplier that come with a bought package.
STOCK_LEG: Final = {"conversion": 1, "reversal": -1, "collar": 1}


class Delta(msgspec.Struct, frozen=True, gc=False):
    """Net delta of a package in shares, and over the sum of its legs' (signed); null unknown."""

    shares: float | None
    ratio: float | None


class Economics(msgspec.Struct, frozen=True, gc=False):
    """
    The record of a package and of its legs.

    Parameters
    ----------
    structure : PacketStructure
        Type, side, prices, delta, direction.
    legs : tuple[PacketLeg, ...]
        In leg order.
    """

    structure: PacketStructure
    legs: tuple[PacketLeg, ...]


class Framing(msgspec.Struct, frozen=True, gc=False):
    """
    What is known about a package beside its legs.

    Parameters
    ----------
    fit : Fit | None
        Its template; null is `multi_leg`.
    candidates : tuple[StructureCandidate, ...]
        As found.
    tier : int
        1 complex prints, 2 inferred.
    confidence : float
        0 to 1.
    stock_tied : bool
        It has a stock leg.
    """

    fit: Fit | None
    candidates: tuple[StructureCandidate, ...]
    tier: int
    confidence: float
    stock_tied: bool


def _cents(cents: int) -> float:
    return cents / 100


def _named(fit: Fit | None, side: Side) -> tuple[str, tuple[int, ...] | None, Side]:
    """Return type, signs and side; a type named after its sold form is bought in that form."""
    if fit is None:
        return "multi_leg", None, UNKNOWN_SIDE
    name, signs = fit.type, fit.signs
    if side.side == "sold" and name in SOLD_NAMES:
        name = SOLD_NAMES[name]
        signs = tuple([-sign for sign in signs])
        at = side.position
        side = Side(
            "bought", side.probability, None if at is None else round((1.0 - at) * 1e6) / 1e6
        )
    return name, signs, side


def _candidates(framing: Framing, name: str) -> tuple[StructureCandidate, ...]:
    fit = framing.fit
    if fit is None or fit.type == name:
        return framing.candidates
    return tuple(
        [
            StructureCandidate(name, one.probability) if one.type == fit.type else one
            for one in framing.candidates
        ]
    )


def _delta(name: str, legs: Sequence[Leg], signs: tuple[int, ...] | None, packages: float) -> Delta:
    if name == "stock_tied":
        return Delta(0.0, 0.0)
    if signs is None or any(leg.delta is None for leg in legs):
        return Delta(None, None)
    net = gross = 0.0
    for sign, leg in zip(signs, legs, strict=True):
        shares = (leg.delta or 0.0) * leg.size * leg.multiplier
        net += sign * shares
        gross += abs(shares)
    stock = STOCK_LEG.get(name)
    if stock is not None:
        shares = stock * packages * legs[0].multiplier
        net += shares
        gross += abs(shares)
    return Delta(net, net / gross if gross else None)


def _lean(value: float | None, turn: int) -> str:
    if value is None:
        return UNKNOWN
    leaning = value * turn
    if leaning >= MIN_DELTA_RATIO:
        return "bullish"
    return "bearish" if leaning <= -MIN_DELTA_RATIO else "neutral"


def _direction(
    name: str, variant: str | None, side: str, right: str, delta_ratio: float | None
) -> str:
    """Return the direction of a package by its type and side (6.3)."""
    if name == "multi_leg":
        return UNKNOWN
    if name not in DIRECTIONAL or variant == "out":
        return "neutral"
    if side == UNKNOWN:
        return UNKNOWN
    turn = 1 if side == "bought" else -1
    if name in BY_NET_DELTA:
        return _lean(delta_ratio, turn)
    if name == "roll":
        turn = 1 if variant is not None and variant.endswith("up") else -1
    if name in {"vertical", "roll", "ladder"} and right == "P":
        turn = -turn
    return "bullish" if turn > 0 else "bearish"


def _variant(fit: Fit | None, name: str, side: str, right: str) -> str | None:
    if name == "vertical":
        return {"bought": "debit", "sold": "credit"}.get(side)
    if name == "stock_tied":
        return {("sold", "C"): "buy_write", ("bought", "P"): "married_put"}.get((side, right))
    return None if fit is None else fit.variant


def _packet_legs(
    legs: Sequence[Leg], ratios: Sequence[int], signs: tuple[int, ...] | None, turn: int
) -> tuple[PacketLeg, ...]:
    sides = {1: "bought", -1: "sold", 0: UNKNOWN}
    return tuple(
        [
            PacketLeg(
                leg.contract.option_contract_id, leg.packet_id, leg.contract.right,
                leg.contract.strike, leg.contract.expiry,
                sides[0 if signs is None else signs[at] * turn], ratio, leg.size, leg.price,
                _cents(leg.cents), leg.delta, leg.iv, leg.position, leg.oi, leg.oi_as_of,
                leg.session_volume,
            )
            for at, (leg, ratio) in enumerate(zip(legs, ratios, strict=True))
        ]
    )  # fmt: skip


def economics(legs: Sequence[Leg], ratios: Sequence[int], framing: Framing) -> Economics:
    """
    Work out side, prices, delta and direction of a package.

    Parameters
    ----------
    legs : Sequence[Leg]
        In leg order, at least one.
    ratios : Sequence[int]
        Of their sizes.
    framing : Framing
        Template and confidence.

    Notes
    -----
    Signed values are null while the package's side is unknown; `net_delta_ratio` is the same both
    ways round. The stock leg of a conversion, reversal or collar counts in the net delta and in
    what it is divided by. Source: options flow specification, 6.3 and 6.4.
    """
    fit = framing.fit
    if fit is None:
        side = UNKNOWN_SIDE
    elif fit.type == "ladder":
        side = ladder_side(fit, legs)
    else:
        side = side_of(fit, legs, ratios)
    name, signs, side = _named(fit, side)
    turn = {"bought": 1, "sold": -1}.get(side.side, 0)
    right = legs[0].contract.right
    packages = [leg.size / ratio for leg, ratio in zip(legs, ratios, strict=True)]
    delta = _delta(name, legs, signs, min(packages))
    variant = _variant(fit, name, side.side, right)
    gross = sum([leg.cents for leg in legs])
    net: int | None = None
    net_price = shares = None
    if signs is not None and turn:
        net = turn * sum([sign * leg.cents for sign, leg in zip(signs, legs, strict=True)])
        net_price = turn * sum(
            [sign * ratio * leg.price for sign, ratio, leg in zip(signs, ratios, legs, strict=True)]
        )
        shares = None if delta.shares is None else turn * delta.shares
    basis = _cents(gross) / 2
    if net is not None:
        basis = _cents(abs(net) if name in DIRECTIONAL else gross)
    structure = PacketStructure(
        name,
        variant,
        framing.tier,
        framing.confidence,
        _candidates(framing, name),
        side.side,
        side.probability,
        side.position,
        None if net_price is None else round(net_price * 1e6) / 1e6,
        None if net is None else _cents(net),
        _cents(gross),
        round(basis * 100) / 100,
        None if shares is None else round(shares * 1e6) / 1e6,
        None if delta.ratio is None else round(abs(delta.ratio) * 1e6) / 1e6,
        _direction(name, variant, side.side, right, delta.ratio),
        framing.stock_tied,
        round(min(packages) / max(packages) * 1e6) / 1e6,
        tuple(sorted({leg.contract.strike for leg in legs})),
        tuple(sorted({leg.contract.expiry for leg in legs})),
    )
    return Economics(structure, _packet_legs(legs, ratios, signs, turn))
