-- Signed volume by the minute.
CREATE OR REPLACE VIEW order_flow AS
SELECT
    fromUnixTimestamp64Nano(window_start, 'America/New_York') AS time,
    source,
    underlying_id,
    window_start,
    window_end,
    session,
    buy_volume,
    sell_volume,
    unknown_volume,
    delta,
    cumulative_delta,
    cumulative_delta_day,
    aggressive_buys,
    aggressive_sells,
    buy_pressure,
    sell_pressure,
    aggression,
    closed,
    revision,
    trace_id
FROM equities_order_flow FINAL
WHERE interval_ms = 60000
