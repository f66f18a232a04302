"""Record of `equities.candles`.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec


class EquityCandle(msgspec.Struct, frozen=True, gc=False):
    """Bars of event time; forming ones too."""

    source_ts: int
    ingest_ts: int
    seq: int
    trace_id: str
    schema_version: str
    revision: int
    source: str
    underlying_id: str
    interval_ms: int
    window_start: int
    window_end: int
    closed: bool
    session: str
    price_basis: str
    trade_count: int
    volume: float
    off_exchange_volume: float
    odd_lot_volume: float
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    vwap: float | None
    revised_reason: str | None
    policy_version: str
    config_hash: str
