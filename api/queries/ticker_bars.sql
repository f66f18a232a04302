-- Last price of symbols and their prior close, from one-minute bars.
--
-- Parameters: symbols, now (ns), prior_close (of the session before, ns).
SELECT
    underlying_id AS symbol,
    argMax(close, window_end) AS last,
    toString(max(window_end)) AS last_ts,
    nullIf(argMaxIf(close, window_end, window_end <= {prior_close:Int64}), 0) AS prev_close
FROM equities_candles FINAL
WHERE interval_ms = 60000 AND underlying_id IN {symbols:Array(String)}
    AND window_end > {prior_close:Int64} - 3600000000000 AND window_end <= {now:Int64}
    AND close > 0
GROUP BY underlying_id
