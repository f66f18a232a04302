"""
Far-dated conviction: large trades in contracts with months to live.

Idea: long tenor has little gamma and much vega and costs more premium a contract, so large size
there is seldom a trade of the day. Source: options flow specification, 9, row 9. Cap .85.
Thresholds: **large** (`CLASSIFIER_SPIKE_...`).
"""

from typing import Final

from flows.options.classifiers.verdict import Verdict
from flows.options.classifiers.verdict import claimed
from flows.options.classifiers.verdict import direction_of
from flows.options.classifiers.verdict import either_side_term
from flows.options.classifiers.verdict import reaches
from flows.options.classifiers.verdict import settled_confidence
from flows.options.classifiers.verdict import side_of
from flows.options.classifiers.wording import large_clause
from flows.options.classifiers.wording import sided_prints_clause
from flows.options.inference_config import InferenceConfig
from flows.options.profile_inputs import ProfileInputs
from schemas.records import ConfidenceTerm
from schemas.records import FlowPacket

FAR_DATED: Final = "far_dated_conviction"
CAP: Final = 0.85
MIN_DTE_DAYS: Final = 60
LONG_DTE_DAYS: Final = 90

_BASE: Final = ConfidenceTerm("base", 0.50)
_LONG: Final = ConfidenceTerm("dte_90", 0.05)
_TWICE_PREMIUM: Final = ConfidenceTerm("premium_twice_minimum", 0.10)
_TWICE_SIZE: Final = ConfidenceTerm("size_twice_minimum", 0.05)
_UNUSUAL: Final = ConfidenceTerm("premium_z", 0.10)


def detect_far_dated(
    packet: FlowPacket, inputs: ProfileInputs, penalty: float, config: InferenceConfig
) -> Verdict | None:
    """
    Find a large trade at least 60 days from expiry.

    Parameters
    ----------
    packet : FlowPacket
        Single-leg packet that is **large**.
    inputs : ProfileInputs
        The same packet, as the profiles read it.
    penalty : float
        Of the best profile, 0 to 1.
    config : InferenceConfig
        Thresholds.

    Returns
    -------
    Verdict | None
        `far_dated_conviction`, with the direction of right and side.

    Notes
    -----
    Gate: 60 days to expiry and **large**, which the caller asks. Terms: 90 days, twice the
    premium, twice the size, z of the premium, one-sidedness. Source: options flow specification,
    9, row 9.
    """
    if inputs.dte_days < MIN_DTE_DAYS:
        return None
    terms = [_BASE]
    if inputs.dte_days >= LONG_DTE_DAYS:
        terms.append(_LONG)
    if inputs.premium >= 2.0 * config.spike_min_premium:
        terms.append(_TWICE_PREMIUM)
    if inputs.size >= 2 * config.spike_min_size:
        terms.append(_TWICE_SIZE)
    if reaches(inputs.premium_z, config.spike_min_premium_z):
        terms.append(_UNUSUAL)
    adjustment = either_side_term(inputs, config)
    if adjustment is not None:
        terms.append(adjustment)
    settled = settled_confidence(terms, CAP, penalty)
    if settled is None:
        return None
    side = side_of(inputs, config)
    return Verdict(
        FAR_DATED,
        claimed(direction_of(inputs.right, side), inputs),
        *settled,
        sided_prints_clause(packet.features, side),
        f"{large_clause(inputs, config)}; {inputs.dte_days:,} days to expiry against a minimum of "
        f"{MIN_DTE_DAYS}.",
    )
