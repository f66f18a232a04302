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

_ONE_SIDED: Final = ConfidenceTerm("one_sided", 0.05)
_TWO_SIDED: Final = ConfidenceTerm("two_sided", -0.10)
_NO_COVERAGE: Final = ConfidenceTerm("no_coverage", -0.15)
_THIN_COVERAGE: Final = ConfidenceTerm("thin_coverage", -0.10)


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
    variant : str | None
        Form of the pattern; None where it has only one.
    extra : tuple[str, ...]
        At most one sentence: on the structure or the open interest it rests on.
    """

    classifier_id: str
    direction: str
    confidence: float
    terms: tuple[ConfidenceTerm, ...]
    happened: str
    thresholds: str
    variant: str | None = None
    extra: tuple[str, ...] = ()


def runs_on_single_legs(packet: FlowPacket) -> bool:
    """Tell whether single-leg classifiers may look: no complex order, stock or structure's leg."""
    features = packet.features
    return (
        packet.packet_kind == "contract"
        and packet.structure_id is None
        and features.complex_size_ratio == 0.0
        and features.stock_tied_size_ratio == 0.0
    )


def is_large(inputs: ProfileInputs, config: InferenceConfig) -> bool:
    """
    Tell whether a packet is large: by size and premium, or against its own history.

    Notes
    -----
    Source: options flow specification, 9 (**large**).
    """
    premium = inputs.premium
    if inputs.size >= config.spike_min_size and premium >= config.spike_min_premium:
        return True
    if premium < MIN_UNUSUAL_PREMIUM:
        return False
    return reaches(inputs.premium_z, config.spike_min_premium_z) or reaches(
        inputs.size_z, config.spike_min_size_z
    )


def reaches(z: float | None, minimum: float) -> bool:
    """Tell whether a z is known and at least a minimum."""
    return z is not None and z >= minimum


def side_of(inputs: ProfileInputs, config: InferenceConfig) -> str:
    """
    Return `bought`, `sold` or `unknown` for the initiator of a single-leg packet.

    Notes
    -----
    Both the share of aggressive size and the expected side must say so. Source: options flow
    specification, 9 (Side).
    """
    if inputs.buy_ratio >= config.min_aggressor_ratio and inputs.expected_bias > 0.0:
        return "bought"
    if inputs.sell_ratio >= config.min_aggressor_ratio and inputs.expected_bias < 0.0:
        return "sold"
    return "unknown"


def direction_of(right: str | None, side: str) -> str:
    """
    Return what a position of a right and side gains from.

    Parameters
    ----------
    right : str | None
        `C`, `P`, or None where there is no single contract.
    side : str
        `bought`, `sold` or `unknown`.

    Returns
    -------
    str
        `bullish` for calls bought and puts sold, `bearish` for the reverse, else `unknown`.

    Notes
    -----
    Source: options flow specification, 9 (dir).
    """
    if side == "unknown" or right is None:
        return "unknown"
    return "bullish" if (right == "C") == (side == "bought") else "bearish"


def claimed(direction: str, inputs: ProfileInputs) -> str:
    """Return a direction, or `unknown` for a contract whose deliverable is unresolved."""
    return "unknown" if inputs.adjusted_unresolved else direction


def either_side_term(inputs: ProfileInputs, config: InferenceConfig) -> ConfidenceTerm | None:
    """
    Return the term for one-sided (either side) or mixed flow; None without quotes enough.

    Notes
    -----
    Source: options flow specification, 9 (**adjA**).
    """
    if inputs.coverage < config.min_nbbo_coverage:
        return None
    if max(inputs.buy_ratio, inputs.sell_ratio) >= config.min_aggressor_ratio:
        return _ONE_SIDED
    return _TWO_SIDED


def named_side_term(coverage: float, ratio: float, config: InferenceConfig) -> ConfidenceTerm:
    """
    Return the term for flow that has to be on one named side.

    Parameters
    ----------
    coverage, ratio : float
        Share of size with a usable quote; share of aggressive size on the named side.
    config : InferenceConfig
        Thresholds of both.

    Notes
    -----
    Source: options flow specification, 9 (**adjS**).
    """
    if coverage <= 0.0:
        return _NO_COVERAGE
    if coverage < config.min_nbbo_coverage:
        return _THIN_COVERAGE
    return _ONE_SIDED if ratio >= config.min_aggressor_ratio else _TWO_SIDED


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
