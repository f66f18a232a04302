"""Profile policy: six hypotheses about a packet, ranked, and whether to abstain."""

from operator import attrgetter
from typing import Final

import msgspec

from flows.common.prices import decimals6
from flows.options.profile_evidence import Penalties
from flows.options.profile_evidence import evidence_grade
from flows.options.profile_evidence import penalties
from flows.options.profile_fits import ARBITRAGE
from flows.options.profile_fits import EVENT
from flows.options.profile_fits import HEDGE
from flows.options.profile_fits import INSTITUTIONAL
from flows.options.profile_fits import PROFILE_CEILINGS
from flows.options.profile_fits import RETAIL
from flows.options.profile_fits import VOL_SELLER
from flows.options.profile_fits import Fit
from flows.options.profile_fits import arbitrage
from flows.options.profile_fits import event_direction
from flows.options.profile_fits import event_driven
from flows.options.profile_fits import hedge_direction
from flows.options.profile_fits import hedge_reactive
from flows.options.profile_fits import institutional
from flows.options.profile_fits import retail
from flows.options.profile_fits import side_direction
from flows.options.profile_fits import vol_seller
from flows.options.profile_fits import vol_seller_direction
from flows.options.profile_inputs import ProfileInputs
from flows.options.profile_terms import PARITY
from flows.options.profile_terms import shared_terms
from flows.options.profile_terms import sold_term
from schemas.records import Confidence
from schemas.records import ProfileScore

PROFILE_POLICY: Final = "profiles.policy.v1"
CALIBRATION: Final = "identity.v1"

HIGH_BAND: Final = 0.72
MEDIUM_BAND: Final = 0.52
LOW_BAND: Final = 0.42
MIN_PROBABILITY: Final = LOW_BAND
MIN_MARGIN: Final = 0.04
MIN_EVIDENCE_QUALITY: Final = 0.35
MAX_PENALTY: Final = 0.50

_BY_PROBABILITY: Final = attrgetter("probability")

# A hypothesis whose gate is shut: fit 0 whatever its terms, so none are listed.
_SHUT: Final = {
    profile: ProfileScore(profile, 0.0, 0.0, ceiling, "none", "unknown", (), {}, {"gate": 0.0})
    for profile, ceiling in PROFILE_CEILINGS.items()
}


class Assessment(msgspec.Struct, frozen=True, gc=False):
    """
    What the profiles make of one packet or structure.

    Parameters
    ----------
    scores : tuple[ProfileScore, ...]
        All six, descending by probability; equal ones in the specification's order.
    primary : str | None
        Best profile; None when abstained.
    direction : str
        Of the primary profile; `unknown` when abstained.
    abstention_reasons, suppressed_reasons : tuple[str, ...]
        Why nothing is claimed; the second holds those about quotes, prints and deliverable.
    confidence : Confidence
        Of the best profile, abstained or not.
    grade : str
        Evidence grade.
    penalties : Penalties
        Caveats and what they cost.
    """

    scores: tuple[ProfileScore, ...]
    primary: str | None
    direction: str
    abstention_reasons: tuple[str, ...]
    suppressed_reasons: tuple[str, ...]
    confidence: Confidence
    grade: str
    penalties: Penalties


def confidence_band(probability: float) -> str:
    """Return `high`, `medium`, `low` or `none` for a probability of 0 to 1."""
    if probability >= HIGH_BAND:
        return "high"
    if probability >= MEDIUM_BAND:
        return "medium"
    return "low" if probability >= LOW_BAND else "none"


def _score(profile: str, fit: Fit, evidence_factor: float, direction: str) -> ProfileScore:
    ceiling = PROFILE_CEILINGS[profile]
    probability = ceiling * fit.value * evidence_factor
    if fit.guards:
        for factor in fit.guards.values():
            probability *= factor
    probability = decimals6(probability)
    return ProfileScore(
        profile,
        probability,
        decimals6(fit.value),
        ceiling,
        confidence_band(probability),
        direction,
        fit.reasons,
        fit.terms,
        fit.guards,
    )


