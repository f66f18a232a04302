"""Condition policy: what a sale condition says about a print."""

from functools import lru_cache
from typing import Final

import msgspec

CONDITION_POLICY: Final = "conditions.policy.v1"

_RESTRICTION: Final = {"no": 0, "ctx": 1, "struct": 2, "full": 3}
_AGGRESSOR: Final = {"none": 0, "reduced": 1, "full": 2}


class ConditionFacts(msgspec.Struct, frozen=True):
    """
    What the condition of a print says, by `conditions.policy.v1`.

    Parameters
    ----------
    eligible_volume : bool
        Counts for volume, premium and baselines. A cancel reverses instead: False, `cancel` True.
    eligible_price : bool
        Updates price memory.
    iso, auction, cross, floor, complex, stock_tied, late, opening, cancel, negotiated : bool
        Facts of the code.
    aggressor : str
        `full`, `reduced` (probability cap .58) or `none`.
    signal_class : str
        `full`, `struct`, `ctx` or `no`.
    weight : float
        Observation weight in evidence quality, 0 to 1; 0 where the policy gives none.
    caveats : tuple[str, ...]
        `condition_absent`, `unknown_condition`.
    placement_usable : bool
        False where the price may lie outside the NBBO by design.
    code : str
        The OPRA letter the facts come from; empty without condition; an unknown one as received.
    """

    eligible_volume: bool
    eligible_price: bool
    iso: bool
    auction: bool
    cross: bool
    floor: bool
    complex: bool
    stock_tied: bool
    late: bool
    opening: bool
    cancel: bool
    negotiated: bool
    aggressor: str
    signal_class: str
    weight: float
    caveats: tuple[str, ...]
    placement_usable: bool
    code: str


# code: (volume, price, aggressor, signal class, weight, facts), in the order of the specification.
_POLICY: Final[dict[str, tuple[bool, bool, str, str, float, str]]] = {
    "": (True, True, "full", "full", 0.95, ""),
    "A": (False, False, "none", "no", 0.0, "cancel"),
    "C": (False, False, "none", "no", 0.0, "cancel"),
    "E": (False, False, "none", "no", 0.0, "cancel"),
    "G": (False, False, "none", "no", 0.0, "cancel"),
    "B": (True, False, "none", "no", 0.40, "late"),
    "D": (True, False, "none", "ctx", 0.40, "late"),
    "F": (True, False, "none", "no", 0.40, "late opening"),
    "H": (True, False, "none", "ctx", 0.40, "late opening"),
    "I": (True, True, "full", "full", 1.0, ""),
    "J": (True, True, "none", "ctx", 0.60, "opening"),
    "S": (True, True, "full", "full", 1.0, "iso"),
    "a": (True, True, "reduced", "full", 0.85, "auction"),
    "b": (True, True, "reduced", "full", 0.85, "auction iso"),
    "c": (True, True, "none", "ctx", 0.60, "cross negotiated"),
    "d": (True, True, "none", "ctx", 0.60, "cross iso negotiated"),
    "e": (True, True, "none", "ctx", 0.60, "floor negotiated"),
    "f": (True, True, "none", "struct", 0.90, "complex"),
    "g": (True, True, "none", "struct", 0.90, "complex auction"),
    "h": (True, True, "none", "struct", 0.80, "complex cross negotiated"),
    "i": (True, True, "none", "struct", 0.80, "complex floor negotiated"),
    "j": (True, True, "none", "struct", 0.80, "complex"),
    "k": (True, True, "none", "struct", 0.60, "complex stock_tied auction"),
    "l": (True, True, "none", "struct", 0.80, "complex auction"),
    "m": (True, True, "none", "struct", 0.70, "complex floor"),
    "n": (True, True, "none", "struct", 0.60, "complex stock_tied"),
    "o": (True, True, "none", "struct", 0.60, "complex stock_tied cross negotiated"),
    "p": (True, True, "none", "struct", 0.60, "complex stock_tied floor negotiated"),
    "q": (True, True, "none", "struct", 0.60, "complex stock_tied"),
    "r": (True, True, "none", "struct", 0.60, "complex stock_tied auction"),
    "s": (True, True, "none", "struct", 0.60, "complex stock_tied floor"),
    "t": (True, False, "none", "struct", 0.60, "complex floor"),
    "u": (False, False, "none", "no", 0.0, ""),
    "v": (True, False, "reduced", "ctx", 0.60, ""),
}
_UNKNOWN: Final = (True, True, "reduced", "full", 0.70, "")
_CANCELS: Final = frozenset("ACEG")
# A cancel of a stopped trade has no letter of its own; it cancels like any other print's.
_SYNONYMS: Final = {"CSTP": "A"}
_OFF_MARKET: Final = frozenset("tu")

