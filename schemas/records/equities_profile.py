"""Record of `equities.profile`.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec


class EquityProfile(msgspec.Struct, frozen=True, gc=False):
    """Volume by price."""

    source_ts: int
    ingest_ts: int
    seq: int
    trace_id: str
    schema_version: str
    revision: int
    source: str
    underlying_id: str
    window: str
    window_start: int
    window_end: int
    row_e4: int
    first_row: int
    basis: str
    node_preset: str
    closed: bool
    total_volume: float
    excluded_volume: float
    area_volume: float
    volume: tuple[float, ...]
    buy: tuple[float, ...]
    sell: tuple[float, ...]
    unknown: tuple[float, ...]
    off_exchange: tuple[float, ...]
    trades: tuple[int, ...]
    lvns: tuple[float, ...]
    hvns: tuple[float, ...]
    poc: float | None
    vah: float | None
    val: float | None
    policy_version: str
    config_hash: str
