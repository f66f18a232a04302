"""Record of `flow.packets`.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec

from schemas.records.nested import EvidenceRef
from schemas.records.nested import JoinQuality
from schemas.records.nested import PacketFeatures
from schemas.records.nested import PacketLeg
from schemas.records.nested import PacketStructure


class FlowPacket(msgspec.Struct, frozen=True, gc=False):
    """Parent events: prints of one contract clustered in event time."""

    source_ts: int
    ingest_ts: int
    seq: int
    trace_id: str
    schema_version: str
    id: str
    packet_kind: str
    revision: int
    underlying_id: str
    option_contract_id: str | None
    right: str | None
    strike: float | None
    expiry: int | None
    start_ts: int
    end_ts: int
    window_ms: int
    member_count: int
    signal_member_count: int
    members: tuple[str, ...]
    reversed_print_ids: tuple[str, ...]
    continues: str | None
    chain_length: int
    aggressor_stack: str
    late_arrival: bool
    features: PacketFeatures
    features_ext: dict[str, float]
    join_quality: JoinQuality
    legs: tuple[PacketLeg, ...]
    structure: PacketStructure | None
    structure_id: str | None
    baseline_snapshot_id: str
    evidence_refs: tuple[EvidenceRef, ...]
    policy_version: str
    config_hash: str
