-- The rail: symbols by heat, pinned ones first.
--
-- Parameters: now (newest event time of the store, ns), pinned symbols, limit, recent (now - 5 h),
-- since (open of the 20th session before, ns), open (of the current session, ns), prior_close (of
-- the session before, ns). Heat = sum of w * x * 2^(-age / 30 min) over what happened in the last
-- five hours (after ten half-lives nothing is left), age counted to now:
--   alert       w 40, x score / 100, at the alert's last activity; retracted ones not
--   profile     w 25, x probability of the event, which names a profile, at its end
--   packet      w 20, x share of the symbol's own contract packets of 20 sessions whose notional
--               is not larger, at its end
--   off_exchange w 10, x distance of the session's off-exchange share of volume from the mean of
--               the 20 sessions before, in standard deviations / 3, at most 1, at the newest bar;
--               with fewer than 5 sessions before there is none
--   news        w 5; nothing publishes news yet
-- The newest revision of every record counts. Last price: newest close of a one-minute bar, else
-- newest underlying mid of an option print; the prior close likewise, at the close before.
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
    ),
    bars AS (
        SELECT
            underlying_id,
            argMax(close, window_end) AS last, max(window_end) AS last_ts,
            argMaxIf(close, window_end, window_end <= {prior_close:Int64}) AS prior
        FROM equities_candles FINAL
        WHERE interval_ms = 60000 AND underlying_id IN (SELECT underlying_id FROM heats)
            AND window_end > {prior_close:Int64} - 3600000000000 AND window_end <= {now:Int64}
            AND close > 0
        GROUP BY underlying_id
    ),
    mids AS (
        SELECT
            underlying_id,
            argMax(underlying_mid, (source_ts, seq)) AS last, max(source_ts) AS last_ts,
            argMaxIf(underlying_mid, (source_ts, seq), source_ts <= {prior_close:Int64}) AS prior
        FROM options_tape
        WHERE underlying_id IN (SELECT underlying_id FROM heats)
            AND underlying_id NOT IN (SELECT underlying_id FROM bars)
            AND source_ts > {prior_close:Int64} - 3600000000000 AND source_ts <= {now:Int64}
            AND underlying_mid > 0
        GROUP BY underlying_id
    )
SELECT
    h.underlying_id AS symbol,
    h.is_pinned AS is_pinned,
    h.heat AS heat,
    toString(nullIf(h.newest_ts, 0)) AS newest_ts,
    arrayMap(x -> (x.1, round(x.2, 4), round(x.2 / h.heat, 6), x.3)::Tuple(
        part String, heat Float64, share Float64, events UInt64), h.largest) AS shares,
    nullIf(if(b.last > 0, b.last, m.last), 0) AS last,
    toString(nullIf(if(b.last > 0, b.last_ts, m.last_ts), 0)) AS last_ts,
    multiIf(b.last > 0, 'bars', m.last > 0, 'tape', '') AS last_from,
    nullIf(if(b.last > 0, b.prior, m.prior), 0) AS prev_close,
    if(last > 0 AND prev_close > 0, round((last / prev_close - 1) * 100, 4), NULL) AS change_pct
FROM heats AS h
LEFT JOIN bars AS b ON b.underlying_id = h.underlying_id
LEFT JOIN mids AS m ON m.underlying_id = h.underlying_id
ORDER BY is_pinned DESC, if(is_pinned, indexOf({pinned:Array(String)}, symbol), 0), heat DESC, symbol
