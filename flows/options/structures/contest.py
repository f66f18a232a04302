"""The contest between templates, and the side of a package."""

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from flows.options.structures.legs import Leg
from flows.options.structures.rolls import roll_of
from flows.options.structures.templates import Fit
from schemas.records import StructureCandidate

MIN_SCORE: Final = 0.20
MIN_LEAD: Final = 0.20
TEMPERATURE: Final = 0.25
BOUGHT_FROM: Final = 0.60
SOLD_UP_TO: Final = 0.40
MAX_PROBABILITY: Final = 0.85
UNKNOWN: Final = "unknown"
# What the sold package of a type is called, where it has a name of its own.
SOLD_NAMES: Final = {"conversion": "reversal", "ratio_spread": "backspread"}


class Side(msgspec.Struct, frozen=True, gc=False):
    """
    Who paid for a package.

    Parameters
    ----------
    side : str
        `bought`, `sold` or `unknown`, of the template's long orientation.
    probability : float
        .60 to .85; .50 when unknown.
    position : float | None
        Where the net price lies between the package's bid (0) and ask (1).
    """

    side: str
    probability: float
    position: float | None


UNKNOWN_SIDE: Final = Side(UNKNOWN, 0.50, None)


class Decision(msgspec.Struct, frozen=True, gc=False):
    """
    What legs are taken for.

    Parameters
    ----------
    fit : Fit | None
        The winner; null when undecided or nothing fits.
    candidates : tuple[StructureCandidate, ...]
        Everything that fits, most probable first.
    score : float
        Of the winner; 0 without one.
    """

    fit: Fit | None
    candidates: tuple[StructureCandidate, ...]
    score: float


NO_FIT: Final = Decision(None, (), 0.0)


def score_of(fit: Fit, legs: Sequence[Leg]) -> float:
    """
    Return how well the prices of legs agree with a template, 0 to 1.

    Notes
    -----
    The better orientation's mean of sign · 2(x − .5); a price beyond its quote counts as at it, a
    leg without a spread as at its mid. Source: options flow specification, 6.2.
    """
    total = 0.0
    for sign, leg in zip(fit.signs, legs, strict=True):
        if leg.position is not None:
            total += sign * (2.0 * min(max(leg.position, 0.0), 1.0) - 1.0)
    return round(abs(total) / len(legs) * 1e6) / 1e6


def _candidates(scored: Sequence[tuple[float, Fit]]) -> tuple[StructureCandidate, ...]:
    best = scored[0][0]
    weights = [math.exp((score - best) / TEMPERATURE) for score, _ in scored]
    total = sum(weights)
    return tuple(
        [
            StructureCandidate(fit.type, round(weight / total * 1e6) / 1e6)
            for weight, (_, fit) in zip(weights, scored, strict=True)
        ]
    )


def decide(legs: Sequence[Leg], found: Sequence[Fit], *, is_inferred: bool) -> Decision:
    """
    Let the templates that fit some legs compete.

    Parameters
    ----------
    legs : Sequence[Leg]
        In leg order.
    found : Sequence[Fit]
        Templates they fit.
    is_inferred : bool
        Tier 2: a score of .20 is always required.

    Returns
    -------
    Decision
        Without a winner when nothing fits, or nothing is .20 ahead.

    Notes
    -----
    A roll is not a competitor but another reading of the winner's geometry: it takes its place
    when the closing leg's open interest is known, and is listed beside it otherwise. Source:
    options flow specification, 6.2 and 6.3.
    """
    if not found:
        return NO_FIT
    scored = sorted([(score_of(fit, legs), fit) for fit in found], key=lambda pair: -pair[0])
    best, winner = scored[0]
    is_alone = len(scored) == 1
    is_ahead = is_alone or best - scored[1][0] >= MIN_LEAD
    if (is_inferred or not is_alone) and not (best >= MIN_SCORE and is_ahead):
        return Decision(None, _candidates(scored), 0.0)
    roll = roll_of(legs, winner)
    if roll is not None:
        if roll.is_known:
            scored.insert(0, (best, roll.fit))
            winner = roll.fit
        else:
            scored.insert(1, (best, roll.fit))
    return Decision(winner, _candidates(scored), best)


def side_of(fit: Fit, legs: Sequence[Leg], weights: Sequence[int]) -> Side:
    """
    Place a package's net price between its bid and ask.

    Parameters
    ----------
    fit : Fit
        The template, with the signs of its long orientation.
    legs : Sequence[Leg]
        In leg order.
    weights : Sequence[int]
        Contracts of each leg in one package: its ratio; of a ladder its size.

    Notes
    -----
    Source: options flow specification, 6.2.
    """
    net = low = high = 0.0
    for sign, leg, weight in zip(fit.signs, legs, weights, strict=True):
        if leg.usable_price is None or leg.bid is None or leg.ask is None:
            return UNKNOWN_SIDE
        net += sign * weight * leg.usable_price
        low += weight * (leg.bid if sign > 0 else -leg.ask)
        high += weight * (leg.ask if sign > 0 else -leg.bid)
    if high - low < 5e-7:
        return UNKNOWN_SIDE
    position = round((net - low) / (high - low) * 1e6) / 1e6
    if SOLD_UP_TO < position < BOUGHT_FROM:
        return Side(UNKNOWN, 0.50, position)
    certainty = min(max((abs(position - 0.5) - 0.1) / 0.4, 0.0), 1.0)
    probability = round(min(0.60 + 0.30 * certainty, MAX_PROBABILITY) * 1e6) / 1e6
    return Side("bought" if position >= BOUGHT_FROM else "sold", probability, position)


def ladder_side(fit: Fit, legs: Sequence[Leg]) -> Side:
    """Return the side of a ladder: that of .80 of its contracts, whatever their prices."""
    placed = side_of(fit, legs, [leg.size for leg in legs])
    buys = sum([leg.buy_size for leg in legs])
    sells = sum([leg.sell_size for leg in legs])
    side = "bought" if buys > sells else "sold"
    probability = placed.probability if placed.side == side else 0.60
    return Side(side, probability, placed.position)
