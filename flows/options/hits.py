"""Classifier hits: verdicts as records, with the sentences a trader reads."""

from collections.abc import Sequence
from typing import Final

from flows.common.eastern import eastern_window
from flows.common.eastern import percent
from flows.options.aggressor import INELIGIBLE
from flows.options.classifiers import NO_FOLLOW_THROUGH
from flows.options.classifiers import Verdict
from flows.options.classifiers.structure_label import structure_label
from flows.options.contract_label import contract_label
from flows.options.profile_evidence import CaveatShare
from flows.options.profile_inputs import ProfileInputs
from schemas.records import Caveat
from schemas.records import ClassifierHit
from schemas.records import EvidenceRef
from schemas.records import FlowPacket
from schemas.records import SmartMoneyEvent

HIT_VERSION: Final = "flow.classifier-hits.v1"
CLASSIFIER_POLICY: Final = "classifiers.policy.v1"
NO_BASELINE: Final = (
    "No baseline yet: the usual premium and size are unknown, so neither is compared."
)

_HISTORIES: Final = {
    "contract": "of the contract",
    "underlying": "of the underlying",
    "tod": "of the underlying at this time of day",
}


def packet_label(packet: FlowPacket) -> str:
    """
    Return what a packet traded as a trader writes it.

    Returns
    -------
    str
        A contract, e.g. `NVDA 20JUN25 175C`, or a structure, e.g.
        `VST 20JUN25 155/165C debit vertical 94x`.
    """
    if packet.structure is not None:
        return structure_label(packet.underlying_id, packet.structure, packet.legs)
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
    expected = f"expected probability of a buy {percent(features.buy_probability)} ({mix})"
    if size and methods.get(INELIGIBLE[2]) == size:
        expected = "prints of these conditions tell no side by themselves"
    return (
        f"Of aggressive size {percent(features.nbbo_aggressive_buy_ratio)} traded on the ask side "
        f"and {percent(features.nbbo_aggressive_sell_ratio)} on the bid side, with quotes for "
        f"{percent(features.nbbo_coverage_ratio)} of all size; {expected}."
    )


def _measured(name: str, z: float | None, n: int | None, basis: str | None) -> str:
    if z is None:
        return f"{name} has no baseline"
    history = _HISTORIES.get(basis or "")
    if n is None or history is None:
        return f"{name} z {z:.1f}"
    return f"{name} z {z:.1f} against {n:,} earlier packets {history}"


def baseline_line(packet: FlowPacket, inputs: ProfileInputs) -> str:
    """Return the sentence on what is usual here: z, number of packets, and whose they are."""
    features = packet.features
    premium_n = features.total_premium_baseline_n
    if inputs.premium_z is None and inputs.size_z is None:
        if not premium_n:
            return NO_BASELINE
        packets = "1 earlier packet is" if premium_n == 1 else f"{premium_n:,} earlier packets are"
        return f"No baseline yet: {packets} too few to say which premium and size are usual."
    premium = _measured("premium", inputs.premium_z, premium_n, features.total_premium_basis)
    size = _measured(
        "size", inputs.size_z, features.total_size_baseline_n, features.total_size_basis
    )
    return f"Baseline: {premium}; {size}."


def caveat_line(caveats: Sequence[CaveatShare | Caveat], penalty: float) -> str:
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

    __slots__ = ("_caveat", "_event", "_ids", "_label", "_packet", "_shared", "_window")

    def __init__(
        self, packet: FlowPacket, inputs: ProfileInputs, event: SmartMoneyEvent, caveat: str
    ) -> None:
        self._packet = packet
        self._event = event
        self._label = packet_label(packet)
        self._window = eastern_window(packet.start_ts, packet.end_ts)
        self._shared = (baseline_line(packet, inputs), side_line(packet))
        self._caveat = (caveat,) if caveat else ()
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
            (happened, verdict.thresholds, *self._shared, *verdict.extra, *self._caveat),
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
                *self._caveat,
            ),
        )

    def _record(
        self, classifier_id: str, verdict: Verdict | None, explanations: tuple[str, ...]
    ) -> ClassifierHit:
        packet = self._packet
        event = self._event
        hit_id = f"hit:{classifier_id}:{packet.id}"
        is_late = classifier_id == NO_FOLLOW_THROUGH
        return ClassifierHit(
            packet.source_ts,
            packet.ingest_ts,
            packet.seq,
            hit_id,
            HIT_VERSION,
            hit_id,
            classifier_id,
            None if verdict is None else verdict.variant,
            packet.revision,
            "followup" if is_late else "initial",
            verdict.direction if verdict is not None else "unknown",
            verdict.confidence if verdict is not None else 0.0,
            verdict.terms if verdict is not None else (),
            explanations,
            packet.underlying_id,
            packet.option_contract_id,
            packet.id,
            event.event_id,
            event.primary_profile_id,
            packet.id if is_late else None,
            packet.start_ts,
            packet.end_ts,
            verdict is None,
            self._ids,
            CLASSIFIER_POLICY,
            packet.config_hash,
        )