def score_profiles(inputs: ProfileInputs, found: Penalties) -> tuple[ProfileScore, ...]:
    """
    Score the six hypotheses.

    Parameters
    ----------
    inputs : ProfileInputs
        Facts of the packet or structure.
    found : Penalties
        Its caveats.

    Returns
    -------
    tuple[ProfileScore, ...]
        All six, descending by probability. probability = ceiling · fit · Π guards ·
        (.55 + .45·EQ) · (1 - .65·penalty); the calibration map is the identity.

    Notes
    -----
    Source: options flow specification, 8.2 to 8.5.
    """
    shared = shared_terms(inputs)
    quality_factor = 0.55 + 0.45 * inputs.evidence_quality
    factor = quality_factor * (1.0 - 0.65 * found.general)
    direction = side_direction(inputs)
    scores = [
        _score(INSTITUTIONAL, institutional(inputs, shared), factor, direction),
        _score(RETAIL, retail(inputs, shared), factor, direction),
    ]
    if inputs.event_concentration > 0.0:
        fit = event_driven(inputs, shared)
        scores.append(_score(EVENT, fit, factor, event_direction(inputs)))
    else:
        scores.append(_SHUT[EVENT])
    sold = sold_term(inputs)
    if sold > 0.0:
        fit = vol_seller(inputs, shared, sold)
        scores.append(_score(VOL_SELLER, fit, factor, vol_seller_direction(inputs)))
    else:
        scores.append(_SHUT[VOL_SELLER])
    if inputs.structure_type is not None and inputs.structure_type in PARITY:
        fit = arbitrage(inputs, shared)
        parity_factor = quality_factor * (1.0 - 0.65 * found.arbitrage)
        scores.append(_score(ARBITRAGE, fit, parity_factor, "neutral"))
    else:
        scores.append(_SHUT[ARBITRAGE])
    if shared.gamma > 0.0 and inputs.move_60s_bps is not None:
        fit = hedge_reactive(inputs, shared)
        scores.append(_score(HEDGE, fit, factor, hedge_direction(inputs)))
    else:
        scores.append(_SHUT[HEDGE])
    scores.sort(key=_BY_PROBABILITY, reverse=True)
    return tuple(scores)


def _abstention(
    inputs: ProfileInputs, probability: float, margin: float, penalty: float
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the abstention reasons, and those of them that suppress the event."""
    plain: list[str] = []
    if probability < MIN_PROBABILITY:
        plain.append("below_policy_threshold")
    if margin < MIN_MARGIN:
        plain.append("conflicting_evidence")
    if inputs.evidence_quality < MIN_EVIDENCE_QUALITY:
        plain.append("insufficient_evidence")
    if penalty >= MAX_PENALTY:
        plain.append("penalised_evidence")
    suppressed: list[str] = []
    if inputs.coverage < 0.35 or inputs.stale >= 0.50:
        suppressed.append("stale_or_missing_quote_context")
    if inputs.structure_type is None:
        if inputs.inside >= 0.70 and inputs.aggressive_ratio < 0.35:
            suppressed.append("inside_market_or_cross_like_execution")
        if inputs.special >= 0.34:
            suppressed.append("special_print_or_complex_context")
    if inputs.adjusted_unresolved:
        suppressed.append("adjusted_unresolved")
    return (*plain, *suppressed), tuple(suppressed)


def assess(inputs: ProfileInputs) -> Assessment:
    """
    Score a packet or structure and decide whether to name a profile.

    Parameters
    ----------
    inputs : ProfileInputs
        Facts of the packet or structure.

    Returns
    -------
    Assessment
        With all six scores kept as alternatives when it abstains.

    Notes
    -----
    Source: options flow specification, 8.4 and 8.5.
    """
    found = penalties(inputs)
    scores = score_profiles(inputs, found)
    best = scores[0]
    penalty = found.arbitrage if best.profile_id == ARBITRAGE else found.general
    margin = decimals6(best.probability - scores[1].probability)
    reasons, suppressed = _abstention(inputs, best.probability, margin, penalty)
    quality = decimals6(inputs.evidence_quality)
    return Assessment(
        scores,
        None if reasons else best.profile_id,
        "unknown" if reasons else best.direction,
        reasons,
        suppressed,
        Confidence(best.probability, best.fit, quality, margin, decimals6(penalty), CALIBRATION),
        evidence_grade(quality),
        found,
    )
