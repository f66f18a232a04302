-- The rail: symbols by heat, pinned ones first.
--
-- Parameters: now (newest event time of the store, ns), pinned symbols, limit, recent (now - 5 h),
-- since (open of the 20th session before, ns), open (of the current session, ns). Heat = sum of w * x * 2^(-age / 30 min) over what happened in the last
-- five hours (after ten half-lives nothing is left), age counted to now:
--   alert       w 40, x score / 100, at the alert's last activity; retracted ones not
--   profile     w 25, x probability of the event, which names a profile, at its end
--   packet      w 20, x share of the symbol's own contract packets of 20 sessions whose notional
--               is not larger, at its end
--   off_exchange w 10, x distance of the session's off-exchange share of volume from the mean of
--               the 20 sessions before, in standard deviations / 3, at most 1, at the newest bar;
--               with fewer than 5 sessions before there is none
--   news        w 5; nothing publishes news yet
-- The newest revision of every record counts. Prices come from ticker_bars and ticker_mids: asked
-- for here, all of this would be computed once for each place that names it.
WITH
    ranked AS (
        SELECT
            underlying_id, end_ts,
            count() OVER (PARTITION BY underlying_id ORDER BY features.total_notional
                RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
                / count() OVER (PARTITION BY underlying_id) AS percentile
        FROM flow_packets FINAL
        WHERE packet_kind = 'contract' AND end_ts >= {since:Int64} AND end_ts <= {now:Int64}
    ),
    days AS (
        SELECT
            underlying_id,
            toDate32(fromUnixTimestamp64Nano(window_start, 'America/New_York')) AS day,
            sum(off_exchange_volume) / sum(volume) AS share,
            max(window_end) AS at
        FROM equities_candles FINAL
        WHERE interval_ms = 60000 AND closed AND volume > 0
            AND window_start >= {since:Int64} AND window_end <= {now:Int64}
        GROUP BY underlying_id, day
    ),
    shares AS (
        SELECT
            underlying_id,
            max(at) AS newest,
            argMax(share, at) AS current,
            countIf(at < {open:Int64}) AS n,
            avgIf(share, at < {open:Int64}) AS usual,
            stddevSampIf(share, at < {open:Int64}) AS spread
        FROM days
        GROUP BY underlying_id
        HAVING n >= 5 AND spread > 0 AND newest >= {open:Int64}
    ),
    events AS (
        SELECT underlying_id, 'alert' AS part, 40 * score / 100 AS worth, last_ts AS at
        FROM flow_alerts FINAL
        WHERE state != 'retracted' AND last_ts >= {recent:Int64} AND last_ts <= {now:Int64}
        UNION ALL
        SELECT underlying_id, 'profile', 25 * confidence.probability, end_ts
        FROM flow_smart_money FINAL
        WHERE NOT abstained AND end_ts >= {recent:Int64} AND end_ts <= {now:Int64}
        UNION ALL
        SELECT underlying_id, 'packet', 20 * percentile, end_ts
        FROM ranked
        WHERE end_ts >= {recent:Int64}
        UNION ALL
        SELECT underlying_id, 'off_exchange', 10 * least(1, abs(current - usual) / spread / 3), newest
        FROM shares
        WHERE newest >= {recent:Int64}
    ),
    parts AS (
        SELECT
            underlying_id, part, count() AS events,
            sum(worth * exp2(-({now:Int64} - at) / 1800000000000)) AS heat, max(at) AS newest
        FROM events
        GROUP BY underlying_id, part
        UNION ALL
        SELECT arrayJoin({pinned:Array(String)}), '', 0, 0, 0
    ),
    heats AS (
        SELECT
            underlying_id,
            round(sum(p.heat), 4) AS heat,
            max(newest) AS newest_ts,
            arraySlice(arraySort(x -> (-x.2, x.1), groupArrayIf((part, p.heat, events), p.heat > 0)), 1, 3)
                AS largest,
            has({pinned:Array(String)}, underlying_id) AS is_pinned
        FROM parts AS p
        GROUP BY underlying_id
        ORDER BY is_pinned DESC,
            if(is_pinned, indexOf({pinned:Array(String)}, underlying_id), 0), heat DESC, underlying_id
        LIMIT {limit:UInt32}
    )
SELECT
    underlying_id AS symbol,
    is_pinned,
    heat,
    toString(nullIf(newest_ts, 0)) AS newest_ts,
    arrayMap(x -> (x.1, round(x.2, 4), round(x.2 / heat, 6), x.3)::Tuple(
        part String, heat Float64, share Float64, events UInt64), largest) AS shares
FROM heats
ORDER BY is_pinned DESC, if(is_pinned, indexOf({pinned:Array(String)}, symbol), 0), heat DESC, symbol
