"""
Sweeps: one order taken from several venues, or sent as intermarket sweeps, at the ask.

Idea: an order that takes the displayed size of several exchanges at once pays for immediacy; the
intermarket sweep order that permits it is defined in Regulation NMS, Rules 600(b) and 611, and for
options in the Options Order Protection plan (OPRA conditions S, b, d). Source: options flow
specification, 9, rows 1 and 2. Cap .95. Thresholds: `CLASSIFIER_SWEEP_MIN_PREMIUM`,
`..._SWEEP_MIN_COUNT`, `..._SWEEP_MIN_PREMIUM_Z`, `..._MIN_NBBO_COVERAGE`,
`..._MIN_AGGRESSOR_RATIO`.
"""

from typing import Final

from flows.common.eastern import percent
from flows.options.classifiers.verdict import MIN_UNUSUAL_PREMIUM
from flows.options.classifiers.verdict import Verdict
from flows.options.classifiers.verdict import claimed
from flows.options.classifiers.verdict import either_side_term
from flows.options.classifiers.verdict import reaches
from flows.options.classifiers.verdict import settled_confidence
from flows.options.classifiers.wording import counted
from flows.options.classifiers.wording import prints_clause
from flows.options.inference_config import InferenceConfig
from flows.options.profile_inputs import ProfileInputs
from schemas.records import ConfidenceTerm
from schemas.records import FlowPacket
from schemas.records import PacketFeatures

CALL_SWEEP: Final = "large_bullish_call_sweep"
PUT_SWEEP: Final = "large_bearish_put_sweep"
CAP: Final = 0.95
MIN_ISO_SIZE_RATIO: Final = 0.50

_BASE: Final = ConfidenceTerm("base", 0.55)
_RISING: Final = ConfidenceTerm("price_held_or_rose", 0.10)
_MANY_PRINTS: Final = ConfidenceTerm("prints_5", 0.10)
_TWICE_PREMIUM: Final = ConfidenceTerm("premium_twice_minimum", 0.15)
_UNUSUAL: Final = ConfidenceTerm("premium_z", 0.10)
_VERY_UNUSUAL: Final = ConfidenceTerm("premium_z_plus_1", 0.05)


def _has_enough(packet: FlowPacket, inputs: ProfileInputs, config: InferenceConfig) -> bool:
    large = inputs.premium >= config.sweep_min_premium
    enough_prints = inputs.count >= config.sweep_min_count or (
        large and inputs.count >= 1 and packet.features.iso_size_ratio >= MIN_ISO_SIZE_RATIO
    )
    if not enough_prints:
        return False
    return large or (
        inputs.premium >= MIN_UNUSUAL_PREMIUM
        and reaches(inputs.premium_z, config.sweep_min_premium_z)
    )


def _happened(features: PacketFeatures) -> str:
    if features.sweep_kind == "iso":
        orders = "an intermarket sweep" if features.count == 1 else "intermarket sweeps"
        return f"{prints_clause(features)}, {orders}"
    return (
        f"{counted(features.total_size, 'contract')} in {counted(features.count, 'print')} swept "
        f"across {counted(features.venue_count, 'venue')}"
    )


def _thresholds(inputs: ProfileInputs, config: InferenceConfig) -> str:
    minimum = config.sweep_min_premium
    premium = inputs.premium
    if premium >= minimum:
        above = f"${premium:,.0f} of premium against a sweep minimum of ${minimum:,.0f}"
    else:
        above = (
            f"${premium:,.0f} of premium is unusual for this contract: z {inputs.premium_z:.1f} "
            f"against a minimum of {config.sweep_min_premium_z:.1f}"
        )
    return (
        f"{above}; {counted(inputs.size, 'contract')}; {percent(inputs.buy_ratio)} of aggressive "
        f"size at the ask against a minimum of {percent(config.min_aggressor_ratio)}."
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
    Gate: swept; quotes for half the size and most of it at the ask; three prints, or one
    intermarket sweep order of at least the minimum premium; premium of at least the minimum, or
    unusual. Terms: price held or rose, five prints, twice the premium, z of the premium,
    one-sidedness. Source: options flow specification, 9, rows 1 and 2.
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
    if reaches(inputs.premium_z, config.sweep_min_premium_z):
        terms.append(_UNUSUAL)
        if reaches(inputs.premium_z, config.sweep_min_premium_z + 1.0):
            terms.append(_VERY_UNUSUAL)
    side = either_side_term(inputs, config)
    if side is not None:
        terms.append(side)
    settled = settled_confidence(terms, CAP, penalty)
    if settled is None:
        return None
    is_call = inputs.right == "C"
    return Verdict(
        CALL_SWEEP if is_call else PUT_SWEEP,
        claimed("bullish" if is_call else "bearish", inputs),
        *settled,
        _happened(features),
        _thresholds(inputs, config),
    )
