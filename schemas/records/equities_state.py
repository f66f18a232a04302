"""Record of `equities.state`.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec

from schemas.records.nested import EvidenceRef


class EquityState(msgspec.Struct, frozen=True, gc=False):
    """Balance or imbalance of a session's auction."""

    source_ts: int
    ingest_ts: int
    seq: int
    trace_id: str
    schema_version: str
    revision: int
    source: str
    underlying_id: str
    preset: str
    window: str
    state: str
    since_ts: int
    confidence: int
    poc: float
    vah: float
    val: float
    current_price: float
    distance_from_poc_pct: float
    in_value_area: bool
    votes: dict[str, float]
    previous_state: str | None
    momentum_score: float | None
    cvd_pressure: float | None
    nearest_lvn: float | None
    lvn_distance_pct: float | None
    lvn_approach: str | None
    evidence_refs: tuple[EvidenceRef, ...]
    policy_version: str
    config_hash: str
