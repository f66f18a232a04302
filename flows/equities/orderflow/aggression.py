"""Aggression of the trailing minute: one scorer, presets as data."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from schemas.records import Aggression

BUY: Final = "BUY"
SELL: Final = "SELL"
NEUTRAL: Final = "NEUTRAL"
MAX_SCORE: Final = 100
EVEN_PRESSURE: Final = 50.0

_WORDS: Final = {BUY: "buying", SELL: "selling", NEUTRAL: "two-sided trading"}

# (at least, points), greatest first.
Steps = tuple[tuple[float, int], ...]


class DirectionRule(msgspec.Struct, frozen=True):
    """
    One way in which flow has a direction.

    Parameters
    ----------
    direction : str
        `BUY` or `SELL`.
    pressure_pct : float | None
        Least pressure of that side, percent; null when the rule looks at momentum.
    momentum_shares : float | None
        What the momentum to that side has to exceed, shares.
    """

    direction: str
    pressure_pct: float | None = None
    momentum_shares: float | None = None


class Preset(msgspec.Struct, frozen=True):
    """
    What makes flow aggressive.

    Parameters
    ----------
    name : str
        As in `AGGRESSION_PRESETS`.
    volume_steps, side_steps, momentum_steps, pressure_steps : Steps
        Points for the volume ratio; for the ratio of the heavier side to the lighter; for the
        momentum either way, shares; for the greater pressure, percent.
    rules : tuple of DirectionRule
        The first that holds names the direction.
    strong_score, moderate_score, aggressive_score : int
        Scores from which flow is `STRONG`, `MODERATE`, and aggressive.
    spike_ratio : float
        Volume ratio from which there is a spike.
    """

    name: str
    volume_steps: Steps
    side_steps: Steps
    momentum_steps: Steps
    pressure_steps: Steps
    rules: tuple[DirectionRule, ...]
    strong_score: int = 70
    moderate_score: int = 50
    aggressive_score: int = 50
    spike_ratio: float = 2.0


class AggressionInputs(msgspec.Struct, frozen=True, gc=False):
    """
    What a preset looks at, rounded as it is published, so that what is shown is what decided.

    Parameters
    ----------
    volume_ratio : float
        Volume of the trailing minute over the mean of the last closed minutes.
    cvd_momentum : float
        Change of the cumulative delta, shares.
    buy_pressure, sell_pressure : float
        Percent of buy + sell in the trailing minute; 50 and 50 when neither.
    """

    volume_ratio: float
    cvd_momentum: float
    buy_pressure: float
    sell_pressure: float


class ScoreParts(msgspec.Struct, frozen=True, gc=False):
    """Points by what they are given for; their sum, capped at 100, is the score."""

    volume: int
    sides: int
    momentum: int
    pressure: int


_LIVE_1: Final = Preset(
    "live-1",
    ((3.0, 30), (2.0, 20), (1.5, 10)),
    (),
    ((2000.0, 40), (1000.0, 30), (500.0, 20), (100.0, 10)),
    ((80.0, 30), (70.0, 20), (60.0, 10)),
    (
        DirectionRule(BUY, pressure_pct=70.0),
        DirectionRule(SELL, pressure_pct=70.0),
        DirectionRule(BUY, momentum_shares=1000.0),
        DirectionRule(SELL, momentum_shares=1000.0),
    ),
)
_STRATEGY_1: Final = Preset(
    "strategy-1",
    (),
    ((2.0, 20), (1.5, 10)),
    ((1000.0, 40), (500.0, 20)),
    ((70.0, 40), (60.0, 20)),
    (
        DirectionRule(BUY, pressure_pct=70.0),
        DirectionRule(BUY, momentum_shares=500.0),
        DirectionRule(SELL, pressure_pct=70.0),
        DirectionRule(SELL, momentum_shares=500.0),
    ),
)
PRESETS: Final[Mapping[str, Preset]] = MappingProxyType(
    {preset.name: preset for preset in (_LIVE_1, _STRATEGY_1)}
)
DEFAULT_PRESETS: Final = tuple(PRESETS)


def _points(steps: Steps, value: float) -> int:
    for least, points in steps:
        if value >= least:
            return points
    return 0


def _side_points(steps: Steps, heavier: float, lighter: float) -> int:
    # Without division: a side that is absent makes the other infinitely heavier.
    for least, points in steps:
        if heavier >= least * lighter:
            return points
    return 0


def score_parts(preset: Preset, inputs: AggressionInputs) -> ScoreParts:
    """Return the points of a preset, each by what it is given for."""
    buy, sell = inputs.buy_pressure, inputs.sell_pressure
    heavier, lighter = (buy, sell) if buy >= sell else (sell, buy)
    return ScoreParts(
        _points(preset.volume_steps, inputs.volume_ratio),
        _side_points(preset.side_steps, heavier, lighter),
        _points(preset.momentum_steps, abs(inputs.cvd_momentum)),
        _points(preset.pressure_steps, heavier),
    )


def _directions(preset: Preset, inputs: AggressionInputs) -> tuple[str, bool]:
    """Return the direction of the first rule that holds, and whether one holds each way."""
    first = NEUTRAL
    momentum = inputs.cvd_momentum
    for rule in preset.rules:
        is_buy = rule.direction == BUY
        if rule.pressure_pct is not None:
            holds = (inputs.buy_pressure if is_buy else inputs.sell_pressure) >= rule.pressure_pct
        elif rule.momentum_shares is not None:
            holds = (momentum if is_buy else -momentum) > rule.momentum_shares
        else:
            holds = False
        if holds:
            if first == NEUTRAL:
                first = rule.direction
            elif first != rule.direction:
                return first, True
    return first, False


def score(preset: Preset, inputs: AggressionInputs) -> Aggression:
    """
    Score the flow of the trailing minute.

    Parameters
    ----------
    preset : Preset
        What makes flow aggressive.
    inputs : AggressionInputs
        The trailing minute.

    Returns
    -------
    Aggression
        `conflict` when rules of both directions hold.

    Notes
    -----
    Source: equities specification, 11.
    """
    parts = score_parts(preset, inputs)
    points = min(MAX_SCORE, parts.volume + parts.sides + parts.momentum + parts.pressure)
    direction, conflict = _directions(preset, inputs)
    if points >= preset.strong_score:
        label = "STRONG"
    else:
        label = "MODERATE" if points >= preset.moderate_score else "WEAK"
    ratio, momentum = inputs.volume_ratio, inputs.cvd_momentum
    buy, sell = inputs.buy_pressure, inputs.sell_pressure
    return Aggression(
        preset.name,
        points,
        direction,
        label,
        points >= preset.aggressive_score,
        ratio >= preset.spike_ratio,
        conflict,
        ratio,
        momentum,
        buy,
        sell,
        f"{label.capitalize()} {_WORDS[direction]}: {buy:.0f}% buy, {sell:.0f}% sell, "
        f"volume {ratio:.1f}× the mean minute, delta {momentum:+,.0f} shares",
    )


def tick_half(tape: list[tuple[int, int]]) -> tuple[int, int]:
    """
    Split volume into buys and sells by the tick alone, halves where it did not move.

    Parameters
    ----------
    tape : list of (price, size)
        Price in 1/10,000 dollar and whole shares, in order of time.

    Returns
    -------
    tuple[int, int]
        Shares bought and sold: a higher price than before is a buy, a lower one a sell, the first
        and an unchanged one ⌊size / 2⌋ bought and the rest sold.

    Notes
    -----
    For comparison in tests only. Source: equities specification, 10.

    Examples
    --------
    >>> tick_half([(1_000_000, 5), (1_000_100, 10), (1_000_100, 3), (1_000_000, 4)])
    (13, 9)
    """
    buy = sell = 0
    before: int | None = None
    for at_e4, size in tape:
        is_unmoved = before is None or at_e4 == before
        rose = before is not None and at_e4 > before
        bought = size // 2 if is_unmoved else size * rose
        buy += bought
        sell += size - bought
        before = at_e4
    return buy, sell
