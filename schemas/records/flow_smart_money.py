"""Record of `flow.smart-money`.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec

from schemas.records.nested import Caveat
from schemas.records.nested import Confidence
from schemas.records.nested import EvidenceRef
from schemas.records.nested import ProfileScore
from schemas.records.nested import SmartMoneyFeatures


class SmartMoneyEvent(msgspec.Struct, frozen=True, gc=False):
    """Profiles of the likely participant behind a packet; may abstain."""

    source_ts: int
    ingest_ts: int
    seq: int
    trace_id: str
    schema_version: str
    event_id: str
    revision: int
    event_kind: str
    underlying_id: str
    packet_ids: tuple[str, ...]
    member_print_ids: tuple[str, ...]
    start_ts: int
    end_ts: int
    event_window_ms: int
    features: SmartMoneyFeatures
    profile_scores: tuple[ProfileScore, ...]
    primary_profile_id: str | None
    primary_direction: str
    abstained: bool
    abstention_reasons: tuple[str, ...]
    suppressed_reasons: tuple[str, ...]
    confidence: Confidence
    evidence_grade: str
    caveats: tuple[Caveat, ...]
    evidence_refs: tuple[EvidenceRef, ...]
    model_version: str
    calibration_version: str
    policy_version: str
    config_hash: str
