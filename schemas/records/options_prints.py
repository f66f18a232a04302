"""Record of `options.prints`.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec


class OptionsPrint(msgspec.Struct, frozen=True, gc=False):
    """Every option trade report, as received; immutable."""

    source_ts: int
    ingest_ts: int
    seq: int
    trace_id: str
    schema_version: str
    source: str
    option_contract_id: str
    underlying_id: str
    root: str
    right: str
    multiplier_source: str
    exchange: str
    expiry: int
    multiplier: int
    size: int
    strike: float
    price: float
    adjusted: bool
    flex: bool
    conditions: tuple[str, ...]
    raw_conditions: tuple[str, ...]
    source_trade_id: str | None = None
    nbbo_bid: float | None = None
    nbbo_ask: float | None = None
    nbbo_bid_size: int | None = None
    nbbo_ask_size: int | None = None
    nbbo_ts: int | None = None
    nbbo_bid_venue: str | None = None
    nbbo_ask_venue: str | None = None
    venue_bid: float | None = None
    venue_ask: float | None = None
    venue_bid_size: int | None = None
    venue_ask_size: int | None = None
    underlying_bid: float | None = None
    underlying_ask: float | None = None
    underlying_ts: int | None = None
    provider_iv: float | None = None
    vendor_aggressor: str | None = None
