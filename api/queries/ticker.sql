-- A symbol at an instant, block by block: name, newest event time it rests on, values as JSON.
--
-- Parameters: symbol, at (ns; nothing later counts), and of the session that had opened by then
-- day, begin (04:00 Eastern), open and close (ns), with prior_close of the session before (ns).
-- The newest revision of every record counts; a block without records is absent.
-- price: newest close of a one-minute bar, else newest underlying mid of an option print; the close
--   of the session before likewise, at most an hour old then.
-- session: regular hours' bars; vwap weights the bars' own by volume.
-- premium: gross, bought and sold premium of the trade date's buckets; drift = bought - sold since
--   09:30 Eastern. put_call: contracts of volume-eligible prints, puts over calls.
-- alerts, packets (largest premium), profiles (largest premium of events naming them): of the date.
-- levels: the nearest of the newest session and composite profiles' nodes and value areas.
WITH
    bars AS (
        SELECT * FROM equities_candles FINAL
        WHERE underlying_id = {symbol:String} AND interval_ms = 60000
            AND window_end > {prior_close:Int64} - 3600000000000 AND window_end <= {at:Int64}
    ),
    tape AS (
        SELECT * FROM options_tape FINAL
        WHERE underlying_id = {symbol:String}
            AND source_ts > {prior_close:Int64} - 3600000000000 AND source_ts <= {at:Int64}
    ),
    minutes AS (
        SELECT
            *,
            call_ask + call_mid + call_bid + call_unplaced AS call_premium,
            put_ask + put_mid + put_bid + put_unplaced AS put_premium,
            window_start >= {open:Int64} AS is_open
        FROM options_net_premium FINAL
        WHERE scope = 'underlying' AND underlying_id = {symbol:String}
            AND trade_date = {day:Date32} AND window_start <= {at:Int64}
    ),
    profiles AS (
        SELECT * FROM equities_profile FINAL
        WHERE underlying_id = {symbol:String} AND window IN ('session', 'composite')
            AND source_ts <= {at:Int64}
        ORDER BY
            window, toDate32(fromUnixTimestamp64Nano(window_end - 1, 'America/New_York')) DESC,
            endsWith(trace_id, '-rth') DESC, source_ts DESC, trace_id
        LIMIT 1 BY window
    ),
    price AS (
        SELECT
            if(b.last > 0, b.last, t.last) AS last,
            if(b.last > 0, b.last_ts, t.last_ts) AS last_ts,
            if(b.last > 0, 'bars', 'tape') AS source,
            if(b.last > 0, b.prior, t.prior) AS prior,
            if(b.last > 0, b.prior_ts, t.prior_ts) AS prior_ts
        FROM (
            SELECT
                ifNull(argMaxIf(close, window_end, close > 0), 0) AS last,
                maxIf(window_end, close > 0) AS last_ts,
                ifNull(argMaxIf(close, window_end, close > 0 AND window_end <= {prior_close:Int64}), 0)
                    AS prior,
                maxIf(window_end, close > 0 AND window_end <= {prior_close:Int64}) AS prior_ts
            FROM bars
        ) AS b
        CROSS JOIN (
            SELECT
                ifNull(argMaxIf(underlying_mid, (source_ts, seq), underlying_mid > 0), 0) AS last,
                maxIf(source_ts, underlying_mid > 0) AS last_ts,
                ifNull(argMaxIf(underlying_mid, (source_ts, seq),
                    underlying_mid > 0 AND source_ts <= {prior_close:Int64}), 0) AS prior,
                maxIf(source_ts, underlying_mid > 0 AND source_ts <= {prior_close:Int64}) AS prior_ts
            FROM tape
        ) AS t
    )
SELECT 'last' AS block, last_ts AS at, toJSONString(map(
    'price', toString(last), 'source', source)) AS body
FROM price WHERE last > 0
UNION ALL
SELECT 'prev_close', prior_ts, toJSONString(map('price', toString(prior), 'source', source))
FROM price WHERE prior > 0
UNION ALL
SELECT 'change', last_ts, toJSONString(map(
    'change_pct', toString(round((last / prior - 1) * 100, 4))))
FROM price WHERE last > 0 AND prior > 0
UNION ALL
SELECT 'session', max(window_end), toJSONString(map(
    'high', toString(maxIf(high, high > 0)), 'low', toString(minIf(low, low > 0)),
    'vwap', toString(round(sumIf(vwap * volume, vwap > 0) / sumIf(volume, vwap > 0), 6)),
    'volume', toString(sum(volume)),
    'off_exchange_share', toString(round(sum(off_exchange_volume) / sum(volume), 6))))
