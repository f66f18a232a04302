"""
Follow-through: directional packets are watched, and judged when their timer fires.

What is judged, and its source, is in `classifiers/absorption.py`.
"""

from collections.abc import Sequence
from typing import Any
from typing import Final

import msgspec

from flows.errors import FlowError
from flows.options.classifiers import CALL_OVERWRITE
from flows.options.classifiers import CALL_SWEEP
from flows.options.classifiers import FAR_DATED
from flows.options.classifiers import LADDER_ACCUMULATION
from flows.options.classifiers import NO_FOLLOW_THROUGH
from flows.options.classifiers import PUT_SWEEP
from flows.options.classifiers import PUT_WRITE
from flows.options.classifiers import ZERO_DTE_PUNCH
from flows.options.classifiers import side_of
from flows.options.classifiers.absorption import CAP
from flows.options.classifiers.absorption import DIRECTION_SIGNS
from flows.options.classifiers.absorption import SIDE_SIGNS
from flows.options.classifiers.absorption import FollowUpMarket
from flows.options.classifiers.absorption import Watched
from flows.options.classifiers.absorption import absorption_terms
from flows.options.classifiers.absorption import explanations
from flows.options.classifiers.absorption import is_absorbed
from flows.options.classifiers.absorption import moves_since
from flows.options.classifiers.verdict import settled_confidence
from flows.options.hits import CLASSIFIER_POLICY
from flows.options.hits import HIT_VERSION
from flows.options.hits import baseline_line
from flows.options.hits import caveat_line
from flows.options.hits import packet_label
from flows.options.hits import side_line
from flows.options.inference_config import InferenceConfig
from flows.options.profile_inputs import ProfileInputs
from schemas.records import ClassifierHit
from schemas.records import ConfidenceTerm
from schemas.records import EvidenceRef
from schemas.records import FlowPacket
from schemas.records import SmartMoneyEvent

__all__ = ["FollowUpMarket", "FollowUps"]

MAX_PENDING: Final = 256

_NS_PER_S: Final = 1_000_000_000
_WATCHED: Final = frozenset(
    {
        CALL_SWEEP,
        PUT_SWEEP,
        CALL_OVERWRITE,
        PUT_WRITE,
        ZERO_DTE_PUNCH,
        FAR_DATED,
        LADDER_ACCUMULATION,
    }
)


def _direction(event: SmartMoneyEvent, hits: Sequence[ClassifierHit]) -> str | None:
    """Return the event's direction, else that of the strongest hit that has one; or null."""
    if not event.abstained and event.primary_direction in DIRECTION_SIGNS:
        return event.primary_direction
    best: ClassifierHit | None = None
    for hit in hits:
        if (
            hit.classifier_id in _WATCHED
            and hit.direction in DIRECTION_SIGNS
            and (best is None or hit.confidence > best.confidence)
        ):
            best = hit
    return None if best is None else best.direction


def _key(packet: FlowPacket) -> str:
    """Return what later packets have in common with this one: the contract, or all legs."""
    if packet.option_contract_id is not None:
        return packet.option_contract_id
    return "+".join(sorted([leg.option_contract_id for leg in packet.legs]))


def _side(packet: FlowPacket, inputs: ProfileInputs, config: InferenceConfig) -> str:
    structure = packet.structure
    return side_of(inputs, config) if structure is None else structure.package_side


