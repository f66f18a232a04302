"""Classifier hits: verdicts as records, with the sentences a trader reads."""

from typing import Final

from flows.options.classifiers import Verdict
from flows.options.eastern import contract_label
from flows.options.eastern import eastern_window
from flows.options.eastern import percent
from flows.options.profile_evidence import CaveatShare
from flows.options.profile_inputs import ProfileInputs
from schemas.records import ClassifierHit
from schemas.records import EvidenceRef
from schemas.records import FlowPacket
from schemas.records import SmartMoneyEvent

HIT_VERSION: Final = "flow.classifier-hits.v1"
CLASSIFIER_POLICY: Final = "classifiers.policy.v1"
NO_BASELINE: Final = (
    "No baseline yet: the contract's usual premium and size are unknown, so neither is compared."
)


def packet_label(packet: FlowPacket) -> str:
    """Return the contract of a packet as a trader writes it, e.g. `NVDA 20JUN25 175C`."""
    if packet.expiry is None or packet.strike is None or packet.right is None:
        return packet.option_contract_id or packet.underlying_id
    return contract_label(packet.underlying_id, packet.expiry, packet.strike, packet.right)


def _descending(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def side_line(packet: FlowPacket) -> str:
    """Return the sentence on who crossed the spread, how much of it was quoted, and by what."""
    features = packet.features
    methods = features.aggressor_method_sizes
    size = sum(methods.values())
    if size:
        ranked = sorted(methods.items(), key=_descending)
        mix = ", ".join([f"{name} {percent(part / size)}" for name, part in ranked if part])
    else:
        mix = "no method"
    return (
        f"Of aggressive size {percent(features.nbbo_aggressive_buy_ratio)} traded on the ask side "
        f"and {percent(features.nbbo_aggressive_sell_ratio)} on the bid side, with quotes for "
        f"{percent(features.nbbo_coverage_ratio)} of all size; expected probability of a buy "
        f"{percent(features.buy_probability)} ({mix})."
    )


def baseline_line(inputs: ProfileInputs) -> str:
    """Return the sentence on the contract's own history."""
    if inputs.premium_z is None and inputs.size_z is None:
        return NO_BASELINE
    premium = "unknown" if inputs.premium_z is None else f"{inputs.premium_z:.1f}"
    size = "unknown" if inputs.size_z is None else f"{inputs.size_z:.1f}"
    return f"Against the contract's own history: premium z {premium}, size z {size}."


def caveat_line(caveats: tuple[CaveatShare, ...], penalty: float) -> str:
    """Return the sentence on weak evidence; empty when it costs nothing."""
    if penalty <= 0.0:
        return ""
    named = ", ".join(
        [
            f"{caveat.code.removesuffix('_context').replace('_', ' ')} {percent(caveat.share)}"
            for caveat in caveats
            if caveat.penalty > 0.0
        ]
    )
    return f"Weak evidence lowers the confidence: {named}; penalty {percent(penalty)}."


class HitWriter:
    """
    Build the hits of one packet; sentences they share are written once.

    Parameters
    ----------
    packet : FlowPacket
        The packet the classifiers looked at.
    inputs : ProfileInputs
        The same packet, as the profiles read it.
    event : SmartMoneyEvent
        Its smart-money event.
    caveat : str
        Sentence on weak evidence, empty when there is none.
    """

    __slots__ = ("_event", "_ids", "_label", "_packet", "_shared", "_window")

    def __init__(
        self, packet: FlowPacket, inputs: ProfileInputs, event: SmartMoneyEvent, caveat: str
    ) -> None:
        self._packet = packet
        self._event = event
        self._label = packet_label(packet)
        self._window = eastern_window(packet.start_ts, packet.end_ts)
        shared = (baseline_line(inputs), side_line(packet))
        self._shared = (*shared, caveat) if caveat else shared
        self._ids = (
            EvidenceRef("smart_money", event.event_id, "context"),
            *event.evidence_refs,
        )

    def hit(self, verdict: Verdict) -> ClassifierHit:
        """Return the record of a classifier that fired."""
        happened = f"{self._label}: {verdict.happened}, {self._window}."
        return self._record(
            verdict.classifier_id,
            verdict,
            (happened, verdict.thresholds, *self._shared),
        )

    def retraction(self, classifier_id: str) -> ClassifierHit:
        """Return the record that takes back a hit which no longer fires after a cancel."""
        packet = self._packet
        cancelled = len(packet.reversed_print_ids)
        prints = "1 print was" if cancelled == 1 else f"{cancelled} prints were"
        features = packet.features
        return self._record(
            classifier_id,
            None,
            (
                f"{self._label}: {classifier_id.replace('_', ' ')} no longer holds because "
                f"{prints} cancelled, {self._window}.",
                f"What remains is {features.total_size:,} contracts for "
                f"${features.total_premium:,.0f} of premium.",
                *self._shared,
            ),
        )

    def _record(
        self, classifier_id: str, verdict: Verdict | None, explanations: tuple[str, ...]
    ) -> ClassifierHit:
        packet = self._packet
        event = self._event
        hit_id = f"hit:{classifier_id}:{packet.id}"
        return ClassifierHit(
            packet.source_ts,
            packet.ingest_ts,
            packet.seq,
            hit_id,
            HIT_VERSION,
            hit_id,
            classifier_id,
            None,
            packet.revision,
            "initial",
            verdict.direction if verdict is not None else "unknown",
            verdict.confidence if verdict is not None else 0.0,
            verdict.terms if verdict is not None else (),
            explanations,
            packet.underlying_id,
            packet.option_contract_id,
            packet.id,
            event.event_id,
            event.primary_profile_id,
            None,
            packet.start_ts,
            packet.end_ts,
            verdict is None,
            self._ids,
            CLASSIFIER_POLICY,
            packet.config_hash,
        )
