-- Last price of symbols and their prior close, from the underlying mids of option prints.
--
-- Parameters: symbols, now (ns), prior_close (of the session before, ns).
SELECT
    underlying_id AS symbol,
    argMax(underlying_mid, (source_ts, seq)) AS last,
    toString(max(source_ts)) AS last_ts,
    nullIf(argMaxIf(underlying_mid, (source_ts, seq), source_ts <= {prior_close:Int64}), 0) AS prev_close
FROM options_tape
WHERE underlying_id IN {symbols:Array(String)}
    AND source_ts > {prior_close:Int64} - 3600000000000 AND source_ts <= {now:Int64}
    AND underlying_mid > 0
GROUP BY underlying_id
