-- Days of regular trading rolled up from one-minute bars, newest first. A day is closed when a bar
-- behind its regular hours is known. vwap weighs the minutes by their volume.
WITH
    chosen AS
    (
        SELECT argMax(source, window_start) AS source
        FROM equities_candles
        WHERE underlying_id = {underlying_id:String}
            AND interval_ms = 60000
            AND ({source:String} = '' OR equities_candles.source = {source:String})
    ),
    minutes AS
    (
        SELECT *, toDate32(fromUnixTimestamp64Nano(window_start, 'America/New_York')) AS day
        FROM equities_candles FINAL
        WHERE underlying_id = {underlying_id:String}
            AND interval_ms = 60000
            AND window_start >= {since:Int64}
            AND window_start < {until:Int64} + 172800000000000
            AND source = (SELECT source FROM chosen)
    ),
    (SELECT max(window_start) FROM minutes) AS newest
SELECT
    max(m.source_ts) AS source_ts,
    max(m.ingest_ts) AS ingest_ts,
    max(m.seq) AS seq,
    concat('candle:', any(m.source), ':', {underlying_id:String}, ':86400000:',
        toString(toUnixTimestamp64Nano(toDateTime64(toString(m.day), 9, 'America/New_York'))))
        AS trace_id,
    any(m.schema_version) AS schema_version,
    max(m.revision) AS revision,
    any(m.source) AS source,
    {underlying_id:String} AS underlying_id,
    86400000 AS interval_ms,
    toUnixTimestamp64Nano(toDateTime64(toString(m.day), 9, 'America/New_York')) AS window_start,
    toUnixTimestamp64Nano(toDateTime64(toString(addDays(m.day, 1)), 9, 'America/New_York'))
        AS window_end,
    min(m.closed) AND newest > max(m.window_start) AS closed,
    'rth' AS session,
    if(argMin(m.price_basis, m.window_start) = 'carried', 'carried', 'last') AS price_basis,
    sum(m.trade_count) AS trade_count,
    sum(m.volume) AS volume,
    sum(m.off_exchange_volume) AS off_exchange_volume,
    sum(m.odd_lot_volume) AS odd_lot_volume,
    argMin(m.open, m.window_start) AS open,
    max(m.high) AS high,
    min(m.low) AS low,
    argMax(m.close, m.window_start) AS close,
    sum(m.vwap * m.volume) / nullIf(sumIf(m.volume, m.vwap IS NOT NULL), 0) AS vwap,
    max(m.revised_reason) AS revised_reason,
    any(m.policy_version) AS policy_version,
    any(m.config_hash) AS config_hash
FROM minutes AS m
WHERE m.session = 'rth'
GROUP BY m.day
HAVING window_start >= {since:Int64} AND window_start < {until:Int64}
ORDER BY window_start DESC
LIMIT {bars:UInt32}
