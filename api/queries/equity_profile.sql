-- Which profile of a window is the latest of an underlying: of sessions the regular one of the
-- newest date, else that of the whole day.
SELECT trace_id
FROM equities_profile FINAL
WHERE underlying_id = {underlying:String} AND window = {window:String}
ORDER BY
    if({window:String} = 'session',
        toDate32(fromUnixTimestamp64Nano(window_end - 1, 'America/New_York')), NULL) DESC,
    {window:String} = 'session' AND endsWith(trace_id, '-rth') DESC,
    source_ts DESC, trace_id
LIMIT 1
