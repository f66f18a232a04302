"""Which classifiers look at a packet, in the specification's order."""

from collections.abc import Callable
from typing import Final

from flows.options.classifiers.far_dated import detect_far_dated
from flows.options.classifiers.history import HitHistory
from flows.options.classifiers.ladders import detect_ladder
from flows.options.classifiers.opening import detect_opening
from flows.options.classifiers.position import position_of
from flows.options.classifiers.roll_legs import detect_roll_legs
from flows.options.classifiers.rolls import detect_roll
from flows.options.classifiers.spike import detect_spike
from flows.options.classifiers.sweeps import detect_sweep
from flows.options.classifiers.unwind import detect_unwind
from flows.options.classifiers.unwind import may_close
from flows.options.classifiers.verdict import MIN_UNUSUAL_PREMIUM
from flows.options.classifiers.verdict import Verdict
from flows.options.classifiers.verdict import is_large
from flows.options.classifiers.verdict import runs_on_single_legs
from flows.options.classifiers.verticals import detect_vertical
from flows.options.classifiers.volatility import detect_volatility
from flows.options.classifiers.writes import detect_write
from flows.options.classifiers.zero_dte import detect_zero_dte
from flows.options.inference_config import InferenceConfig
from flows.options.profile_inputs import ProfileInputs
from schemas.records import FlowPacket
from schemas.records import PacketStructure

_StructureClassifier = Callable[
    [FlowPacket, ProfileInputs, PacketStructure, float, InferenceConfig], Verdict | None
]

ROLL_TYPE: Final = "roll"

_OF_STRUCTURES: Final[dict[str, _StructureClassifier]] = {
    "straddle": detect_volatility,
    "strangle": detect_volatility,
    "vertical": detect_vertical,
    ROLL_TYPE: detect_roll,
    "ladder": detect_ladder,
}


def detect(
    packet: FlowPacket,
    inputs: ProfileInputs,
    penalty: float,
    config: InferenceConfig,
    history: HitHistory,
) -> list[Verdict]:
    """
    Run every classifier but the late one on a packet.

    Parameters
    ----------
    packet : FlowPacket
        A packet or structure packet, possibly emptied by cancels.
    inputs : ProfileInputs
        The same packet, as the profiles read it.
    penalty : float
        Of the best profile, 0 to 1.
    config : InferenceConfig
        Thresholds.
    history : HitHistory
        Earlier openings; read only.

    Returns
    -------
    list[Verdict]
        Those that fired with a confidence of at least .30, in the specification's order.
    """
    structure = inputs.structure
    if structure is not None:
        classifier = _OF_STRUCTURES.get(structure.type)
        found = classifier(packet, inputs, structure, penalty, config) if classifier else None
        of_legs: list[Verdict] = []
        if structure.type == ROLL_TYPE:
            of_legs = detect_roll_legs(packet, inputs, structure, penalty, config, history)
        return of_legs if found is None else [*of_legs, found]
    premium = inputs.premium
    if (
        premium < MIN_UNUSUAL_PREMIUM
        and premium < config.sweep_min_premium
        and premium < config.spike_min_premium
        and premium < config.zero_dte_min_premium
    ) or not runs_on_single_legs(packet):
        return []
    return _on_single_leg(packet, inputs, penalty, config, history)


def _on_single_leg(
    packet: FlowPacket,
    inputs: ProfileInputs,
    penalty: float,
    config: InferenceConfig,
    history: HitHistory,
) -> list[Verdict]:
    found: list[Verdict | None] = []
    large = is_large(inputs, config)
    if packet.features.sweep_kind != "none":
        found.append(detect_sweep(packet, inputs, penalty, config))
    if large:
        found.append(detect_write(packet, inputs, penalty, config))
        found.append(detect_spike(packet, inputs, penalty, config))
    if inputs.oi is not None:
        found.append(_on_open_interest(packet, inputs, penalty, config, history))
    if inputs.dte_days == 0:
        found.append(detect_zero_dte(packet, inputs, penalty, config))
    if large:
        found.append(detect_far_dated(packet, inputs, penalty, config))
    return [verdict for verdict in found if verdict is not None]


def _on_open_interest(
    packet: FlowPacket,
    inputs: ProfileInputs,
    penalty: float,
    config: InferenceConfig,
    history: HitHistory,
) -> Verdict | None:
    """Ask for an opening or an unwind: trading beyond the open interest excludes the second."""
    position = position_of(inputs, config)
    if position is None:
        return None
    features = packet.features
    if position.size > position.oi or position.volume > position.oi:
        return detect_opening(position, features, penalty)
    contract_id = packet.option_contract_id
    if contract_id is None or not may_close(position):
        return None
    undoes_opening = history.opposite(contract_id, inputs.trade_date, position.side, position.size)
    return detect_unwind(position, features, penalty, config, undoes_opening=undoes_opening)
