"""
Spikes: a packet that is large by premium and size, or against the contract's own history.

Source: options flow specification, 9, row 5 and **large**. Cap .90. Thresholds:
`CLASSIFIER_SPIKE_MIN_PREMIUM`, `..._SPIKE_MIN_SIZE`, `..._SPIKE_MIN_PREMIUM_Z`,
`..._SPIKE_MIN_SIZE_Z`.
"""

from typing import Final

from flows.options.classifiers.verdict import Verdict
from flows.options.classifiers.verdict import claimed
from flows.options.classifiers.verdict import either_side_term
from flows.options.classifiers.verdict import reaches
from flows.options.classifiers.verdict import settled_confidence
from flows.options.classifiers.wording import large_clause
from flows.options.classifiers.wording import prints_clause
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


def detect_spike(
    packet: FlowPacket, inputs: ProfileInputs, penalty: float, config: InferenceConfig
) -> Verdict | None:
    """
    Describe unusually large activity in one contract, whatever its side.

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
        `unusual_contract_spike`, always neutral.

    Notes
    -----
    Gate: **large**, which the caller asks. Terms: twice the size, twice the premium, three prints,
    z of the premium, one-sidedness. Source: options flow specification, 9, row 5.
    """
    terms = [_BASE]
    if inputs.size >= 2 * config.spike_min_size:
        terms.append(_TWICE_SIZE)
    if inputs.premium >= 2.0 * config.spike_min_premium:
        terms.append(_TWICE_PREMIUM)
    if inputs.count >= 3:
        terms.append(_PRINTS)
    if reaches(inputs.premium_z, config.spike_min_premium_z):
        terms.append(_UNUSUAL)
        if reaches(inputs.premium_z, config.spike_min_premium_z + 1.0):
            terms.append(_VERY_UNUSUAL)
    side = either_side_term(inputs, config)
    if side is not None:
        terms.append(side)
    settled = settled_confidence(terms, CAP, penalty)
    if settled is None:
        return None
    return Verdict(
        CONTRACT_SPIKE,
        claimed("neutral", inputs),
        *settled,
        prints_clause(packet.features),
        f"{large_clause(inputs, config)}.",
    )
