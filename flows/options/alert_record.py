"""Alerts as records."""

from typing import Final

from flows.options.alert_score import COMPONENT_NAMES
from flows.options.alert_score import severity_of
from flows.options.alert_state import Contribution
from flows.options.alert_state import OpenAlert
from flows.options.alert_text import headline
from flows.options.alert_text import why
from flows.options.profiles import CALIBRATION
from flows.options.smart_money import MAX_PRINT_REFS
from schemas.records import AlertComponent
from schemas.records import AlertHit
from schemas.records import AlertProfile
from schemas.records import ClassifierHit
from schemas.records import Confidence
from schemas.records import EvidenceRef
from schemas.records import FlowAlert
from schemas.records import FlowPacket

ALERT_VERSION: Final = "flow.alerts.v1"
ALERT_POLICY: Final = "alerts.policy.v1"
KIND: Final = "options"


def _lead(contributions: list[Contribution]) -> Contribution:
    """Return the packet of the highest score, of equal ones the first."""
    best = contributions[0]
    for contribution in contributions:
        if contribution.score > best.score:
            best = contribution
    return best


def evidence(contributions: list[Contribution]) -> tuple[EvidenceRef, ...]:
    """
    Return typed references to hits, events, packets and prints of an alert.

    Above 500 prints the packets alone lead to them: part of a list would look like all of it.
    """
    refs: list[EvidenceRef] = []
    for part in contributions:
        refs += [EvidenceRef("classifier_hit", hit[0], "anchor") for hit in part.hits]
        refs.append(EvidenceRef("smart_money", part.event_id, "anchor"))
        refs.append(EvidenceRef("flow_packet", part.packet_id, "member"))
    if sum([part.prints for part in contributions]) <= MAX_PRINT_REFS:
        refs += [
            EvidenceRef("option_print", trace_id, "member")
            for part in contributions
            for trace_id in part.print_ids
        ]
    return tuple(refs)


def alert_record(alert: OpenAlert, cause: FlowPacket | ClassifierHit, state: str) -> FlowAlert:
    """
    Build the record of an alert's present revision.

    Parameters
    ----------
    alert : OpenAlert
        Merged evidence; at least one contribution.
    cause : FlowPacket | ClassifierHit
        The packet, or the late hit, that led to this revision; its decision time and sequence are
        copied.
    state : str
        `open`, `updated` or `retracted`.

    Returns
    -------
    FlowAlert
        Profile, confidence, side and shape are the strongest packet's; premium, size and hits are
        united over all of them. Identity is (alert id, revision). `details` of a retracted one has
        the prints whose cancels undid it, `reversed_print_ids`.
    """
    parts = alert.contributions
    lead = _lead(parts)
    first_ts = min([part.start_ts for part in parts])
    last_ts = max([part.end_ts for part in parts])
    premium = round(sum([part.premium for part in parts]), 2)
    size = sum([part.size for part in parts])
    prints = sum([part.prints for part in parts])
    probability, fit, quality, margin, penalty = lead.confidence
    return FlowAlert(
        cause.source_ts,
        cause.ingest_ts,
        cause.seq,
        alert.alert_id,
        ALERT_VERSION,
        alert.alert_id,
        alert.revision,
        state,
        alert.direction,
        cause.underlying_id,
        alert.option_contract_id,
        alert.structure_type,
        severity_of(alert.score),
        alert.score,
        alert.peak_score,
        tuple(
            [
                AlertComponent(name, raw, points)
                for name, (raw, points) in zip(COMPONENT_NAMES, alert.components, strict=True)
            ]
        ),
        tuple([AlertHit(*hit) for part in parts for hit in part.hits]),
        lead.profile,
        tuple([AlertProfile(profile, value) for profile, value in lead.profile_scores]),
        Confidence(probability, fit, quality, margin, penalty, CALIBRATION),
        headline(alert, lead, size, premium, prints),
        why(alert, lead, (first_ts, last_ts), retracted=state == "retracted"),
        first_ts,
        last_ts,
        len(parts),
        premium,
        size,
        alert.suppressed_count,
        alert.dedupe_key,
        alert.cooldown_key,
        None,
        evidence(parts),
        ALERT_POLICY,
        cause.config_hash,
        KIND,
        _reversed(cause) if state == "retracted" else {},
    )


def _reversed(cause: FlowPacket | ClassifierHit) -> dict[str, str]:
    # Which cancels took the evidence away: the prints they reversed.
    reversed_ids = cause.reversed_print_ids if isinstance(cause, FlowPacket) else ()
    return {"reversed_print_ids": " ".join(reversed_ids)} if reversed_ids else {}
