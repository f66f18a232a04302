-- Smart-money events per interval: by primary profile, '' for those that name none, or by whether
-- they abstain, `named` and `abstained`.
-- Parameters: by (profile, abstention), underlying ('' for all), start and end (ns, the end does not
-- belong), interval_ns.
-- The newest revision of an event counts, in the interval it began in.
SELECT
    toString(intDiv(start_ts, {interval_ns:Int64}) * {interval_ns:Int64}) AS window_start,
    multiIf(
        {by:String} = 'profile', ifNull(primary_profile_id, ''),
        abstained, 'abstained',
        'named'
    ) AS name,
    count() AS events,
    round(sum(features.total_premium), 2) AS premium
FROM flow_smart_money FINAL
WHERE ({underlying:String} = '' OR underlying_id = {underlying:String})
    AND start_ts >= {start:Int64} AND start_ts < {end:Int64}
GROUP BY intDiv(start_ts, {interval_ns:Int64}), name
ORDER BY intDiv(start_ts, {interval_ns:Int64}), name
