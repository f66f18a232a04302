"""Record of `flow.classifier-hits`.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec

from schemas.records.nested import ConfidenceTerm
from schemas.records.nested import EvidenceRef


class ClassifierHit(msgspec.Struct, frozen=True, gc=False):
    """A named pattern that fired on a packet, with its terms and sentences."""

    source_ts: int
    ingest_ts: int
    seq: int
    trace_id: str
    schema_version: str
    hit_id: str
    classifier_id: str
    variant: str | None
    revision: int
    phase: str
    direction: str
    confidence: float
    confidence_terms: tuple[ConfidenceTerm, ...]
    explanations: tuple[str, ...]
    underlying_id: str
    option_contract_id: str | None
    packet_id: str
    smart_money_event_id: str
    profile_id: str | None
    references_packet_id: str | None
    start_ts: int
    end_ts: int
    retracted: bool
    evidence_refs: tuple[EvidenceRef, ...]
    policy_version: str
    config_hash: str