FROM bars
WHERE window_start >= {open:Int64} AND window_end <= {close:Int64}
HAVING sum(volume) > 0
UNION ALL
SELECT 'premium', max(source_ts), toJSONString(map(
    'call_premium', toString(round(sum(call_premium), 2)),
    'put_premium', toString(round(sum(put_premium), 2)),
    'call_net_premium', toString(round(sum(call_buy - call_sell), 2)),
    'put_net_premium', toString(round(sum(put_buy - put_sell), 2)),
    'net_premium', toString(round(sum(call_buy - call_sell - put_buy + put_sell), 2)),
    'call_drift', toString(round(sumIf(call_buy - call_sell, is_open), 2)),
    'put_drift', toString(round(sumIf(put_buy - put_sell, is_open), 2)),
    'excluded', toString(round(sum(excluded), 2))))
FROM minutes
HAVING count() > 0
UNION ALL
SELECT 'put_call', max(source_ts), toJSONString(map(
    'put_size', toString(sumIf(size, right = 'P')), 'call_size', toString(sumIf(size, right = 'C')),
    'ratio', if(sumIf(size, right = 'C') > 0,
        toString(round(sumIf(size, right = 'P') / sumIf(size, right = 'C'), 6)), '')))
FROM tape
WHERE trade_date = {day:Date32} AND eligible_volume AND NOT reversed
HAVING count() > 0
UNION ALL
SELECT 'alerts', max(last_ts), toJSONString(tuple(
    count(), argMax(alert_id, (first_ts, alert_id)), toString(max(first_ts)),
    ['low', 'medium', 'high'][max(indexOf(['low', 'medium', 'high'], severity))]))
FROM flow_alerts FINAL
WHERE underlying_id = {symbol:String} AND state != 'retracted'
    AND first_ts >= {begin:Int64} AND first_ts <= {at:Int64}
HAVING count() > 0
UNION ALL
SELECT 'packets', max(end_ts), toJSONString(arraySlice(arraySort(x -> (-x.2, x.1), groupArray((
    id, features.total_premium, features.total_size, option_contract_id, features.order_shape,
    toString(end_ts)))), 1, 3))
FROM flow_packets FINAL
WHERE underlying_id = {symbol:String} AND packet_kind = 'contract'
    AND end_ts >= {begin:Int64} AND end_ts <= {at:Int64}
HAVING count() > 0
UNION ALL
SELECT 'profiles', max(newest), toJSONString(arraySlice(arraySort(x -> (-x.3, x.1), groupArray((
    profile, events, premium, probability, toString(newest)))), 1, 3))
FROM (
    SELECT
        assumeNotNull(primary_profile_id) AS profile, count() AS events,
        round(sum(features.total_premium), 2) AS premium,
        max(confidence.probability) AS probability, max(end_ts) AS newest
    FROM flow_smart_money FINAL
    WHERE underlying_id = {symbol:String} AND NOT abstained AND primary_profile_id IS NOT NULL
        AND end_ts >= {begin:Int64} AND end_ts <= {at:Int64}
    GROUP BY profile
)
HAVING count() > 0
UNION ALL
SELECT 'levels', max(source_ts), toJSONString(arraySlice(arraySort(
    x -> (abs(x.2 - price), x.1), groupArray((tupleElement(level, 1), tupleElement(level, 2),
        window, trace_id))), 1, 3))
FROM profiles
CROSS JOIN (SELECT last AS price FROM price WHERE last > 0) AS now
ARRAY JOIN arrayConcat(
    arrayMap(x -> ('lvn', x), lvns), arrayMap(x -> ('hvn', x), hvns),
    arrayFilter(x -> x.2 > 0, [('poc', ifNull(poc, 0)), ('vah', ifNull(vah, 0)), ('val', ifNull(val, 0))])
) AS level
GROUP BY price
UNION ALL
SELECT 'value_area', source_ts, toJSONString(tuple(poc, vah, val, window, trace_id))
FROM profiles
WHERE window = 'session' AND poc > 0
UNION ALL
SELECT 'market_state', source_ts, toJSONString(tuple(
    state, confidence, preset, toString(since_ts), trace_id))
FROM (
    SELECT * FROM equities_state FINAL
    WHERE underlying_id = {symbol:String} AND source_ts <= {at:Int64}
    ORDER BY source_ts DESC, preset LIMIT 1
)
UNION ALL
SELECT 'next_event', source_ts, toJSONString(tuple(kind, toString(event_ts), timing, event_id))
FROM (
    SELECT * FROM refdata_events FINAL
    WHERE underlying_id = {symbol:String} AND source_ts <= {at:Int64} AND event_ts >= {at:Int64}
    ORDER BY event_ts, event_id, announced_ts DESC LIMIT 1
)
