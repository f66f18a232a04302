"""
Verticals: two strikes of one right and expiry against each other, a capped directional position.

Idea: the second leg pays for part of the first and limits both gain and loss, so side of package
and right decide the direction. Source: options flow specification, 9, row 11, and 6.3. Cap .85.
Thresholds: $10,000 of gross premium, fixed; `CLASSIFIER_SPIKE_MIN_PREMIUM` and
`..._SPIKE_MIN_SIZE` in the terms.
"""

from typing import Final

from flows.options.classifiers.verdict import MIN_UNUSUAL_PREMIUM
from flows.options.classifiers.verdict import Verdict
from flows.options.classifiers.verdict import settled_confidence
from flows.options.classifiers.wording import counted
from flows.options.classifiers.wording import package_clause
from flows.options.classifiers.wording import structure_line
from flows.options.inference_config import InferenceConfig
from flows.options.profile_inputs import ProfileInputs
from schemas.records import ConfidenceTerm
from schemas.records import FlowPacket
from schemas.records import PacketStructure

VERTICAL_SPREAD: Final = "vertical_spread"
CAP: Final = 0.85

_BASE: Final = ConfidenceTerm("base", 0.50)
_PREMIUM: Final = ConfidenceTerm("gross_premium_minimum", 0.10)
_SIZE: Final = ConfidenceTerm("size_minimum", 0.05)
_TIER1: Final = ConfidenceTerm("tier_1", 0.10)
_SIDE_KNOWN: Final = ConfidenceTerm("package_side_known", 0.05)
_SIDE_UNKNOWN: Final = ConfidenceTerm("package_side_unknown", -0.10)


def detect_vertical(
    packet: FlowPacket,
    inputs: ProfileInputs,
    structure: PacketStructure,
    penalty: float,
    config: InferenceConfig,
) -> Verdict | None:
    """
    Find a vertical spread.

    Parameters
    ----------
    packet : FlowPacket
        Structure packet.
    inputs : ProfileInputs
        The same packet, as the profiles read it.
    structure : PacketStructure
        Its structure, of type `vertical`.
    penalty : float
        Of the best profile, 0 to 1.
    config : InferenceConfig
        Thresholds.

    Returns
    -------
    Verdict | None
        `vertical_spread`, with direction and variant (`debit`, `credit`, null) of the structure.

    Notes
    -----
    Gate: gross premium. Terms: minimum gross premium, minimum size, complex codes, package side
    known or not. Source: options flow specification, 9, row 11.
    """
    gross = structure.gross_premium
    if gross < MIN_UNUSUAL_PREMIUM:
        return None
    terms = [_BASE]
    if gross >= config.spike_min_premium:
        terms.append(_PREMIUM)
    if inputs.size >= config.spike_min_size:
        terms.append(_SIZE)
    if inputs.is_tier1:
        terms.append(_TIER1)
    terms.append(_SIDE_UNKNOWN if structure.package_side == "unknown" else _SIDE_KNOWN)
    settled = settled_confidence(terms, CAP, penalty)
    if settled is None:
        return None
    return Verdict(
        VERTICAL_SPREAD,
        structure.direction,
        *settled,
        package_clause(packet.features, structure),
        f"${gross:,.0f} of gross premium against a minimum of ${MIN_UNUSUAL_PREMIUM:,.0f}; "
        f"{counted(inputs.size, 'contract')} over {len(packet.legs)} legs.",
        structure.variant,
        (structure_line(packet.underlying_id, structure, packet.legs),),
    )
