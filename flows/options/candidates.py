"""What an event brings to an alert: whether it may, its score, and what the alert keeps of it."""

from collections.abc import Sequence
from typing import Final

from flows.options.alert_score import score_components
from flows.options.alert_score import score_of
from flows.options.alert_state import Candidate
from flows.options.alert_state import Contribution
from flows.options.alert_text import shape_words
from flows.options.alert_text import side_word
from flows.options.alerts import strongest_hit
from flows.options.classifiers import NEW_POSITION
from flows.options.hits import caveat_line
from flows.options.profile_inputs import ProfileInputs
from flows.options.profiles import Assessment
from flows.options.smart_money import MAX_PRINT_REFS
from schemas.records import ClassifierHit
from schemas.records import FlowPacket

# Below it a structure is context: published, not scored.
MIN_STRUCTURE_CONFIDENCE: Final = 0.55
MIN_ALERT_PROBABILITY: Final = 0.52
MIN_ALERT_CONFIDENCE: Final = 0.60
MIN_ALERT_QUALITY: Final = 0.35


def candidate_of(
    inputs: ProfileInputs, assessment: Assessment, hits: Sequence[ClassifierHit]
) -> Candidate:
    """Score what was inferred from a packet as an alert would."""
    confidence = assessment.confidence
    primary = assessment.primary
    probability = confidence.probability if primary is not None else 0.0
    components = score_components(
        inputs,
        [hit.confidence for hit in hits],
        probability,
        confidence.penalty,
        is_new_position=NEW_POSITION in [hit.classifier_id for hit in hits],
    )
    direction = assessment.direction
    top = primary
    if hits:
        strongest = strongest_hit(hits)
        top = strongest.classifier_id
        if direction == "unknown":
            direction = strongest.direction
    return Candidate(components, score_of(components), direction, top)


def contribution_of(
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
        shape_words(packet),
        caveat_line(assessment.penalties.caveats, confidence.penalty),
        features.count,
        features.venue_count,
        packet.members[:MAX_PRINT_REFS],
    )


def may_alert(inputs: ProfileInputs, assessment: Assessment, hits: Sequence[ClassifierHit]) -> bool:
    """Tell whether an event is strong and clean enough to be alerted, its score aside (10)."""
    if inputs.adjusted_unresolved or inputs.evidence_quality < MIN_ALERT_QUALITY:
        return False
    probability = assessment.confidence.probability
    if assessment.primary is not None and probability >= MIN_ALERT_PROBABILITY:
        return True
    return any(hit.confidence >= MIN_ALERT_CONFIDENCE for hit in hits)


def is_scored(packet: FlowPacket) -> bool:
    """
    Tell whether a packet is a parent event by itself.

    Legs of a structure are not, nor are structures of weak confidence.

    Notes
    -----
    Source: options flow specification, 6.1.
    """
    structure = packet.structure
    if structure is None:
        return packet.structure_id is None
    return structure.confidence >= MIN_STRUCTURE_CONFIDENCE
