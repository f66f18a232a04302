"""Record of `signals`.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec

from schemas.records.nested import EvidenceRef


class Signal(msgspec.Struct, frozen=True, gc=False):
    """Transitions of the strategies' state machines."""

    source_ts: int
    ingest_ts: int
    seq: int
    trace_id: str
    schema_version: str
    underlying_id: str
    strategy: str
    kind: str
    price: float
    reason: str
    details: dict[str, str]
    stop: float | None
    target: float | None
    atr: float | None
    evidence_refs: tuple[EvidenceRef, ...]
    policy_version: str
    config_hash: str
