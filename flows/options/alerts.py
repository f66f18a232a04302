"""Alert policy: candidates are merged, cooled down, throttled, opened, re-scored, retracted."""

from collections.abc import Sequence
from typing import Final

import msgspec

from flows.common.eastern import eastern_date
from flows.common.eastern import iso_date
from flows.options.alert_record import alert_record
from flows.options.alert_score import Components
from flows.options.alert_score import absorbed_components
from flows.options.alert_score import merged_components
from flows.options.alert_score import premium_component
from flows.options.alert_score import score_of
from flows.options.alert_state import Candidate
from flows.options.alert_state import Contribution
from flows.options.alert_state import Cooldown
from flows.options.alert_state import OpenAlert
from flows.options.alert_state import UnderlyingState
from flows.options.hits import packet_label
from flows.options.inference_config import InferenceConfig
from schemas.records import ClassifierHit
from schemas.records import FlowAlert
from schemas.records import FlowPacket

# A contract that trades without pause would grow its alert for ever; the next packet opens a new
# one instead.
MAX_MERGED_PACKETS: Final = 128

_NS_PER_MS: Final = 1_000_000
_MINUTE_NS: Final = 60_000_000_000
_MEDIUM_FLOOR: Final = 45
_HIGH_FLOOR: Final = 70


class Slot(msgspec.Struct, frozen=True, gc=False):
    """Where a candidate goes: an open alert it merges into, or null and the keys of a new one."""

    alert: OpenAlert | None
    dedupe_key: str
    cooldown_key: str


def strongest_hit(hits: Sequence[ClassifierHit]) -> ClassifierHit:
    """Return the hit of the highest confidence, of equal ones the first."""
    best = hits[0]
    for hit in hits[1:]:
        if hit.confidence > best.confidence:
            best = hit
    return best


def _severity_rank(score: int) -> int:
    return (score >= _MEDIUM_FLOOR) + (score >= _HIGH_FLOOR)


def _merged(contributions: list[Contribution]) -> Components:
    components = contributions[0].components
    for contribution in contributions[1:]:
        components = merged_components(components, contribution.components)
    return _with_summed_premium(components, contributions)


def _with_summed_premium(components: Components, contributions: list[Contribution]) -> Components:
    premium = 0.0
    premium_z: float | None = None
    for contribution in contributions:
        premium += contribution.premium
        z = contribution.premium_z
        if z is not None and (premium_z is None or z > premium_z):
            premium_z = z
    return (premium_component(premium, premium_z), *components[1:])


def _session(packet: FlowPacket) -> int:
    structure = packet.structure
    expiry = structure.expiries[0] if structure is not None else packet.expiry
    return eastern_date(packet.end_ts) if expiry is None else expiry - packet.features.dte_days


def _traded(packet: FlowPacket) -> str:
    """Return the contract, or the structure's type and contracts."""
    structure = packet.structure
    if structure is None:
        return packet.option_contract_id or packet.id
    return f"{structure.type}:{'+'.join(sorted([leg.option_contract_id for leg in packet.legs]))}"


