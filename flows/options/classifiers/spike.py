"""Spikes: a packet that is large by premium and size, or against the contract's own history."""

from typing import Final

from flows.options.classifiers.verdict import MIN_UNUSUAL_PREMIUM
from flows.options.classifiers.verdict import Verdict
from flows.options.classifiers.verdict import either_side_term
from flows.options.classifiers.verdict import settled_confidence
from flows.options.inference_config import InferenceConfig
from flows.options.profile_inputs import ProfileInputs
from schemas.records import ConfidenceTerm
from schemas.records import FlowPacket

CONTRACT_SPIKE: Final = "unusual_contract_spike"
CAP: Final = 0.90

_BASE: Final = ConfidenceTerm("base", 0.50)
_TWICE_SIZE: Final = ConfidenceTerm("size_twice_minimum", 0.15)
_TWICE_PREMIUM: Final = ConfidenceTerm("premium_twice_minimum", 0.15)
_PRINTS: Final = ConfidenceTerm("prints_3", 0.10)
_UNUSUAL: Final = ConfidenceTerm("premium_z", 0.10)
_VERY_UNUSUAL: Final = ConfidenceTerm("premium_z_plus_1", 0.05)


def is_large(inputs: ProfileInputs, config: InferenceConfig) -> bool:
    """
    Tell whether a packet is large: by size and premium, or against the contract's own history.

    Notes
    -----
    Source: options flow specification, 9 (**large**).
    """
    if inputs.size >= config.spike_min_size and inputs.premium >= config.spike_min_premium:
        return True
    if inputs.premium < MIN_UNUSUAL_PREMIUM:
        return False
    premium_z, size_z = inputs.premium_z, inputs.size_z
    return (premium_z is not None and premium_z >= config.spike_min_premium_z) or (
        size_z is not None and size_z >= config.spike_min_size_z
    )


def _thresholds(inputs: ProfileInputs, config: InferenceConfig) -> str:
    premium, size = inputs.premium, inputs.size
    if size >= config.spike_min_size and premium >= config.spike_min_premium:
        return (
            f"${premium:,.0f} of premium against a minimum of ${config.spike_min_premium:,.0f}, "
            f"and {size:,} contracts against a minimum of {config.spike_min_size:,}."
        )
    return f"${premium:,.0f} of premium for {size:,} contracts is unusual for this contract."


def detect_spike(
    packet: FlowPacket, inputs: ProfileInputs, penalty: float, config: InferenceConfig
) -> Verdict | None:
    """
    Find unusually large activity in one contract, whatever its side.

    Parameters
    ----------
    packet : FlowPacket
        Single-leg packet.
    inputs : ProfileInputs
        The same packet, as the profiles read it.
    penalty : float
        Of the best profile, 0 to 1.
    config : InferenceConfig
        Thresholds.

    Returns
    -------
    Verdict | None
        `unusual_contract_spike`, always neutral.

    Notes
    -----
    Source: options flow specification, 9, row 5.
    """
    if not is_large(inputs, config):
        return None
    terms = [_BASE]
    if inputs.size >= 2 * config.spike_min_size:
        terms.append(_TWICE_SIZE)
    if inputs.premium >= 2.0 * config.spike_min_premium:
        terms.append(_TWICE_PREMIUM)
    if inputs.count >= 3:
        terms.append(_PRINTS)
    premium_z = inputs.premium_z
    if premium_z is not None and premium_z >= config.spike_min_premium_z:
        terms.append(_UNUSUAL)
        if premium_z >= config.spike_min_premium_z + 1.0:
            terms.append(_VERY_UNUSUAL)
    side = either_side_term(inputs, config)
    if side is not None:
        terms.append(side)
    settled = settled_confidence(terms, CAP, penalty)
    if settled is None:
        return None
    features = packet.features
    prints = "1 print" if features.count == 1 else f"{features.count} prints"
    venues = "1 venue" if features.venue_count == 1 else f"{features.venue_count} venues"
    return Verdict(
        CONTRACT_SPIKE,
        "unknown" if inputs.adjusted_unresolved else "neutral",
        settled[0],
        settled[1],
        f"{features.total_size:,} contracts in {prints} on {venues}",
        _thresholds(inputs, config),
    )
