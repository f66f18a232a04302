"""Record of `equities.joins`.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec


class EquityJoin(msgspec.Struct, frozen=True, gc=False):
    """Prints with the quote that stood when they were executed, and the side that gives."""

    source_ts: int
    ingest_ts: int
    seq: int
    trace_id: str
    schema_version: str
    revision: int
    source: str
    underlying_id: str
    print_trace_id: str
    price: float
    size: float
    exchange: str
    off_exchange_flag: bool
    session: str
    join_ts: int
    nbbo_side: str
    direction: str
    direction_rule: str
    eligible_volume: bool
    eligible_levels: bool
    eligible_direction: bool
    eligible_baseline: bool
    cancelled: bool
    join_quality: float
    quality_flags: tuple[str, ...]
    conditions: tuple[str, ...]
    trf_id: str | None
    quote_trace_id: str | None
    retail_proxy: str | None
    bid: float | None
    ask: float | None
    bid_size: float | None
    ask_size: float | None
    mid: float | None
    spread: float | None
    spread_bps: float | None
    quote_age_ms: float | None
    spread_position: float | None
    quote_ts: int | None
    policy_version: str
    config_hash: str
