"""Record of `equities.order-flow`.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec

from schemas.records.nested import Aggression


class EquityOrderFlow(msgspec.Struct, frozen=True, gc=False):
    """Signed volume per second and minute, with its running sums."""

    source_ts: int
    ingest_ts: int
    seq: int
    trace_id: str
    schema_version: str
    revision: int
    source: str
    underlying_id: str
    interval_ms: int
    window: str
    window_start: int
    window_end: int
    closed: bool
    session: str
    aggressive_buys: int
    aggressive_sells: int
    buy_volume: float
    sell_volume: float
    unknown_volume: float
    delta: float
    cumulative_delta: float
    cumulative_delta_day: float
    buy_pressure: float
    sell_pressure: float
    aggression: tuple[Aggression, ...]
    policy_version: str
    config_hash: str