KNOWN_CONDITIONS: Final = frozenset(code for code in _POLICY if code)


def _facts_of(code: str) -> ConditionFacts:
    letter = _SYNONYMS.get(code, code)
    volume, price, aggressor, signal_class, weight, named = _POLICY.get(letter, _UNKNOWN)
    facts = frozenset(named.split())
    if not letter:
        caveats: tuple[str, ...] = ("condition_absent",)
    elif letter not in _POLICY:
        caveats = ("unknown_condition",)
    else:
        caveats = ()
    return ConditionFacts(
        eligible_volume=volume,
        eligible_price=price,
        iso="iso" in facts,
        auction="auction" in facts,
        cross="cross" in facts,
        floor="floor" in facts,
        complex="complex" in facts,
        stock_tied="stock_tied" in facts,
        late="late" in facts,
        opening="opening" in facts,
        cancel=letter in _CANCELS,
        negotiated="negotiated" in facts,
        aggressor=aggressor,
        signal_class=signal_class,
        weight=weight,
        caveats=caveats,
        placement_usable=letter not in _OFF_MARKET,
        code=letter,
    )


def _combined(parts: list[ConditionFacts]) -> ConditionFacts:
    strictest = min(
        parts,
        key=lambda part: (
            not part.cancel,
            _RESTRICTION[part.signal_class],
            part.weight,
            part.code,
        ),
    )
    return ConditionFacts(
        eligible_volume=all(part.eligible_volume for part in parts),
        eligible_price=all(part.eligible_price for part in parts),
        iso=any(part.iso for part in parts),
        auction=any(part.auction for part in parts),
        cross=any(part.cross for part in parts),
        floor=any(part.floor for part in parts),
        complex=any(part.complex for part in parts),
        stock_tied=any(part.stock_tied for part in parts),
        late=any(part.late for part in parts),
        opening=any(part.opening for part in parts),
        cancel=any(part.cancel for part in parts),
        negotiated=any(part.negotiated for part in parts),
        aggressor=min((part.aggressor for part in parts), key=_AGGRESSOR.__getitem__),
        signal_class=strictest.signal_class,
        weight=min(part.weight for part in parts),
        caveats=tuple(sorted({caveat for part in parts for caveat in part.caveats})),
        placement_usable=all(part.placement_usable for part in parts),
        code=strictest.code,
    )


@lru_cache(maxsize=4096)
def condition_facts(conditions: tuple[str, ...]) -> ConditionFacts:
    """
    Return what the conditions of a print say.

    Parameters
    ----------
    conditions : tuple[str, ...]
        Normalised OPRA letters; anything else passes as an unknown condition. OPRA gives one per
        print; when a feed gives several, facts add up and the strictest rule holds.

    Notes
    -----
    Source: options flow specification, 2. Cached per tuple.
    """
    codes = [code for code in conditions if code]
    if not codes:
        return _facts_of("")
    if len(codes) == 1:
        return _facts_of(codes[0])
    return _combined([_facts_of(code) for code in codes])
