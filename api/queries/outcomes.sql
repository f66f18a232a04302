-- What an underlying did after alerts: entry, exit and the move between them in basis points, for
-- each horizon of each alert and each basis there is; api/evidence/outcomes.py tells which counts.
--
-- Parameters, side by side for every horizon of every alert: its number, underlying, first_ts and
-- target. Prices are those of closed one-minute bars ('candles'): the entry is the open of the first
-- bar that begins at or after first_ts, what one could have traded on and never what was before it;
-- the exit is the close of the last bar that ends at or before the target. Beside them stands what
-- the option tape saw of the underlying ('tape'), for symbols without bars: of each second the last
-- mid, the first at or after first_ts and the last at or before the target. newest_ts is the newest
-- price of the basis up to the last target. Bps are not signed by the alert's direction.
SELECT
    tupleElement(asked, 1) AS number,
    basis,
    minIf(at, is_entry AND at >= tupleElement(asked, 3)) AS entry_ts,
    argMinIf(price, at, is_entry AND at >= tupleElement(asked, 3)) AS entry_price,
    maxIf(at, is_exit AND at <= tupleElement(asked, 4)) AS exit_ts,
    argMaxIf(price, at, is_exit AND at <= tupleElement(asked, 4)) AS exit_price,
    max(at) AS newest_ts,
    if(entry_price > 0, round((exit_price / entry_price - 1) * 10000, 6), NULL) AS bps
FROM (
    SELECT
        underlying_id, tupleElement(end, 1) AS at, tupleElement(end, 2) AS price,
        tupleElement(end, 3) AS is_entry, NOT is_entry AS is_exit, 'candles' AS basis
    FROM equities_candles FINAL
    ARRAY JOIN [
        (window_start, assumeNotNull(open), true), (window_end, assumeNotNull(close), false)
    ] AS end
    WHERE interval_ms = 60000
        AND underlying_id IN {underlyings:Array(String)}
        AND window_start >= {from:Int64}
        AND window_end <= {to:Int64}
        AND closed AND open > 0 AND close > 0
    UNION ALL
    SELECT
        underlying_id,
        max(source_ts - toInt64(ifNull(underlying_age_ms, 0) * 1000000)) AS at,
        argMax(
            assumeNotNull(underlying_mid),
            (source_ts - toInt64(ifNull(underlying_age_ms, 0) * 1000000), source_ts, seq)
        ) AS price,
        true AS is_entry, true AS is_exit, 'tape' AS basis
    FROM options_tape
    WHERE underlying_id IN {underlyings:Array(String)}
        AND source_ts >= {from:Int64}
        AND source_ts <= {to:Int64}
        AND underlying_mid > 0
    GROUP BY
        underlying_id,
        intDiv(source_ts - toInt64(ifNull(underlying_age_ms, 0) * 1000000), 1000000000)
)
ARRAY JOIN arrayZip(
    {numbers:Array(UInt32)}, {of:Array(String)}, {first_ts:Array(Int64)}, {targets:Array(Int64)}
) AS asked
WHERE tupleElement(asked, 2) = underlying_id
GROUP BY asked, basis
