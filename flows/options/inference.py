"""From a packet to its smart-money event, classifier hits and alert."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any
from typing import Final

from flows.errors import FlowError
from flows.options.alert_score import score_components
from flows.options.alert_score import score_of
from flows.options.alert_state import Candidate
from flows.options.alert_state import Contribution
from flows.options.alert_state import PacketMemory
from flows.options.alert_state import UnderlyingState
from flows.options.alert_text import shape_words
from flows.options.alert_text import side_word
from flows.options.alerts import AlertDesk
from flows.options.alerts import strongest_hit
from flows.options.classifiers import detect
from flows.options.hits import HitWriter
from flows.options.hits import caveat_line
from flows.options.inference_config import InferenceConfig
from flows.options.profile_inputs import ProfileInputs
from flows.options.profile_inputs import inputs_from_packet
from flows.options.profiles import Assessment
from flows.options.profiles import assess
from flows.options.smart_money import MAX_PRINT_REFS
from flows.options.smart_money import smart_money_event
from schemas.records import ClassifierHit
from schemas.records import FlowAlert
from schemas.records import FlowPacket
from schemas.records import SmartMoneyEvent

STATE_VERSION: Final = 1
MIN_ALERT_PROBABILITY: Final = 0.52
MIN_ALERT_CONFIDENCE: Final = 0.60
MIN_ALERT_QUALITY: Final = 0.35

_NS_PER_MS: Final = 1_000_000
_THROTTLE_REFILL_MS: Final = 60_000

Inferred = SmartMoneyEvent | ClassifierHit | FlowAlert


def _candidate(
    inputs: ProfileInputs, assessment: Assessment, hits: Sequence[ClassifierHit]
) -> Candidate:
    """Score what was inferred from a packet as an alert would."""
    confidence = assessment.confidence
    primary = assessment.primary
    probability = confidence.probability if primary is not None else 0.0
    components = score_components(
        inputs, [hit.confidence for hit in hits], probability, confidence.penalty
    )
    direction = assessment.direction
    top = primary
    if hits:
        strongest = strongest_hit(hits)
        top = strongest.classifier_id
        if direction == "unknown":
            direction = strongest.direction
    return Candidate(components, score_of(components), direction, top)


def _contribution(
    packet: FlowPacket,
    inputs: ProfileInputs,
    assessment: Assessment,
    hits: Sequence[ClassifierHit],
    candidate: Candidate,
) -> Contribution:
    """Reduce what was inferred from a packet to what an alert keeps of it."""
    confidence = assessment.confidence
    features = packet.features
    return Contribution(
        packet.id,
        f"sm:{packet.id}",
        packet.start_ts,
        packet.end_ts,
        inputs.premium,
        inputs.size,
        inputs.premium_z,
        candidate.components,
        candidate.score,
        tuple([(h.hit_id, h.classifier_id, h.confidence, h.direction) for h in hits]),
        assessment.primary,
        tuple([(score.profile_id, score.probability) for score in assessment.scores]),
        (
            confidence.probability,
            confidence.fit,
            confidence.evidence_quality,
            confidence.margin,
            confidence.penalty,
        ),
        assessment.abstention_reasons,
        candidate.direction,
        side_word(inputs),
        shape_words(features),
        caveat_line(assessment.penalties.caveats, confidence.penalty),
        features.count,
        features.venue_count,
        packet.members[:MAX_PRINT_REFS],
    )


def _may_alert(
    inputs: ProfileInputs, assessment: Assessment, hits: Sequence[ClassifierHit]
) -> bool:
    """Tell whether an event is strong and clean enough to be alerted, its score aside (10)."""
    if inputs.adjusted_unresolved or inputs.evidence_quality < MIN_ALERT_QUALITY:
        return False
    probability = assessment.confidence.probability
    if assessment.primary is not None and probability >= MIN_ALERT_PROBABILITY:
        return True
    return any(hit.confidence >= MIN_ALERT_CONFIDENCE for hit in hits)


class Inference:
    """
    Infer, per partition, what packets may mean; state is kept per underlying.

    Parameters
    ----------
    config : InferenceConfig
        Thresholds and windows.

    Notes
    -----
    Delivery: a function of the packets in order; identities are deterministic, so a packet
    processed again after a restart gives the same records. State is what alerts need (merging,
    cooldown, throttle) and, for `cancel_lookback_ms` of event time, which hits and alert a packet
    led to. An underlying that was quiet for that long is forgotten.
    """

    def __init__(self, config: InferenceConfig) -> None:
        self._config = config
        self._desk = AlertDesk(config)
        self._clock_ns = 0
        self._underlyings: OrderedDict[str, UnderlyingState] = OrderedDict()
        self._packets_ns = config.cancel_lookback_ms * _NS_PER_MS
        self._cooldowns_ns = config.alert_cooldown_ms * _NS_PER_MS
        # Throttle credit is full again after a minute, so nothing is lost with a quiet state.
        self._retention_ns = _NS_PER_MS * max(
            config.cancel_lookback_ms,
            2 * config.alert_dedupe_ms,
            config.alert_cooldown_ms,
            _THROTTLE_REFILL_MS,
        )
        self.counters = self._desk.counters
        self.counters.update(
            smart_money_events=0,
            smart_money_abstained=0,
            classifier_hits=0,
            classifier_hits_retracted=0,
            rescored_without_memory=0,
        )

    def on_packet(self, packet: FlowPacket) -> list[Inferred]:
        """
        Infer from a packet, or again from one that lost prints to a cancel.

        Parameters
        ----------
        packet : FlowPacket
            Revision 0 when new. A revision above 0 re-scores: its event is published with that
            revision, hits that fire again too, earlier hits that no longer fire as retracted, and
            the alert it went into as `updated` or `retracted`. A re-scored packet never opens an
            alert.

        Returns
        -------
        list[Inferred]
            Event, hits, retracted hits, alert, in this order.
        """
        counters = self.counters
        inputs = inputs_from_packet(packet)
        assessment = assess(inputs)
        event = smart_money_event(packet, assessment)
        counters["smart_money_events"] += 1
        if assessment.primary is None:
            counters["smart_money_abstained"] += 1
        penalty = assessment.confidence.penalty
        verdicts = detect(packet, inputs, penalty, self._config)
        if not packet.revision and not verdicts and not _may_alert(inputs, assessment, ()):
            return [event]
        state = self._state_of(packet)
        memory = state.packets.get(packet.id)
        if packet.revision and memory is None:
            counters["rescored_without_memory"] += 1
            if not verdicts:
                return [event]
        fired = tuple([verdict.classifier_id for verdict in verdicts])
        gone = () if memory is None else [c for c in memory.classifier_ids if c not in fired]
        hits: list[ClassifierHit] = []
        retracted: list[ClassifierHit] = []
        if fired or gone:
            caveat = caveat_line(assessment.penalties.caveats, penalty)
            writer = HitWriter(packet, inputs, event, caveat)
            hits = [writer.hit(verdict) for verdict in verdicts]
            retracted = [writer.retraction(classifier_id) for classifier_id in gone]
            counters["classifier_hits"] += len(hits)
            counters["classifier_hits_retracted"] += len(retracted)
        if memory is None:
            memory = PacketMemory(packet.source_ts, fired, None)
            state.packets[packet.id] = memory
        memory.classifier_ids = fired
        alert: FlowAlert | None = None
        if packet.revision:
            if memory.alert_id is not None:
                again = _contribution(
                    packet, inputs, assessment, hits, _candidate(inputs, assessment, hits)
                )
                alert = self._desk.rescore(state, packet, memory.alert_id, again)
        elif _may_alert(inputs, assessment, hits):
            alert = self._consider(state, packet, inputs, assessment, hits)
            memory.alert_id = None if alert is None else alert.alert_id
        return [event, *hits, *retracted, *(() if alert is None else (alert,))]

    def _consider(
        self,
        state: UnderlyingState,
        packet: FlowPacket,
        inputs: ProfileInputs,
        assessment: Assessment,
        hits: Sequence[ClassifierHit],
    ) -> FlowAlert | None:
        candidate = _candidate(inputs, assessment, hits)
        slot = self._desk.slot(state, packet, candidate)
        if slot is None:
            return None
        # Most candidates of a busy tape are held back: only the others are worth their words.
        added = _contribution(packet, inputs, assessment, hits, candidate)
        return self._desk.add(state, packet, slot, added)

    def snapshot(self) -> object:
        """Return the state as plain lists, dicts, numbers and strings."""
        return {
            "version": STATE_VERSION,
            "clock_ns": self._clock_ns,
            "counters": dict(self.counters),
            "underlyings": [[name, state.plain()] for name, state in self._underlyings.items()],
        }

    def restore(self, state: object) -> None:
        """
        Replace the state by what `snapshot` returned, on the wire or not.

        Raises
        ------
        FlowError
            The state is of another version.
        """
        version = state.get("version") if isinstance(state, dict) else None
        if not isinstance(state, dict) or version != STATE_VERSION:
            msg = (
                f"inference state has version {version!r}, expected {STATE_VERSION}; "
                "start without the recovery store once"
            )
            raise FlowError(msg)
        plain: dict[str, Any] = state
        self._clock_ns = plain["clock_ns"]
        self.counters.update(plain["counters"])
        self._underlyings = OrderedDict(
            (name, UnderlyingState.from_plain(value)) for name, value in plain["underlyings"]
        )

    def _state_of(self, packet: FlowPacket) -> UnderlyingState:
        """Return the underlying's state, with what left its windows forgotten."""
        underlyings = self._underlyings
        now = packet.source_ts
        state = underlyings.get(packet.underlying_id)
        if state is None:
            state = UnderlyingState(now, self._desk.full_credit_ns)
            underlyings[packet.underlying_id] = state
        else:
            underlyings.move_to_end(packet.underlying_id)
            if now > state.clock_ns:
                state.clock_ns = now
                state.drop_older(self._packets_ns, self._retention_ns, self._cooldowns_ns)
        if now > self._clock_ns:
            self._clock_ns = now
            while self._clock_ns - next(iter(underlyings.values())).clock_ns > self._retention_ns:
                underlyings.popitem(last=False)
        return state
