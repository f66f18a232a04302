"""What a classifier returns, and the arithmetic all of them share."""

from typing import Final

import msgspec

from flows.options.inference_config import InferenceConfig
from flows.options.profile_inputs import ProfileInputs
from schemas.records import ConfidenceTerm
from schemas.records import FlowPacket

MIN_CONFIDENCE: Final = 0.30
PENALTY_WEIGHT: Final = 0.25
# $ below which even an unusual premium is too small to speak of.
MIN_UNUSUAL_PREMIUM: Final = 10_000.0

_QUOTED_SIDE: Final = ConfidenceTerm("one_sided", 0.05)
_MIXED_SIDE: Final = ConfidenceTerm("two_sided", -0.10)


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """
    A classifier that fired.

    Parameters
    ----------
    classifier_id : str
        One of the specification's fourteen.
    direction : str
        `bullish`, `bearish`, `neutral` or `unknown`.
    confidence : float
        .30 to 1.
    terms : tuple[ConfidenceTerm, ...]
        They sum to the confidence.
    happened, thresholds : str
        What was seen, as a clause after the contract's name; which thresholds it met, as a
        sentence.
    """

    classifier_id: str
    direction: str
    confidence: float
    terms: tuple[ConfidenceTerm, ...]
    happened: str
    thresholds: str


def runs_on_single_legs(packet: FlowPacket) -> bool:
    """Tell whether the single-leg classifiers may look at a packet: no complex, no stock leg."""
    features = packet.features
    return (
        packet.packet_kind == "contract"
        and features.complex_size_ratio == 0.0
        and features.stock_tied_size_ratio == 0.0
    )


def either_side_term(inputs: ProfileInputs, config: InferenceConfig) -> ConfidenceTerm | None:
    """Return the term for one-sided (either side) or mixed flow; None without quotes enough."""
    if inputs.coverage < config.min_nbbo_coverage:
        return None
    if max(inputs.buy_ratio, inputs.sell_ratio) >= config.min_aggressor_ratio:
        return _QUOTED_SIDE
    return _MIXED_SIDE


def settled_confidence(
    terms: list[ConfidenceTerm], cap: float, penalty: float
) -> tuple[float, tuple[ConfidenceTerm, ...]] | None:
    """
    Sum the terms, cap them and subtract the evidence penalty.

    Parameters
    ----------
    terms : list[ConfidenceTerm]
        Base and what applied; `cap` and `penalty` are appended when they take something away.
    cap : float
        Highest sum before the penalty.
    penalty : float
        Of the best profile, 0 to 1.

    Returns
    -------
    tuple | None
        Confidence, 0 to 1, and the terms that sum to it; None below .30, where nothing is emitted.

    Notes
    -----
    Source: options flow specification, 9.
    """
    total = 0.0
    for term in terms:
        total += term.value
    if total > cap:
        terms.append(ConfidenceTerm("cap", round(cap - total, 6)))
        total = cap
    if penalty > 0.0:
        cost = round(PENALTY_WEIGHT * penalty, 6)
        terms.append(ConfidenceTerm("penalty", -cost))
        total -= cost
    confidence = round(total, 6)
    if confidence < MIN_CONFIDENCE:
        return None
    return confidence, tuple(terms)
