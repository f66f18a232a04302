-- Low-volume nodes of an underlying's latest profiles by their distance to the last price.
--
-- Parameters: underlying, windows (session, composite, rolling). Of each window the latest profile
-- counts (of sessions the regular one before that of the whole day); the price is the newest close
-- of its one-minute bars, without any the point of control of the newest profile.
WITH
    profiles AS (
        SELECT trace_id, window, lvns, poc, source_ts
        FROM equities_profile FINAL
        WHERE underlying_id = {underlying:String} AND window IN {windows:Array(String)}
        ORDER BY
            window,
            if(window = 'session',
                toDate32(fromUnixTimestamp64Nano(window_end - 1, 'America/New_York')), NULL) DESC,
            window = 'session' AND endsWith(trace_id, '-rth') DESC,
            source_ts DESC, trace_id
        LIMIT 1 BY window
    ),
    bar AS (
        SELECT close, source_ts
        FROM equities_candles FINAL
        WHERE underlying_id = {underlying:String} AND interval_ms = 60000 AND close > 0
        ORDER BY window_start DESC
        LIMIT 1
    ),
    now AS (
        SELECT
            argMax(p.price, (p.rank, p.at)) AS price,
            argMax(p.at, (p.rank, p.at)) AS price_ts
        FROM (
            SELECT assumeNotNull(close) AS price, source_ts AS at, 1 AS rank FROM bar
            UNION ALL
            SELECT assumeNotNull(poc), source_ts, 0 FROM profiles WHERE poc > 0
        ) AS p
    )
SELECT
    node,
    window,
    trace_id AS profile_id,
    toString(profiles.source_ts) AS profile_ts,
    (SELECT price FROM now) AS price,
    toString((SELECT price_ts FROM now)) AS price_ts,
    round(node - price, 4) AS distance,
    if(price > 0, round((node / price - 1) * 10000, 4), NULL) AS distance_bps
FROM profiles
ARRAY JOIN lvns AS node
ORDER BY abs(node - price), node, window
