"""Sweeps: one order taken from several venues, or sent as intermarket sweeps, at the ask."""

from typing import Final

from flows.options.classifiers.verdict import MIN_UNUSUAL_PREMIUM
from flows.options.classifiers.verdict import Verdict
from flows.options.classifiers.verdict import either_side_term
from flows.options.classifiers.verdict import settled_confidence
from flows.options.eastern import percent
from flows.options.inference_config import InferenceConfig
from flows.options.profile_inputs import ProfileInputs
from schemas.records import ConfidenceTerm
from schemas.records import FlowPacket

CALL_SWEEP: Final = "large_bullish_call_sweep"
PUT_SWEEP: Final = "large_bearish_put_sweep"
CAP: Final = 0.95

_BASE: Final = ConfidenceTerm("base", 0.55)
_RISING: Final = ConfidenceTerm("price_held_or_rose", 0.10)
_MANY_PRINTS: Final = ConfidenceTerm("prints_5", 0.10)
_TWICE_PREMIUM: Final = ConfidenceTerm("premium_twice_minimum", 0.15)
_UNUSUAL: Final = ConfidenceTerm("premium_z", 0.10)
_VERY_UNUSUAL: Final = ConfidenceTerm("premium_z_plus_1", 0.05)


def _has_enough(packet: FlowPacket, inputs: ProfileInputs, config: InferenceConfig) -> bool:
    large = inputs.premium >= config.sweep_min_premium
    enough_prints = inputs.count >= config.sweep_min_count or (
        large and inputs.count >= 1 and packet.features.iso_size_ratio >= 0.50
    )
    if not enough_prints:
        return False
    premium_z = inputs.premium_z
    return large or (
        premium_z is not None
        and premium_z >= config.sweep_min_premium_z
        and inputs.premium >= MIN_UNUSUAL_PREMIUM
    )


def _happened(packet: FlowPacket) -> str:
    features = packet.features
    prints = "1 print" if features.count == 1 else f"{features.count} prints"
    venues = "1 venue" if features.venue_count == 1 else f"{features.venue_count} venues"
    if features.sweep_kind == "iso":
        orders = "an intermarket sweep" if features.count == 1 else "intermarket sweeps"
        return f"{features.total_size:,} contracts in {prints} on {venues}, {orders}"
    return f"{features.total_size:,} contracts in {prints} swept across {venues}"


def _thresholds(inputs: ProfileInputs, config: InferenceConfig) -> str:
    minimum = config.sweep_min_premium
    premium = inputs.premium
    if premium >= minimum:
        above = f"${premium:,.0f} of premium against a sweep minimum of ${minimum:,.0f}"
    else:
        above = f"${premium:,.0f} of premium, unusual for this contract (z {inputs.premium_z:.1f})"
    return (
        f"{above}; {percent(inputs.buy_ratio)} of aggressive size at the ask against a minimum of "
        f"{percent(config.min_aggressor_ratio)}."
    )


def detect_sweep(
    packet: FlowPacket, inputs: ProfileInputs, penalty: float, config: InferenceConfig
) -> Verdict | None:
    """
    Find a large call or put sweep at the ask.

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
        `large_bullish_call_sweep` or `large_bearish_put_sweep`; the direction of a contract with
        an unresolved deliverable is `unknown`.

    Notes
    -----
    Source: options flow specification, 9, rows 1 and 2.
    """
    features = packet.features
    if (
        features.sweep_kind == "none"
        or inputs.coverage < config.min_nbbo_coverage
        or inputs.buy_ratio < config.min_aggressor_ratio
        or not _has_enough(packet, inputs, config)
    ):
        return None
    terms = [_BASE]
    first, last = features.first_price, features.last_price
    if first is not None and last is not None and last >= first:
        terms.append(_RISING)
    if inputs.count >= 5:
        terms.append(_MANY_PRINTS)
    if inputs.premium >= 2.0 * config.sweep_min_premium:
        terms.append(_TWICE_PREMIUM)
    premium_z = inputs.premium_z
    if premium_z is not None and premium_z >= config.sweep_min_premium_z:
        terms.append(_UNUSUAL)
        if premium_z >= config.sweep_min_premium_z + 1.0:
            terms.append(_VERY_UNUSUAL)
    side = either_side_term(inputs, config)
    if side is not None:
        terms.append(side)
    settled = settled_confidence(terms, CAP, penalty)
    if settled is None:
        return None
    is_call = inputs.right == "C"
    direction = "bullish" if is_call else "bearish"
    return Verdict(
        CALL_SWEEP if is_call else PUT_SWEEP,
        "unknown" if inputs.adjusted_unresolved else direction,
        settled[0],
        settled[1],
        _happened(packet),
        _thresholds(inputs, config),
    )
