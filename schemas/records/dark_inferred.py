"""Record of `dark.inferred`.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec

from schemas.records.nested import EvidenceRef


class DarkInference(msgspec.Struct, frozen=True, gc=False):
    """What off-exchange (TRF) prints suggest; off-exchange is not the same as a dark pool."""

    source_ts: int
    ingest_ts: int
    seq: int
    trace_id: str
    schema_version: str
    revision: int
    underlying_id: str
    kind: str
    status: str
    confidence: float
    window_start_ts: int
    window_end_ts: int
    price: float
    price_low: float
    price_high: float
    shares: float
    notional: float
    print_count: int
    label: str
    thresholds: dict[str, float]
    baseline: dict[str, float]
    explanations: tuple[str, ...]
    spread_pct: float | None
    follow_through_bps: float | None
    zone_side: str | None
    evidence_refs: tuple[EvidenceRef, ...]
    policy_version: str
    config_hash: str