class AlertDesk:
    """
    Decide what becomes an alert; holds no state of its own but counters.

    Parameters
    ----------
    config : InferenceConfig
        Thresholds and windows.

    Notes
    -----
    All windows are event time of one underlying, so results do not depend on partitioning, batch
    size or speed. A suppressed candidate raises `suppressed_count` of the last alert of its key;
    the count is published with that alert's next revision, because a revision of its own would
    defeat the suppression. Source: options flow specification, 10.
    """

    __slots__ = (
        "_cooldown_ns",
        "_credit_cap_ns",
        "_dedupe_ns",
        "_min_score",
        "_override_points",
        "_token_ns",
        "counters",
    )

    def __init__(self, config: InferenceConfig) -> None:
        self._min_score = config.alert_min_score
        self._dedupe_ns = config.alert_dedupe_ms * _NS_PER_MS
        self._cooldown_ns = config.alert_cooldown_ms * _NS_PER_MS
        self._override_points = config.alert_cooldown_override_points
        self._token_ns = _MINUTE_NS // config.alert_max_per_underlying_per_min
        self._credit_cap_ns = self._token_ns * config.alert_max_per_underlying_per_min
        self.counters = {
            "alerts_opened": 0,
            "alerts_updated": 0,
            "alerts_retracted": 0,
            "alerts_suppressed_cooldown": 0,
            "alerts_suppressed_throttle": 0,
        }

    @property
    def full_credit_ns(self) -> int:
        """Return the throttle credit of an underlying that has been quiet."""
        return self._credit_cap_ns

    def slot(self, state: UnderlyingState, packet: FlowPacket, candidate: Candidate) -> Slot | None:
        """
        Decide whether a new candidate merges into an alert, opens one, or is held back.

        Parameters
        ----------
        state : UnderlyingState
            Of the packet's underlying; changed in place.
        packet : FlowPacket
            The packet the candidate comes from, revision 0.
        candidate : Candidate
            A clean and strong event; below the minimum score it is no alert.

        Returns
        -------
        Slot | None
            For `add`; None when suppressed or too weak.
        """
        if candidate.score < self._min_score:
            return None
        top = candidate.top
        day = iso_date(_session(packet))
        dedupe_key = f"{day}|{_traded(packet)}|{candidate.direction}|{top}"
        alert_id = state.by_dedupe_key.get(dedupe_key)
        if alert_id is not None:
            alert = state.alerts[alert_id]
            if self._may_merge(alert, packet.end_ts):
                return Slot(alert, dedupe_key, "")
        cooldown_key = f"{packet.underlying_id}|{top}|{candidate.direction}"
        if self._is_cooling(state, packet, candidate, cooldown_key):
            self.counters["alerts_suppressed_cooldown"] += 1
            return None
        if not self._has_token(state, packet, candidate):
            self.counters["alerts_suppressed_throttle"] += 1
            return None
        return Slot(None, dedupe_key, cooldown_key)

    def add(
        self, state: UnderlyingState, packet: FlowPacket, slot: Slot, candidate: Contribution
    ) -> FlowAlert:
        """
        Merge a candidate into the alert of its slot, or open one.

        Parameters
        ----------
        state : UnderlyingState
            Of the packet's underlying; changed in place.
        packet : FlowPacket
            The packet the candidate comes from, revision 0.
        slot : Slot
            From `slot`, for this packet and before any other.
        candidate : Contribution
            What the packet adds.

        Returns
        -------
        FlowAlert
            State `updated` when merged, `open` when new.
        """
        if slot.alert is not None:
            return self._merge(state, slot.alert, packet, candidate)
        alert = OpenAlert(
            alert_id=f"al:{candidate.event_id}",
            dedupe_key=slot.dedupe_key,
            cooldown_key=slot.cooldown_key,
            direction=candidate.direction,
            label=packet_label(packet),
            option_contract_id=packet.option_contract_id,
            structure_type=None if packet.structure is None else packet.structure.type,
            touched_ts=packet.source_ts,
            revision=0,
            score=candidate.score,
            peak_score=candidate.score,
            suppressed_count=0,
            components=candidate.components,
            contributions=[candidate],
        )
        state.alerts[alert.alert_id] = alert
        state.by_dedupe_key[slot.dedupe_key] = alert.alert_id
        state.last_alert_id = alert.alert_id
        state.cooldowns[slot.cooldown_key] = Cooldown(packet.source_ts, alert.alert_id)
        state.cooldowns.move_to_end(slot.cooldown_key)
        self.counters["alerts_opened"] += 1
        return alert_record(alert, packet, "open")

    def rescore(
        self, state: UnderlyingState, packet: FlowPacket, alert_id: str, again: Contribution
    ) -> FlowAlert | None:
        """
        Score an alert again after a cancel changed one of its packets.

        Parameters
        ----------
        state : UnderlyingState
            Of the packet's underlying; changed in place.
        packet : FlowPacket
            The packet without the cancelled prints, revision above 0.
        alert_id : str
            The alert the packet went into.
        again : Contribution
            What the packet adds now.

        Returns
        -------
        FlowAlert | None
            State `updated`; or `retracted`, for good, when the alert falls below the minimum
            score or no hit and no profile remain. None when the alert is already closed.
        """
        alert = state.alerts.get(alert_id)
        if alert is None:
            return None
        remaining = [
            again if old.packet_id == again.packet_id else old for old in alert.contributions
        ]
        carried = [c for c in remaining if c.hits or c.profile is not None]
        alert.contributions = carried or [again]
        was_absorbed = alert.components[-1][1] < 0.0
        alert.components = _merged(alert.contributions)
        if was_absorbed:
            alert.components = absorbed_components(alert.components)
        alert.score = score_of(alert.components)
        alert.revision += 1
        alert.touched_ts = max(alert.touched_ts, packet.source_ts)
        state.alerts.move_to_end(alert_id)
        if carried and alert.score >= self._min_score:
            alert.peak_score = max(alert.peak_score, alert.score)
            self.counters["alerts_updated"] += 1
            return alert_record(alert, packet, "updated")
        self.counters["alerts_retracted"] += 1
        state.forget_alert(alert_id)
        cooldown = state.cooldowns.get(alert.cooldown_key)
        if cooldown is not None and cooldown.alert_id == alert_id:
            del state.cooldowns[alert.cooldown_key]
        return alert_record(alert, packet, "retracted")

    def absorb(
        self, state: UnderlyingState, hit: ClassifierHit, alert_id: str, packet_id: str
    ) -> FlowAlert | None:
        """
        Score an alert again after the market did not follow one of its packets.

        Parameters
        ----------
        state : UnderlyingState
            Of the underlying; changed in place.
        hit : ClassifierHit
            The late hit.
        alert_id, packet_id : str
            The alert and the packet the hit refers back to.

        Returns
        -------
        FlowAlert | None
            State `updated`, ten points lower and with the hit; None when the alert is closed.
        """
        alert = state.alerts.get(alert_id)
        if alert is None:
            return None
        entry = (hit.hit_id, hit.classifier_id, hit.confidence, hit.direction)
        alert.contributions = [
            msgspec.structs.replace(part, hits=(*part.hits, entry))
            if part.packet_id == packet_id
            else part
            for part in alert.contributions
        ]
        alert.components = absorbed_components(alert.components)
        alert.score = score_of(alert.components)
        alert.revision += 1
        alert.touched_ts = max(alert.touched_ts, hit.source_ts)
        state.alerts.move_to_end(alert_id)
        self.counters["alerts_updated"] += 1
        return alert_record(alert, hit, "updated")

    def _may_merge(self, alert: OpenAlert, end_ts: int) -> bool:
        last_ts = max([part.end_ts for part in alert.contributions])
        return end_ts - last_ts <= self._dedupe_ns and len(alert.contributions) < MAX_MERGED_PACKETS

    def _merge(
        self,
        state: UnderlyingState,
        alert: OpenAlert,
        packet: FlowPacket,
        candidate: Contribution,
    ) -> FlowAlert:
        alert.contributions.append(candidate)
        alert.components = _with_summed_premium(
            merged_components(alert.components, candidate.components), alert.contributions
        )
        alert.score = score_of(alert.components)
        alert.peak_score = max(alert.peak_score, alert.score)
        alert.revision += 1
        alert.touched_ts = max(alert.touched_ts, packet.source_ts)
        state.alerts.move_to_end(alert.alert_id)
        self.counters["alerts_updated"] += 1
        return alert_record(alert, packet, "updated")

    def _is_cooling(
        self,
        state: UnderlyingState,
        packet: FlowPacket,
        candidate: Candidate,
        cooldown_key: str,
    ) -> bool:
        cooldown = state.cooldowns.get(cooldown_key)
        if cooldown is None or packet.source_ts - cooldown.opened_ts >= self._cooldown_ns:
            return False
        last = state.alerts.get(cooldown.alert_id)
        if last is None:
            return False
        if candidate.score >= last.score + self._override_points:
            return False
        if _severity_rank(candidate.score) > _severity_rank(last.score):
            return False
        last.suppressed_count += 1
        return True

    def _has_token(self, state: UnderlyingState, packet: FlowPacket, candidate: Candidate) -> bool:
        if packet.source_ts > state.credited_ts:
            earned = packet.source_ts - state.credited_ts
            state.credit_ns = min(self._credit_cap_ns, state.credit_ns + earned)
            state.credited_ts = packet.source_ts
        if state.credit_ns >= self._token_ns:
            state.credit_ns -= self._token_ns
            return True
        if candidate.score >= _HIGH_FLOOR:
            return True
        last = state.alerts.get(state.last_alert_id) if state.last_alert_id is not None else None
        if last is not None:
            last.suppressed_count += 1
        return False
