"""Structures as a trader writes them."""

from typing import Final

from flows.options.contract_label import contract_label
from schemas.records import PacketLeg
from schemas.records import PacketStructure

MAX_NAMED_STRIKES: Final = 4
# Legs of free sizes: no number of packages exists.
_WITHOUT_PACKAGES: Final = frozenset({"ladder", "multi_leg"})


def _position(leg: PacketLeg) -> tuple[int, float, str]:
    return leg.expiry, leg.strike, leg.right


def _words(leg: PacketLeg) -> tuple[str, str]:
    """Return expiry and strike with right, e.g. `20JUN25` and `155C`."""
    _, expiry, strike = contract_label("", leg.expiry, leg.strike, leg.right).split(" ")
    return expiry, strike


def _strikes(legs: list[PacketLeg]) -> str:
    """Return the strikes of legs in order, e.g. `155/165C`, `490P/510C`, `500`."""
    named = list(dict.fromkeys([_words(leg)[1] for leg in legs]))
    if len({leg.right for leg in legs}) > 1:
        # A call and a put of one strike need no right: the structure's name says both.
        return named[0][:-1] if len({leg.strike for leg in legs}) == 1 else "/".join(named)
    right = legs[0].right
    strikes = [name[:-1] for name in named]
    if len(strikes) > MAX_NAMED_STRIKES:
        return f"{strikes[0]} to {strikes[-1]}{right} ({len(strikes)} strikes)"
    return "/".join(strikes) + right


def structure_label(
    underlying_id: str, structure: PacketStructure, legs: tuple[PacketLeg, ...]
) -> str:
    """
    Return a structure as a trader writes it.

    Parameters
    ----------
    underlying_id : str
        Root symbol of the underlying.
    structure : PacketStructure
        Type and variant.
    legs : tuple[PacketLeg, ...]
        In any order; expiries and strikes ascend in the label.

    Returns
    -------
    str
        E.g. `VST 20JUN25 155/165C debit vertical 94x`, where 94 is the number of whole packages;
        a ladder has none.
    """
    name = structure.type.replace("_", " ")
    if structure.variant is not None:
        name = f"{structure.variant.replace('_', ' ')} {name}"
    if not legs:
        return f"{underlying_id} {name}"
    ordered = sorted(legs, key=_position)
    expiries = "/".join(dict.fromkeys([_words(leg)[0] for leg in ordered]))
    label = f"{underlying_id} {expiries} {_strikes(ordered)} {name}"
    if structure.type in _WITHOUT_PACKAGES:
        return label
    packages = min([leg.size // max(1, leg.ratio) for leg in legs])
    return f"{label} {packages:,}x"
