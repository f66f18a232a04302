"""Record of `options.net-premium`.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

import msgspec


class OptionsNetPremium(msgspec.Struct, frozen=True, gc=False):
    """Signed option premium per underlying, market and basket in buckets of one minute."""

    source_ts: int
    ingest_ts: int
    seq: int
    trace_id: str
    schema_version: str
    underlying_id: str
    scope: str
    window_start: int
    interval_ms: int
    trade_date: int
    revision: int
    forming: bool
    print_count: int
    size: int
    call_ask: float
    call_mid: float
    call_bid: float
    call_unplaced: float
    call_net: float
    call_p_buy: float
    call_p_sell: float
    call_p_net: float
    call_buy: float
    call_sell: float
    call_dollar_delta: float
    call_p_dollar_delta: float
    put_ask: float
    put_mid: float
    put_bid: float
    put_unplaced: float
    put_net: float
    put_p_buy: float
    put_p_sell: float
    put_p_net: float
    put_buy: float
    put_sell: float
    put_dollar_delta: float
    put_p_dollar_delta: float
    excluded: float
    delta_premium: float
    directional_net: float
    net_dollar_delta: float
    p_net_dollar_delta: float
    session_premium: float
    session_call_net: float
    session_put_net: float
    session_call_p_net: float
    session_put_p_net: float
    session_directional_net: float
    session_net_dollar_delta: float
    session_p_net_dollar_delta: float
    policy_version: str
    config_hash: str
