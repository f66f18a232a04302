"""Rolls: one leg closes a position, the other opens the next."""

from collections.abc import Sequence
from typing import Final

import msgspec

from flows.options.structures.legs import Leg
from flows.options.structures.templates import Fit

ROLLABLE: Final = frozenset({"vertical", "calendar", "diagonal"})
CLOSING_DTE: Final = 14


class Roll(msgspec.Struct, frozen=True, gc=False):
    """
    Legs read as a roll.

    Parameters
    ----------
    fit : Fit
        Bought = the new leg is bought, the old one sold.
    is_known : bool
        The open interest of the closing leg is known and covers it.
    """

    fit: Fit
    is_known: bool


def _closes(old: Leg, new: Leg) -> bool:
    if old.oi is not None and old.oi < old.size:
        return False
    if old.contract.expiry > new.contract.expiry:
        return False
    return old.dte <= CLOSING_DTE or old.contract.expiry < new.contract.expiry


def _opens(new: Leg) -> bool:
    return not new.oi or 2 * new.size >= new.oi


def _variant(old: Leg, new: Leg) -> str:
    out = new.contract.expiry > old.contract.expiry
    if new.contract.strike == old.contract.strike:
        return "out"
    way = "up" if new.contract.strike > old.contract.strike else "down"
    return f"out_{way}" if out else way


def roll_of(legs: Sequence[Leg], plain: Fit) -> Roll | None:
    """
    Return the roll two legs make, if they can be one.

    Parameters
    ----------
    legs : Sequence[Leg]
        In leg order.
    plain : Fit
        The calendar, diagonal or vertical they fit.

    Returns
    -------
    Roll | None
        None when neither leg looks closing beside an opening one. When each could be either,
        nothing tells which position moved: the roll is then not known.

    Notes
    -----
    A position rolls forward: a leg with the later expiry never closes. Source: options flow
    specification, 6.3.
    """
    if plain.type not in ROLLABLE:
        return None
    orders = [
        (old, new)
        for old, new in ((0, 1), (1, 0))
        if _closes(legs[old], legs[new]) and _opens(legs[new])
    ]
    known = [pair for pair in orders if legs[pair[0]].oi is not None]
    if not orders:
        return None
    old, new = known[0] if len(known) == 1 else orders[0]
    signs = (-1, 1) if old == 0 else (1, -1)
    fit = Fit("roll", _variant(legs[old], legs[new]), signs)
    return Roll(fit, is_known=len(known) == 1)
