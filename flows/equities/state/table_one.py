"""Preset `table-1`: the rule table of the first version, kept to compare with."""

from typing import Final

from flows.equities.state.names import BALANCE
from flows.equities.state.names import DOWN
from flows.equities.state.names import UP

MAX_MOMENTUM: Final = 100.0
MAX_CONFIDENCE: Final = 100
UNDECIDED_CONFIDENCE: Final = 50
RUN_OF_CLOSES: Final = 3
_RUN_POINTS: Final = 20.0
_POINTS_PER_PCT: Final = 10.0


def momentum_points(change_pct: float, closes_in_a_row: int) -> float:
    """
    Return the table's momentum, -100 to 100.

    Parameters
    ----------
    change_pct : float
        Change over 60 minutes in %.
    closes_in_a_row : int
        How many closes in a row rose; negative: fell.
    """
    points = change_pct * _POINTS_PER_PCT
    if closes_in_a_row >= RUN_OF_CLOSES:
        points += _RUN_POINTS
    elif closes_in_a_row <= -RUN_OF_CLOSES:
        points -= _RUN_POINTS
    return max(-MAX_MOMENTUM, min(MAX_MOMENTUM, points))


def place_vote(price_e4: int, vah_e4: int, val_e4: int) -> int:
    """Return 1 above the value area, -1 below it, 0 inside."""
    if price_e4 > vah_e4:
        return 1
    return -1 if price_e4 < val_e4 else 0


def momentum_vote(momentum: float | None) -> int | None:
    """Return the direction of a momentum beyond ±1.5, 0 within ±0.5, null in between."""
    if momentum is None:
        return None
    if abs(momentum) > 1.5:
        return 1 if momentum > 0 else -1
    return 0 if abs(momentum) < 0.5 else None


def pressure_vote(pressure_pct: float | None) -> int | None:
    """Return the direction of buy % less sell % beyond ±15, else null."""
    if pressure_pct is None or abs(pressure_pct) <= 15:
        return None
    return 1 if pressure_pct > 0 else -1


def table_one(
    distance_pct: float,
    place: int,
    momentum: float | None,
    pressure_pct: float | None,
) -> tuple[str, int]:
    """
    Return state and confidence by the table.

    Parameters
    ----------
    distance_pct : float
        |price - POC| / POC in %.
    place : int
        1 above the value area, -1 below it, 0 inside.
    momentum : float | None
        `momentum_points`; null when unknown, then its rule says nothing.
    pressure_pct : float | None
        Buy % less sell % of the last minute; null when unknown, then its rule says nothing.

    Returns
    -------
    tuple[str, int]
        `BALANCE`, `IMBALANCE_UP` or `IMBALANCE_DOWN`, and 0 to 100.

    Notes
    -----
    Later rules overwrite the state while the confidence adds up, so opposite evidence raises the
    confidence: the known flaw of the table. Source: equities specification, 12.
    """
    state: str | None = None
    confidence = 30
    if distance_pct < 1.5:
        state, confidence = BALANCE, 40
    elif distance_pct < 2.5:
        confidence = 20
    if place:
        state = UP if place > 0 else DOWN
        confidence += 30
    elif distance_pct < 2:
        state = BALANCE
        confidence += 30
    by_momentum = momentum_vote(momentum)
    if by_momentum is not None:
        state = (BALANCE, UP, DOWN)[by_momentum]
        confidence += 20 if by_momentum else 10
    by_pressure = pressure_vote(pressure_pct)
    if by_pressure is not None:
        state = UP if by_pressure > 0 else DOWN
        confidence += 10
    if state is None:
        return BALANCE, UNDECIDED_CONFIDENCE
    return state, min(MAX_CONFIDENCE, confidence)
