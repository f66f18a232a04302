"""Smart-money events: what the profiles make of a packet, as a record."""

from typing import Final

from flows.options.profile_evidence import Penalties
from flows.options.profiles import PROFILE_POLICY
from flows.options.profiles import Assessment
from schemas.records import Caveat
from schemas.records import EvidenceRef
from schemas.records import FlowPacket
from schemas.records import SmartMoneyEvent
from schemas.records import SmartMoneyFeatures

SMART_MONEY_VERSION: Final = "flow.smart-money.v1"
MODEL_VERSION: Final = "profiles.fits.v1"
MAX_PRINT_REFS: Final = 500


def _option_type(packet: FlowPacket) -> str | None:
    if packet.structure is None:
        return packet.right
    rights = [leg.right for leg in packet.legs]
    return rights[0] if len(set(rights)) == 1 else "mixed"


def _features(packet: FlowPacket) -> SmartMoneyFeatures:
    features = packet.features
    bias = features.placement_bias
    structure = packet.structure
    return SmartMoneyFeatures(
        max(1, len(packet.legs)),
        features.count,
        features.total_size,
        features.total_premium,
        features.total_notional,
        packet.option_contract_id,
        _option_type(packet),
        features.dte_days,
        features.moneyness,
        features.otm_pct,
        features.atm_proximity,
        features.nbbo_aggressive_buy_ratio,
        features.nbbo_aggressive_sell_ratio,
        features.nbbo_aggressive_ratio or 0.0,
        features.nbbo_coverage_ratio,
        features.nbbo_inside_ratio or 0.0,
        features.nbbo_stale_ratio,
        packet.join_quality.nbbo_age_ms_median,
        features.venue_count,
        features.inter_fill_ms_mean,
        features.strike_count,
        features.strike_concentration,
        bias if bias is not None else 0.0,
        features.expected_bias,
        features.execution_iv_shock,
        features.underlying_move_bps,
        features.underlying_move_60s_bps,
        features.special_print_ratio,
        None if structure is None else structure.type,
        None if structure is None else len(packet.legs),
        None if structure is None else structure.symmetry,
        features.nbbo_spread_z_eff,
        features.days_to_event,
        features.expiry_after_event,
        features.pre_event_concentration,
        features.total_premium_z_eff,
        features.total_size_z_eff,
    )


def _caveats(found: Penalties, packet_ref: EvidenceRef) -> tuple[Caveat, ...]:
    if not found.caveats:
        return ()
    refs = (packet_ref,)
    return tuple([Caveat(c.code, c.share, c.penalty, refs) for c in found.caveats])


def smart_money_event(packet: FlowPacket, assessment: Assessment) -> SmartMoneyEvent:
    """
    Build the event of a packet or structure.

    Parameters
    ----------
    packet : FlowPacket
        The parent event; times, sequence and revision are its.
    assessment : Assessment
        What the profiles make of it.

    Returns
    -------
    SmartMoneyEvent
        Abstained events are records too. `net_directional_bias` is the packet's placement bias;
        evidence is the packet (anchor), the packets of its legs, the calendar entry and the
        baseline it was measured against, and its prints; above 500 the packet leads to them.
    """
    event_id = f"sm:{packet.id}"
    members = packet.members
    packet_ref = EvidenceRef("flow_packet", packet.id, "anchor")
    shown = members if len(members) <= MAX_PRINT_REFS else ()
    structure = packet.structure
    legs = packet.legs if structure is not None else ()
    packet_ids = (packet.id, *[leg.packet_id for leg in legs if leg.packet_id is not None])
    refs = [packet_ref]
    refs += [EvidenceRef("flow_packet", packet_id, "member") for packet_id in packet_ids[1:]]
    if packet.features.event_id is not None:
        refs.append(EvidenceRef("event_calendar", packet.features.event_id, "context"))
    if packet.baseline_snapshot_id != "none":
        refs.append(EvidenceRef("baseline_snapshot", packet.baseline_snapshot_id, "baseline"))
    refs += [EvidenceRef("option_print", member, "member") for member in shown]
    return SmartMoneyEvent(
        packet.source_ts,
        packet.ingest_ts,
        packet.seq,
        event_id,
        SMART_MONEY_VERSION,
        event_id,
        packet.revision,
        "single_leg_event" if structure is None else "multi_leg_event",
        packet.underlying_id,
        packet_ids,
        members,
        packet.start_ts,
        packet.end_ts,
        packet.window_ms,
        _features(packet),
        assessment.scores,
        assessment.primary,
        assessment.direction,
        assessment.primary is None,
        assessment.abstention_reasons,
        assessment.suppressed_reasons,
        assessment.confidence,
        assessment.grade,
        _caveats(assessment.penalties, packet_ref),
        tuple(refs),
        MODEL_VERSION,
        assessment.confidence.calibration_version,
        PROFILE_POLICY,
        packet.config_hash,
    )
