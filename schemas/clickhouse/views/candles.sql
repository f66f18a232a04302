-- One-minute bars that are closed.
CREATE OR REPLACE VIEW candles AS
SELECT
    fromUnixTimestamp64Nano(window_start, 'America/New_York') AS time,
    source,
    underlying_id,
    window_start,
    window_end,
    session,
    open,
    high,
    low,
    close,
    volume,
    vwap,
    trade_count,
    off_exchange_volume,
    odd_lot_volume,
    price_basis,
    revised_reason,
    revision,
    trace_id
FROM equities_candles FINAL
WHERE interval_ms = 60000 AND closed
