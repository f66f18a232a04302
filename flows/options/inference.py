"""From a packet to its smart-money event, classifier hits and alert."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any
from typing import Final

from flows.errors import FlowError
from flows.options.alert_state import PacketMemory
from flows.options.alert_state import UnderlyingState
from flows.options.alerts import AlertDesk
from flows.options.candidates import candidate_of
from flows.options.candidates import contribution_of
from flows.options.candidates import is_scored
from flows.options.candidates import may_alert
from flows.options.classifiers import NEW_POSITION
from flows.options.classifiers import HitHistory
from flows.options.classifiers import Verdict
from flows.options.classifiers import detect
from flows.options.classifiers import side_of
from flows.options.followup import FollowUpMarket
from flows.options.followup import FollowUps
from flows.options.hits import HitWriter
from flows.options.hits import caveat_line
from flows.options.inference_config import InferenceConfig
from flows.options.profile_inputs import ProfileInputs
from flows.options.profile_inputs import inputs_from_packet
from flows.options.profiles import Assessment
from flows.options.profiles import assess
from flows.options.sessions import session_end_ns
from flows.options.smart_money import smart_money_event
from flows.options.timers import RANK_FOLLOW_UP
from flows.options.timers import TimerHeap
from schemas.records import ClassifierHit
from schemas.records import FlowAlert
from schemas.records import FlowPacket
from schemas.records import SmartMoneyEvent

STATE_VERSION: Final = 2

_NS_PER_MS: Final = 1_000_000
_THROTTLE_REFILL_MS: Final = 60_000

# Packet, underlying, and contract unless it is a structure.
Watch = tuple[str, str, str | None]
Inferred = SmartMoneyEvent | ClassifierHit | FlowAlert


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
    cooldown, throttle), which hits and alert a packet led to for `cancel_lookback_ms` of event
    time, what is watched for follow-through, and the openings remembered per contract. An
    underlying that was quiet for the look-back is forgotten.
    """

    def __init__(self, config: InferenceConfig) -> None:
        # `timers` are the follow-ups that are due; `watched` counts them by contract.
        self._config = config
        self._desk = AlertDesk(config)
        self._history = HitHistory()
        self._followups = FollowUps(config)
        self.timers: TimerHeap[Watch] = TimerHeap()
        self.watched: dict[str, int] = {}
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
        self._counters = self._desk.counters
        self._counters.update(
            smart_money_events=0,
            smart_money_abstained=0,
            classifier_hits=0,
            classifier_hits_retracted=0,
            rescored_without_memory=0,
        )

    @property
    def counters(self) -> dict[str, int]:
        """Counts since the start (they survive a restore)."""
        return {**self._counters, **self._followups.counters}

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
            Event, hits, retracted hits, alert, in this order; nothing for a leg of a structure
            and for a structure that is only context.
        """
        if not is_scored(packet):
            return []
        counters = self._counters
        inputs = inputs_from_packet(packet)
        assessment = assess(inputs)
        event = smart_money_event(packet, assessment)
        counters["smart_money_events"] += 1
        if assessment.primary is None:
            counters["smart_money_abstained"] += 1
        penalty = assessment.confidence.penalty
        verdicts = detect(packet, inputs, penalty, self._config, self._history)
        if not packet.revision:
            self._followups.on_packet(packet, inputs)
        if not packet.revision and not verdicts and not may_alert(inputs, assessment, ()):
            self._watch(packet, inputs, event, ())
            return [event]
        return self._claims(packet, inputs, assessment, event, verdicts)

    def _claims(
        self,
        packet: FlowPacket,
        inputs: ProfileInputs,
        assessment: Assessment,
        event: SmartMoneyEvent,
        verdicts: Sequence[Verdict],
    ) -> list[Inferred]:
        """Return the event with what is claimed about it."""
        state = self._state_of(packet)
        memory = state.packets.get(packet.id)
        if packet.revision and memory is None:
            self._counters["rescored_without_memory"] += 1
            if not verdicts:
                return [event]
        fired = tuple([verdict.classifier_id for verdict in verdicts])
        gone = () if memory is None else [c for c in memory.classifier_ids if c not in fired]
        hits, retracted = self._hits(packet, inputs, assessment, event, (verdicts, gone))
        if memory is None:
            memory = PacketMemory(packet.source_ts, fired, None)
            state.packets[packet.id] = memory
        memory.classifier_ids = fired
        alert: FlowAlert | None = None
        if packet.revision:
            self._followups.watch(packet, inputs, event, hits, 0)
            if memory.alert_id is not None:
                again = contribution_of(
                    packet, inputs, assessment, hits, candidate_of(inputs, assessment, hits)
                )
                alert = self._desk.rescore(state, packet, memory.alert_id, again)
        else:
            self._remember_openings(packet, inputs, fired)
            self._watch(packet, inputs, event, hits)
            if may_alert(inputs, assessment, hits):
                alert = self._consider(state, packet, inputs, assessment, hits)
                memory.alert_id = None if alert is None else alert.alert_id
        return [event, *hits, *retracted, *(() if alert is None else (alert,))]

    def _hits(
        self,
        packet: FlowPacket,
        inputs: ProfileInputs,
        assessment: Assessment,
        event: SmartMoneyEvent,
        found: tuple[Sequence[Verdict], Sequence[str]],
    ) -> tuple[list[ClassifierHit], list[ClassifierHit]]:
        """Write the hits that fired and take back those that no longer do."""
        verdicts, gone = found
        if not verdicts and not gone:
            return [], []
        caveat = caveat_line(assessment.penalties.caveats, assessment.confidence.penalty)
        writer = HitWriter(packet, inputs, event, caveat)
        hits = [writer.hit(verdict) for verdict in verdicts]
        retracted = [writer.retraction(classifier_id) for classifier_id in gone]
        self._counters["classifier_hits"] += len(hits)
        self._counters["classifier_hits_retracted"] += len(retracted)
        return hits, retracted

    def _remember_openings(
        self, packet: FlowPacket, inputs: ProfileInputs, fired: Sequence[str]
    ) -> None:
        contract_id = packet.option_contract_id
        if contract_id is not None and NEW_POSITION in fired:
            self._history.record(
                contract_id, inputs.trade_date, side_of(inputs, self._config), inputs.size
            )

    def _watch(
        self,
        packet: FlowPacket,
        inputs: ProfileInputs,
        event: SmartMoneyEvent,
        hits: Sequence[ClassifierHit],
    ) -> None:
        contract_id = packet.option_contract_id
        root = contract_id or (packet.legs[0].option_contract_id if packet.legs else "")
        end_ns = session_end_ns(inputs.trade_date, root.partition("-")[0])
        deadline = self._followups.watch(packet, inputs, event, hits, end_ns or packet.end_ts)
        if deadline is not None:
            self._set_timer(deadline, (packet.id, packet.underlying_id, contract_id))

    def _set_timer(self, deadline: int, watch: Watch) -> None:
        self.timers.set(deadline, RANK_FOLLOW_UP, watch[0], watch)
        contract_id = watch[2]
        if contract_id is not None:
            self.watched[contract_id] = self.watched.get(contract_id, 0) + 1

    def on_follow_up(self, watch: Watch, now_ns: int, market: FollowUpMarket) -> list[Inferred]:
        """
        Judge whether the market followed a packet.

        Parameters
        ----------
        watch : Watch
            Payload of the timer.
        now_ns : int
            Its deadline, ns UTC.
        market : FollowUpMarket
            Underlying and option as of then.

        Returns
        -------
        list[Inferred]
            The late hit and the alert it takes points from; usually nothing.
        """
        packet_id, _, contract_id = watch
        if contract_id is not None:
            self.watched[contract_id] -= 1
            if not self.watched[contract_id]:
                del self.watched[contract_id]
        hit = self._followups.judge(packet_id, now_ns, market)
        if hit is None:
            return []
        self._counters["classifier_hits"] += 1
        state = self._underlyings.get(hit.underlying_id)
        memory = None if state is None else state.packets.get(packet_id)
        if state is None or memory is None or memory.alert_id is None:
            return [hit]
        alert = self._desk.absorb(state, hit, memory.alert_id, packet_id)
        return [hit] if alert is None else [hit, alert]

    def _consider(
        self,
        state: UnderlyingState,
        packet: FlowPacket,
        inputs: ProfileInputs,
        assessment: Assessment,
        hits: Sequence[ClassifierHit],
    ) -> FlowAlert | None:
        candidate = candidate_of(inputs, assessment, hits)
        slot = self._desk.slot(state, packet, candidate)
        if slot is None:
            return None
        # Most candidates of a busy tape are held back: only the others are worth their words.
        added = contribution_of(packet, inputs, assessment, hits, candidate)
        return self._desk.add(state, packet, slot, added)

    def snapshot(self) -> object:
        """Return the state as plain lists, dicts, numbers and strings."""
        return {
            "version": STATE_VERSION,
            "clock_ns": self._clock_ns,
            "counters": dict(self._counters),
            "underlyings": [[name, state.plain()] for name, state in self._underlyings.items()],
            "history": self._history.state(),
            "followups": self._followups.state(),
            "timers": [[at, *watch] for at, _, _, watch in self.timers.pending()],
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
        self._counters.update(plain["counters"])
        self._underlyings = OrderedDict(
            (name, UnderlyingState.from_plain(value)) for name, value in plain["underlyings"]
        )
        self._history.load(plain["history"])
        self._followups.load(plain["followups"])
        for deadline, packet_id, underlying_id, contract_id in plain["timers"]:
            self._set_timer(deadline, (packet_id, underlying_id, contract_id))

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