class FollowUps:
    """
    Watch directional packets and judge each once, when its timer fires.

    Parameters
    ----------
    config : InferenceConfig
        Thresholds and `follow_through_sec`.

    Notes
    -----
    Pure: time and market are arguments, timers are the caller's. One instance per partition, at
    most 256 pending packets per underlying; beyond it the oldest is dropped and counted. Earlier
    hits are never changed. Source: options flow specification, 9.
    """

    def __init__(self, config: InferenceConfig) -> None:
        self._config = config
        self._window_ns = config.follow_through_sec * _NS_PER_S
        self._pending: dict[str, Watched] = {}
        self._by_underlying: dict[str, dict[str, Watched]] = {}
        self._by_key: dict[str, dict[str, Watched]] = {}
        self.counters = {
            "follow_ups_watched": 0,
            "follow_ups_dropped": 0,
            "follow_ups_unjudged": 0,
            "follow_ups_absorbed": 0,
        }

    def __len__(self) -> int:
        """Return how many packets are pending."""
        return len(self._pending)

    def watch(
        self,
        packet: FlowPacket,
        inputs: ProfileInputs,
        event: SmartMoneyEvent,
        hits: Sequence[ClassifierHit],
        session_end_ns: int,
    ) -> int | None:
        """
        Start to watch a packet if it is large and directional.

        Parameters
        ----------
        packet : FlowPacket
            As it was released. A packet re-scored after a cancel replaces what is pending for it,
            or ends it when it no longer qualifies; one that is not pending is ignored.
        inputs : ProfileInputs
            The same packet, as the profiles read it.
        event : SmartMoneyEvent
            Its event.
        hits : Sequence[ClassifierHit]
            Its hits.
        session_end_ns : int
            End of the session, ns UTC: no timer lies beyond it.

        Returns
        -------
        int | None
            Deadline, ns UTC, for which the caller sets a timer; None when there is none to set.

        Notes
        -----
        Not watched: premium below the minimum, no direction, underlying or its usual move unknown,
        a deadline that passed before the packet was released.
        """
        before = self._pending.get(packet.id)
        if packet.revision and before is None:
            return None
        direction = None
        if inputs.premium >= self._config.sweep_min_premium:
            direction = _direction(event, hits)
        mid = packet.features.underlying_mid
        sigma_bps = packet.features.underlying_sigma_bps
        deadline = min(packet.end_ts + self._window_ns, session_end_ns)
        if (
            direction is None
            or mid is None
            or sigma_bps is None
            or (before is None and deadline <= packet.source_ts)
        ):
            if before is not None:
                self._forget(before)
            return None
        pending = self._read(packet, inputs, event, hits, direction, (mid, sigma_bps))
        if before is not None:
            pending.same_side_size = before.same_side_size
            pending.opposite_size = before.opposite_size
            self._keep(pending)
            return None
        self._keep(pending)
        self.counters["follow_ups_watched"] += 1
        same_underlying = self._by_underlying[packet.underlying_id]
        if len(same_underlying) > MAX_PENDING:
            self._forget(next(iter(same_underlying.values())))
            self.counters["follow_ups_dropped"] += 1
        return deadline

    def _read(
        self,
        packet: FlowPacket,
        inputs: ProfileInputs,
        event: SmartMoneyEvent,
        hits: Sequence[ClassifierHit],
        direction: str,
        underlying: tuple[float, float],
    ) -> Watched:
        mid, sigma_bps = underlying
        penalty = event.confidence.penalty
        return Watched(
            packet.id,
            packet.underlying_id,
            _key(packet),
            event.event_id,
            event.primary_profile_id,
            packet.option_contract_id,
            tuple([hit.hit_id for hit in hits]),
            direction,
            _side(packet, inputs, self._config),
            inputs.size,
            inputs.premium,
            packet.features.vwap,
            mid,
            sigma_bps,
            penalty,
            packet.start_ts,
            packet.end_ts,
            packet.ingest_ts,
            packet.seq,
            packet.revision,
            packet.config_hash,
            packet_label(packet),
            (baseline_line(packet, inputs), side_line(packet)),
            caveat_line(event.caveats, penalty),
        )

    def _keep(self, pending: Watched) -> None:
        self._pending[pending.packet_id] = pending
        self._by_underlying.setdefault(pending.underlying_id, {})[pending.packet_id] = pending
        self._by_key.setdefault(pending.key, {})[pending.packet_id] = pending

    def _forget(self, pending: Watched) -> None:
        packet_id = pending.packet_id
        del self._pending[packet_id]
        for index, key in (
            (self._by_underlying, pending.underlying_id),
            (self._by_key, pending.key),
        ):
            group = index[key]
            del group[packet_id]
            if not group:
                del index[key]

    def on_packet(self, packet: FlowPacket, inputs: ProfileInputs) -> None:
        """
        Note a later packet of a watched contract, or of a watched structure's very legs.

        Parameters
        ----------
        packet : FlowPacket
            Any packet, in order of release, before it is watched itself; re-scored ones are
            ignored.
        inputs : ProfileInputs
            The same packet, as the profiles read it.
        """
        if not self._pending or packet.revision:
            return
        watched = self._by_key.get(_key(packet))
        if watched is None:
            return
        side = _side(packet, inputs, self._config)
        for pending in watched.values():
            if packet.start_ts < pending.end_ts:
                continue
            if side == pending.side:
                pending.same_side_size = max(pending.same_side_size, inputs.size)
            elif side in SIDE_SIGNS and pending.side in SIDE_SIGNS:
                pending.opposite_size = max(pending.opposite_size, inputs.size)
            else:
                continue
            pending.seq = max(pending.seq, packet.seq)
            pending.ingest_ts = max(pending.ingest_ts, packet.ingest_ts)

    def judge(self, watch_id: str, now_ns: int, market: FollowUpMarket) -> ClassifierHit | None:
        """
        Judge a watched packet, once.

        Parameters
        ----------
        watch_id : str
            The packet's id.
        now_ns : int
            The timer's deadline, ns UTC: `source_ts` of the hit.
        market : FollowUpMarket
            Underlying and option as of then.

        Returns
        -------
        ClassifierHit | None
            `no_follow_through_absorbed`; None when the market followed, when it cannot be told
            because the underlying's quote is older than five seconds, or when the packet was
            dropped.
        """
        pending = self._pending.get(watch_id)
        if pending is None:
            return None
        self._forget(pending)
        moves = moves_since(pending, now_ns, market)
        if moves is None:
            self.counters["follow_ups_unjudged"] += 1
            return None
        if not is_absorbed(pending, moves):
            return None
        settled = settled_confidence(
            absorption_terms(pending, moves, self._config), CAP, pending.penalty
        )
        if settled is None:
            return None
        self.counters["follow_ups_absorbed"] += 1
        lines = explanations(pending, moves, now_ns, market, self._config)
        return _hit(pending, now_ns, settled, lines)

    def state(self) -> object:
        """Return what is pending, in order, and the counters as plain data."""
        return {
            "counters": dict(self.counters),
            "pending": msgspec.to_builtins(list(self._pending.values())),
        }

    def load(self, state: object) -> None:
        """
        Replace what is pending by what `state` returned, on the wire or not.

        Raises
        ------
        FlowError
            The state has another shape.
        """
        if not isinstance(state, dict):
            msg = "the follow-ups have another shape; start without the recovery store once"
            raise FlowError(msg)
        plain: dict[str, Any] = state
        self.counters = dict(plain["counters"])
        self._pending = {}
        self._by_underlying = {}
        self._by_key = {}
        for pending in msgspec.convert(plain["pending"], list[Watched]):
            self._keep(pending)


def _hit(
    pending: Watched,
    now_ns: int,
    settled: tuple[float, tuple[ConfidenceTerm, ...]],
    explanations: tuple[str, ...],
) -> ClassifierHit:
    hit_id = f"hit:{NO_FOLLOW_THROUGH}:{pending.packet_id}"
    confidence, terms = settled
    return ClassifierHit(
        now_ns,
        pending.ingest_ts,
        pending.seq,
        hit_id,
        HIT_VERSION,
        hit_id,
        NO_FOLLOW_THROUGH,
        None,
        pending.revision,
        "followup",
        "neutral",
        confidence,
        terms,
        explanations,
        pending.underlying_id,
        pending.option_contract_id,
        pending.packet_id,
        pending.event_id,
        pending.profile_id,
        pending.packet_id,
        pending.start_ts,
        pending.end_ts,
        False,
        (
            EvidenceRef("flow_packet", pending.packet_id, "anchor"),
            EvidenceRef("smart_money", pending.event_id, "context"),
            *[EvidenceRef("classifier_hit", earlier, "context") for earlier in pending.hit_ids],
        ),
        CLASSIFIER_POLICY,
        pending.config_hash,
    )
