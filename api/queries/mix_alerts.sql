-- Alerts per interval by severity; retracted ones are left out.
-- Parameters: underlying ('' for all), start and end (ns, the end does not belong), interval_ns.
-- The newest revision of an alert counts, in the interval of its first activity.
SELECT
    toString(intDiv(first_ts, {interval_ns:Int64}) * {interval_ns:Int64}) AS window_start,
    severity AS name,
    count() AS events,
    round(sum(total_premium), 2) AS premium
FROM flow_alerts FINAL
WHERE ({underlying:String} = '' OR underlying_id = {underlying:String})
    AND first_ts >= {start:Int64} AND first_ts < {end:Int64}
    AND state != 'retracted'
GROUP BY intDiv(first_ts, {interval_ns:Int64}), name
ORDER BY intDiv(first_ts, {interval_ns:Int64}), name
