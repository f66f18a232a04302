"""
Straddles and strangles: a call and a put together, a position in volatility.

Idea: bought together they gain from a large move either way, sold together from none. Source:
options flow specification, 9, row 10, and 6.3. Cap .85. Thresholds: $10,000 of basis, fixed;
`CLASSIFIER_SPIKE_MIN_PREMIUM` and `..._SPIKE_MIN_SIZE` in the terms.
"""

from typing import Final

from flows.options.classifiers.verdict import MIN_UNUSUAL_PREMIUM
from flows.options.classifiers.verdict import Verdict
from flows.options.classifiers.verdict import either_side_term
from flows.options.classifiers.verdict import settled_confidence
from flows.options.classifiers.wording import counted
from flows.options.classifiers.wording import package_clause
from flows.options.classifiers.wording import premium_clause
from flows.options.classifiers.wording import structure_line
from flows.options.inference_config import InferenceConfig
from flows.options.profile_inputs import ProfileInputs
from schemas.records import ConfidenceTerm
from schemas.records import FlowPacket
from schemas.records import PacketStructure

STRADDLE_STRANGLE: Final = "straddle_strangle"
CAP: Final = 0.85

_BASE: Final = ConfidenceTerm("base", 0.45)
_PREMIUM: Final = ConfidenceTerm("premium_minimum", 0.10)
_SIZE: Final = ConfidenceTerm("size_minimum", 0.05)
_TIER1: Final = ConfidenceTerm("tier_1", 0.10)
_SIDE_KNOWN: Final = ConfidenceTerm("package_side_known", 0.05)

_VOLATILITY: Final = {"bought": "long_vol", "sold": "short_vol"}


def detect_volatility(
    packet: FlowPacket,
    inputs: ProfileInputs,
    structure: PacketStructure,
    penalty: float,
    config: InferenceConfig,
) -> Verdict | None:
    """
    Find a straddle or strangle.

    Parameters
    ----------
    packet : FlowPacket
        Structure packet.
    inputs : ProfileInputs
        The same packet, as the profiles read it.
    structure : PacketStructure
        Its structure, of type `straddle` or `strangle`.
    penalty : float
        Of the best profile, 0 to 1.
    config : InferenceConfig
        Thresholds.

    Returns
    -------
    Verdict | None
        `straddle_strangle`, neutral, in a variant such as `straddle_short_vol`.

    Notes
    -----
    Gate: premium basis. Terms: minimum premium, minimum size, complex codes, package side known,
    one-sidedness over the legs' prints. Source: options flow specification, 9, row 10.
    """
    if inputs.premium < MIN_UNUSUAL_PREMIUM:
        return None
    terms = [_BASE]
    if inputs.premium >= config.spike_min_premium:
        terms.append(_PREMIUM)
    if inputs.size >= config.spike_min_size:
        terms.append(_SIZE)
    if inputs.is_tier1:
        terms.append(_TIER1)
    if structure.package_side != "unknown":
        terms.append(_SIDE_KNOWN)
    side = either_side_term(inputs, config)
    if side is not None:
        terms.append(side)
    settled = settled_confidence(terms, CAP, penalty)
    if settled is None:
        return None
    volatility = _VOLATILITY.get(structure.package_side, "unknown_vol")
    return Verdict(
        STRADDLE_STRANGLE,
        "neutral",
        *settled,
        package_clause(packet.features, structure),
        f"{premium_clause(inputs.premium, MIN_UNUSUAL_PREMIUM)}; "
        f"{counted(inputs.size, 'contract')} over {len(packet.legs)} legs.",
        f"{structure.type}_{volatility}",
        (structure_line(packet.underlying_id, structure, packet.legs),),
    )
