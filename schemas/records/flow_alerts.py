"""Record of `flow.alerts`.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec

from schemas.records.nested import AlertComponent
from schemas.records.nested import AlertHit
from schemas.records.nested import AlertProfile
from schemas.records.nested import AlertSettlement
from schemas.records.nested import Confidence
from schemas.records.nested import EvidenceRef


class FlowAlert(msgspec.Struct, frozen=True, gc=False):
    """Scored, decomposed and throttled alerts."""

    source_ts: int
    ingest_ts: int
    seq: int
    trace_id: str
    schema_version: str
    alert_id: str
    revision: int
    state: str
    direction: str
    underlying_id: str
    option_contract_id: str | None
    structure_type: str | None
    severity: str
    score: int
    peak_score: int
    components: tuple[AlertComponent, ...]
    hits: tuple[AlertHit, ...]
    primary_profile_id: str | None
    profile_scores: tuple[AlertProfile, ...]
    confidence: Confidence
    headline: str
    why: tuple[str, ...]
    first_ts: int
    last_ts: int
    packet_count: int
    total_premium: float
    total_size: int
    suppressed_count: int
    dedupe_key: str
    cooldown_key: str
    settlement: AlertSettlement | None
    evidence_refs: tuple[EvidenceRef, ...]
    policy_version: str
    config_hash: str
    kind: str
    details: dict[str, str]
