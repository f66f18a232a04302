"""
Rolls: a position closed and opened again at another strike, another expiry, or both.

Idea: the leg that fits into its open interest and is near its end closes, the other opens; the new
leg decides the direction. Source: options flow specification, 9, row 12, and 6.3. Cap .85.
Thresholds: `CLASSIFIER_SPIKE_MIN_PREMIUM` (gross), `..._SPIKE_MIN_SIZE`.
"""

from typing import Final

from flows.options.classifiers.verdict import Verdict
from flows.options.classifiers.verdict import settled_confidence
from flows.options.classifiers.wording import package_clause
from flows.options.classifiers.wording import size_clause
from flows.options.classifiers.wording import structure_line
from flows.options.inference_config import InferenceConfig
from flows.options.profile_inputs import ProfileInputs
from schemas.records import ConfidenceTerm
from schemas.records import FlowPacket
from schemas.records import PacketStructure

ROLL: Final = "roll_up_down_out"
CAP: Final = 0.85
LATER_EXPIRY_DAYS: Final = 7

_BASE: Final = ConfidenceTerm("base", 0.50)
_TWICE_PREMIUM: Final = ConfidenceTerm("gross_premium_twice_minimum", 0.10)
_TWICE_SIZE: Final = ConfidenceTerm("size_twice_minimum", 0.05)
_STRIKE_MOVED: Final = ConfidenceTerm("strike_moved", 0.05)
_LATER: Final = ConfidenceTerm("expiry_7_days_later", 0.05)
_TIER1: Final = ConfidenceTerm("tier_1", 0.05)


def _span(values: tuple[float, ...]) -> float:
    return max(values) - min(values) if values else 0.0


def _thresholds(gross: float, inputs: ProfileInputs, config: InferenceConfig) -> str:
    met: list[str] = []
    if gross >= config.spike_min_premium:
        minimum = config.spike_min_premium
        met.append(f"${gross:,.0f} of gross premium against a minimum of ${minimum:,.0f}")
    if inputs.size >= config.spike_min_size:
        met.append(size_clause(inputs.size, config.spike_min_size))
    return f"{', and '.join(met)}."


def detect_roll(
    packet: FlowPacket,
    inputs: ProfileInputs,
    structure: PacketStructure,
    penalty: float,
    config: InferenceConfig,
) -> Verdict | None:
    """
    Find a roll.

    Parameters
    ----------
    packet : FlowPacket
        Structure packet.
    inputs : ProfileInputs
        The same packet, as the profiles read it.
    structure : PacketStructure
        Its structure, of type `roll`.
    penalty : float
        Of the best profile, 0 to 1.
    config : InferenceConfig
        Thresholds.

    Returns
    -------
    Verdict | None
        `roll_up_down_out`, with direction and variant (`up`, `down`, `out`, `out_up`, `out_down`)
        of the structure.

    Notes
    -----
    Gate: gross premium or size. Terms: twice each, strike moved, expiry a week later, complex
    codes. Source: options flow specification, 9, row 12.
    """
    gross = structure.gross_premium
    if gross < config.spike_min_premium and inputs.size < config.spike_min_size:
        return None
    terms = [_BASE]
    if gross >= 2.0 * config.spike_min_premium:
        terms.append(_TWICE_PREMIUM)
    if inputs.size >= 2 * config.spike_min_size:
        terms.append(_TWICE_SIZE)
    if _span(structure.strikes) > 0.0:
        terms.append(_STRIKE_MOVED)
    if _span(structure.expiries) >= LATER_EXPIRY_DAYS:
        terms.append(_LATER)
    if inputs.is_tier1:
        terms.append(_TIER1)
    settled = settled_confidence(terms, CAP, penalty)
    if settled is None:
        return None
    return Verdict(
        ROLL,
        structure.direction,
        *settled,
        package_clause(packet.features, structure),
        _thresholds(gross, inputs, config),
        structure.variant,
        (structure_line(packet.underlying_id, structure, packet.legs),),
    )
