"""
Same-day expiry at the money: small premium, large gamma.

Idea: on its last day an at-the-money option has the largest gamma a position can have, so its
writer's hedge follows every move of the underlying. Side and right decide the direction. Source:
options flow specification, 9, row 8. Cap .90. Thresholds: `CLASSIFIER_ZERO_DTE_MIN_PREMIUM`,
`..._ZERO_DTE_MIN_SIZE`, `..._ZERO_DTE_MAX_ATM_PCT`.
"""

from typing import Final

from flows.options.classifiers.verdict import Verdict
from flows.options.classifiers.verdict import claimed
from flows.options.classifiers.verdict import direction_of
from flows.options.classifiers.verdict import either_side_term
from flows.options.classifiers.verdict import settled_confidence
from flows.options.classifiers.verdict import side_of
from flows.options.classifiers.wording import premium_clause
from flows.options.classifiers.wording import sided_prints_clause
from flows.options.classifiers.wording import size_clause
from flows.options.inference_config import InferenceConfig
from flows.options.profile_inputs import ProfileInputs
from schemas.records import ConfidenceTerm
from schemas.records import FlowPacket

ZERO_DTE_PUNCH: Final = "zero_dte_gamma_punch"
CAP: Final = 0.90
VERY_NEAR_ATM_PCT: Final = 0.005

_BASE: Final = ConfidenceTerm("base", 0.55)
_VERY_NEAR: Final = ConfidenceTerm("at_the_money", 0.05)
_TWICE_PREMIUM: Final = ConfidenceTerm("premium_twice_minimum", 0.10)
_TWICE_SIZE: Final = ConfidenceTerm("size_twice_minimum", 0.05)


def detect_zero_dte(
    packet: FlowPacket, inputs: ProfileInputs, penalty: float, config: InferenceConfig
) -> Verdict | None:
    """
    Find a large trade at the money in a contract that expires the same day.

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
        `zero_dte_gamma_punch`, with the direction of right and side.

    Notes
    -----
    Gate: expiry on the trade date, premium, size, distance to the money (known). Terms: within
    .5 % of the money, twice the premium, twice the size, one-sidedness. Source: options flow
    specification, 9, row 8.
    """
    distance = inputs.atm_proximity
    if (
        inputs.dte_days != 0
        or inputs.premium < config.zero_dte_min_premium
        or inputs.size < config.zero_dte_min_size
        or distance is None
        or distance > config.zero_dte_max_atm_pct
    ):
        return None
    terms = [_BASE]
    if distance <= VERY_NEAR_ATM_PCT:
        terms.append(_VERY_NEAR)
    if inputs.premium >= 2.0 * config.zero_dte_min_premium:
        terms.append(_TWICE_PREMIUM)
    if inputs.size >= 2 * config.zero_dte_min_size:
        terms.append(_TWICE_SIZE)
    adjustment = either_side_term(inputs, config)
    if adjustment is not None:
        terms.append(adjustment)
    settled = settled_confidence(terms, CAP, penalty)
    if settled is None:
        return None
    side = side_of(inputs, config)
    return Verdict(
        ZERO_DTE_PUNCH,
        claimed(direction_of(inputs.right, side), inputs),
        *settled,
        f"{sided_prints_clause(packet.features, side)}, expiring the same day",
        f"{premium_clause(inputs.premium, config.zero_dte_min_premium)}, "
        f"{size_clause(inputs.size, config.zero_dte_min_size)}, and a strike "
        f"{100.0 * distance:.2f}% from the underlying against a maximum of "
        f"{100.0 * config.zero_dte_max_atm_pct:.2f}%.",
    )
