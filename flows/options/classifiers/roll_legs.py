"""
Legs of a roll: one likely closes a position, the other likely opens the next.

Rows 6 and 7 run on the legs of a roll and of no other structure; that a leg is the closing one is
sign (e) of row 7. A leg's side is that of the package. Source: options flow specification, 9.
"""

import msgspec

from flows.options.classifiers.history import HitHistory
from flows.options.classifiers.opening import detect_opening
from flows.options.classifiers.position import Position
from flows.options.classifiers.unwind import detect_unwind
from flows.options.classifiers.verdict import Verdict
from flows.options.classifiers.verdict import direction_of
from flows.options.classifiers.wording import counted
from flows.options.contract_label import contract_label
from flows.options.inference_config import InferenceConfig
from flows.options.profile_inputs import ProfileInputs
from schemas.records import FlowPacket
from schemas.records import PacketLeg
from schemas.records import PacketStructure


def closing_leg(legs: tuple[PacketLeg, ...], variant: str | None) -> PacketLeg:
    """
    Return the leg of a roll that closes.

    Parameters
    ----------
    legs : tuple[PacketLeg, ...]
        Both legs.
    variant : str | None
        A roll within one expiry goes `up` from the lower strike or `down` from the higher; any
        other closes the earlier expiry.
    """
    one, other = legs
    if one.expiry != other.expiry:
        return one if one.expiry < other.expiry else other
    low, high = (one, other) if one.strike < other.strike else (other, one)
    return high if variant == "down" else low


def _position(leg: PacketLeg, inputs: ProfileInputs) -> Position | None:
    if leg.oi is None or leg.oi_as_of is None or leg.session_volume is None:
        return None
    place = inputs.package_position
    # A package has no aggressive share of its own: how far its price lies to one side stands in.
    one_sidedness = 0.0 if place is None else min(1.0, max(place, 1.0 - place))
    return Position(
        leg.side,
        direction_of(leg.right, leg.side),
        one_sidedness,
        leg.size,
        leg.premium,
        leg.expiry - inputs.trade_date,
        leg.delta,
        leg.oi,
        leg.oi_as_of,
        leg.session_volume,
    )


def _stronger(one: Verdict | None, other: Verdict | None) -> Verdict | None:
    if one is None or (other is not None and other.confidence > one.confidence):
        return other
    return one


def _happened(underlying_id: str, leg: PacketLeg) -> str:
    label = contract_label(underlying_id, leg.expiry, leg.strike, leg.right)
    side = "side unclear" if leg.side == "unknown" else leg.side
    return f"its leg {label}, {counted(leg.size, 'contract')}, {side}"


def detect_roll_legs(
    packet: FlowPacket,
    inputs: ProfileInputs,
    structure: PacketStructure,
    penalty: float,
    config: InferenceConfig,
    history: HitHistory,
) -> list[Verdict]:
    """
    Find the likely opening and the likely closing within a roll.

    Parameters
    ----------
    packet : FlowPacket
        Structure packet of type `roll`.
    inputs : ProfileInputs
        The same packet, as the profiles read it.
    structure : PacketStructure
        Its structure.
    penalty : float
        Of the best profile, 0 to 1.
    config : InferenceConfig
        Thresholds.
    history : HitHistory
        Earlier openings; read only.

    Returns
    -------
    list[Verdict]
        At most one of each kind, the stronger leg's; openings first.
    """
    if len(packet.legs) != 2:
        return []
    closing = closing_leg(packet.legs, structure.variant)
    opened: Verdict | None = None
    closed: Verdict | None = None
    for leg in packet.legs:
        position = _position(leg, inputs)
        if position is None:
            continue
        happened = _happened(packet.underlying_id, leg)
        found = detect_opening(position, packet.features, penalty)
        if found is not None:
            opened = _stronger(opened, msgspec.structs.replace(found, happened=happened))
        undoes = history.opposite(leg.option_contract_id, inputs.trade_date, leg.side, leg.size)
        found = detect_unwind(
            position,
            packet.features,
            penalty,
            config,
            undoes_opening=undoes,
            closes_roll=leg is closing,
        )
        if found is not None:
            closed = _stronger(closed, msgspec.structs.replace(found, happened=happened))
    return [verdict for verdict in (opened, closed) if verdict is not None]
