-- What came after its turn since an instant: prints the order had passed, and bars revised for it.
SELECT 'options.tape' AS topic, uniqExact(trace_id) AS records, min(source_ts) AS first, max(source_ts) AS last
FROM options_tape
WHERE source_ts >= {since:Int64} AND late_arrival
UNION ALL
SELECT 'equities.candles', uniqExact(trace_id), min(source_ts), max(source_ts)
FROM equities_candles
WHERE source_ts >= {since:Int64} AND revised_reason = 'late'
