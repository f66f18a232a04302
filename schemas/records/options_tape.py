"""Record of `options.tape`.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec


class OptionsTape(msgspec.Struct, frozen=True, gc=False):
    """Every option print once, enriched: quote, placement, side, greeks, signal."""

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
    source_trade_id: str | None
    nbbo_bid: float | None
    nbbo_ask: float | None
    nbbo_bid_size: int | None
    nbbo_ask_size: int | None
    nbbo_ts: int | None
    nbbo_bid_venue: str | None
    nbbo_ask_venue: str | None
    venue_bid: float | None
    venue_ask: float | None
    venue_bid_size: int | None
    venue_ask_size: int | None
    underlying_bid: float | None
    underlying_ask: float | None
    underlying_ts: int | None
    provider_iv: float | None
    vendor_aggressor: str | None
    notional: float
    trade_date: int
    session: str
    signal_class: str
    condition_caveats: tuple[str, ...]
    eligible_volume: bool
    eligible_price: bool
    iso: bool
    auction: bool
    cross: bool
    floor: bool
    complex: bool
    stock_tied: bool
    late: bool
    opening: bool
    cancel: bool
    nbbo_side: str
    nbbo_geo_side: str | None
    nbbo_source: str
    quote_state: str
    nbbo_trace_id: str | None
    spread_position: float | None
    nbbo_mid: float | None
    nbbo_spread: float | None
    nbbo_spread_pct: float | None
    nbbo_age_ms: float | None
    aggressor_side: str
    aggressor_method: str
    underlying_source: str
    join_quality: float
    aggressor_probability: float
    underlying_mid: float | None
    underlying_spread_bps: float | None
    underlying_age_ms: float | None
    moneyness: float | None
    otm_pct: float | None
    atm_proximity: float | None
    dte_days: int
    iv_source: str
    iv_status: str
    iv: float | None
    delta: float | None
    gamma: float | None
    vega: float | None
    theta: float | None
    dollar_delta: float | None
    dollar_gamma_1pct: float | None
    session_volume: int
    oi: int | None
    oi_as_of: int | None
    is_etf: bool
    signal_pass: bool
    late_arrival: bool
    reversed: bool
    signal_reasons: tuple[str, ...]
    signal_profile: str
    revision: int
    policy_version: str
    config_hash: str
