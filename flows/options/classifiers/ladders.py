"""
Ladders: several strikes of one right and expiry taken on one side within seconds.

Idea: size too large for one strike is spread over neighbours; together they show one intent.
Source: options flow specification, 9, row 13, and 6.3. Cap .85. Thresholds:
`CLASSIFIER_SPIKE_MIN_PREMIUM`, `..._SPIKE_MIN_SIZE`, `..._SPIKE_MIN_PREMIUM_Z`.
"""

from typing import Final

from flows.common.eastern import percent
from flows.options.classifiers.verdict import Verdict
from flows.options.classifiers.verdict import either_side_term
from flows.options.classifiers.verdict import reaches
from flows.options.classifiers.verdict import settled_confidence
from flows.options.classifiers.wording import premium_clause
from flows.options.classifiers.wording import prints_clause
from flows.options.classifiers.wording import size_clause
from flows.options.classifiers.wording import structure_line
from flows.options.inference_config import InferenceConfig
from flows.options.profile_inputs import ProfileInputs
from schemas.records import ConfidenceTerm
from schemas.records import FlowPacket
from schemas.records import PacketStructure

LADDER_ACCUMULATION: Final = "ladder_accumulation"
CAP: Final = 0.85
MIN_SIDE: Final = 0.80
MANY_STRIKES: Final = 4

_BASE: Final = ConfidenceTerm("base", 0.45)
_TWICE_PREMIUM: Final = ConfidenceTerm("premium_twice_minimum", 0.10)
_TWICE_SIZE: Final = ConfidenceTerm("size_twice_minimum", 0.10)
_MANY_STRIKES: Final = ConfidenceTerm("strikes_4", 0.05)
_UNUSUAL: Final = ConfidenceTerm("premium_z", 0.05)


def _is_ladder(inputs: ProfileInputs, config: InferenceConfig) -> bool:
    if max(inputs.buy_ratio, inputs.sell_ratio) < MIN_SIDE:
        return False
    return (
        inputs.premium >= config.spike_min_premium
        or inputs.size >= config.spike_min_size
        or reaches(inputs.premium_z, config.spike_min_premium_z)
    )


def _thresholds(inputs: ProfileInputs, config: InferenceConfig) -> str:
    met: list[str] = []
    if inputs.premium >= config.spike_min_premium:
        met.append(premium_clause(inputs.premium, config.spike_min_premium))
    if inputs.size >= config.spike_min_size:
        met.append(size_clause(inputs.size, config.spike_min_size))
    if reaches(inputs.premium_z, config.spike_min_premium_z):
        met.append(
            f"premium z {inputs.premium_z:.1f} against a minimum of "
            f"{config.spike_min_premium_z:.1f}"
        )
    side = max(inputs.buy_ratio, inputs.sell_ratio)
    return (
        f"{', and '.join(met)}; {percent(side)} of aggressive size on one side against a minimum "
        f"of {percent(MIN_SIDE)}."
    )


def detect_ladder(
    packet: FlowPacket,
    inputs: ProfileInputs,
    structure: PacketStructure,
    penalty: float,
    config: InferenceConfig,
) -> Verdict | None:
    """
    Find a ladder worked on one side.

    Parameters
    ----------
    packet : FlowPacket
        Structure packet.
    inputs : ProfileInputs
        The same packet, as the profiles read it.
    structure : PacketStructure
        Its structure, of type `ladder`.
    penalty : float
        Of the best profile, 0 to 1.
    config : InferenceConfig
        Thresholds.

    Returns
    -------
    Verdict | None
        `ladder_accumulation`, with the structure's direction.

    Notes
    -----
    Gate: premium, size or z of the premium; 80 % of aggressive size on one side. Terms: twice the
    premium, twice the size, four strikes, z of the premium, one-sidedness. Source: options flow
    specification, 9, row 13.
    """
    if not _is_ladder(inputs, config):
        return None
    strikes = len({leg.strike for leg in packet.legs})
    terms = [_BASE]
    if inputs.premium >= 2.0 * config.spike_min_premium:
        terms.append(_TWICE_PREMIUM)
    if inputs.size >= 2 * config.spike_min_size:
        terms.append(_TWICE_SIZE)
    if strikes >= MANY_STRIKES:
        terms.append(_MANY_STRIKES)
    if reaches(inputs.premium_z, config.spike_min_premium_z):
        terms.append(_UNUSUAL)
    side = either_side_term(inputs, config)
    if side is not None:
        terms.append(side)
    settled = settled_confidence(terms, CAP, penalty)
    if settled is None:
        return None
    where = "ask" if inputs.buy_ratio >= inputs.sell_ratio else "bid"
    return Verdict(
        LADDER_ACCUMULATION,
        structure.direction,
        *settled,
        f"{prints_clause(packet.features)} over {strikes} strikes, mostly on the {where} side",
        _thresholds(inputs, config),
        structure.variant,
        (structure_line(packet.underlying_id, structure, packet.legs),),
    )
