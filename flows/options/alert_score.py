"""Alert score: what each kind of evidence adds or takes away."""

from collections.abc import Sequence
from typing import Final

from flows.common.prices import decimals6
from flows.options.profile_inputs import ProfileInputs
from flows.options.profile_terms import clamp01
from flows.options.profile_terms import magnitude

COMPONENT_NAMES: Final = (
    "premium",
    "aggressor",
    "unusual",
    "structure",
    "classifier",
    "profile",
    "noise",
    "absorbed",
)
PREMIUM_POINTS: Final = 25.0
MAX_STRUCTURE_POINTS: Final = 10.0
HIGH_SCORE: Final = 70
MEDIUM_SCORE: Final = 45

_NOTHING: Final = (0.0, 0.0)
_ABSORBED: Final = (1.0, -10.0)

# (raw, points) per name of COMPONENT_NAMES.
Components = tuple[tuple[float, float], ...]


def _component(raw: float, weight: float) -> tuple[float, float]:
    return (decimals6(raw), decimals6(weight * raw)) if raw else _NOTHING


def premium_component(premium: float, premium_z: float | None) -> tuple[float, float]:
    """Return raw magnitude, 0 to 1, and points of a premium in $."""
    return _component(magnitude(premium, premium_z), PREMIUM_POINTS)


def _structure_points(inputs: ProfileInputs, is_new_position: bool) -> float:
    points = 6.0 * inputs.execution
    if inputs.structure_type is not None and inputs.structure_type != "multi_leg":
        points += 4.0
    if inputs.chain_length >= 3:
        points += 2.0
    if is_new_position:
        points += 2.0
    return min(MAX_STRUCTURE_POINTS, points)


def score_components(
    inputs: ProfileInputs,
    hit_confidences: Sequence[float],
    primary_probability: float,
    penalty: float,
    *,
    is_new_position: bool = False,
) -> Components:
    """
    Decompose the score of one smart-money event.

    Parameters
    ----------
    inputs : ProfileInputs
        Facts of the packet or structure.
    hit_confidences : Sequence[float]
        One per classifier hit.
    primary_probability : float
        0 when the event abstained.
    penalty : float
        Of the best profile.
    is_new_position : bool
        `new_position_likely` is among the hits.

    Returns
    -------
    Components
        (raw, points) in the order of `COMPONENT_NAMES`; `absorbed` is nothing yet. `structure` is
        raw in points; the raw of `noise` is penalty + (1 - EQ)/3, so that its points are -30 times
        that.

    Notes
    -----
    Source: options flow specification, 10.
    """
    if inputs.structure_type is None:
        bias = inputs.placement_bias
        aggressor = abs(bias) if bias is not None else 0.0
    else:
        position = inputs.package_position
        aggressor = min(1.0, 2.0 * abs(position - 0.5)) if position is not None else 0.0
    if inputs.side_conflict:
        aggressor *= 0.5
    unusual = clamp01(inputs.premium_z / 5.0) if inputs.premium_z is not None else 0.0
    structure = _structure_points(inputs, is_new_position)
    strongest = more = 0.0
    if hit_confidences:
        strongest = max(hit_confidences)
        more = min(3.0, 1.5 * (len(hit_confidences) - 1))
    noise = penalty + (1.0 - inputs.evidence_quality) / 3.0
    return (
        premium_component(inputs.premium, inputs.premium_z),
        _component(aggressor, 15.0),
        _component(unusual, 20.0),
        (structure, structure),
        (strongest, decimals6(17.0 * strongest + more)),
        (primary_probability, decimals6(10.0 * primary_probability)),
        (decimals6(noise), decimals6(-30.0 * noise)),
        _NOTHING,
    )


def absorbed_components(components: Components) -> Components:
    """Return the components with the deduction for flow the market did not follow."""
    return (*components[:-1], _ABSORBED)


def score_of(components: Components) -> int:
    """Return the score, 0 to 100: the sum of the points, rounded half to even and clamped."""
    total = 0.0
    for _, points in components:
        total += points
    return max(0, min(100, round(decimals6(total))))


def severity_of(score: int) -> str:
    """Return `high`, `medium` or `low` for a score of 0 to 100."""
    if score >= HIGH_SCORE:
        return "high"
    return "medium" if score >= MEDIUM_SCORE else "low"


def merged_components(old: Components, new: Components) -> Components:
    """
    Return, per component, the one with more points.

    The premium is not a maximum but that of the summed premium: the caller replaces it. A
    deduction for absorption stays: what comes later does not undo it.
    """
    merged = [b if b[1] > a[1] else a for a, b in zip(old[:-1], new[:-1], strict=True)]
    return (*merged, min(old[-1], new[-1], key=_points))


def _points(component: tuple[float, float]) -> float:
    return component[1]
