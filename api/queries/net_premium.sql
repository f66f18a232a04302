-- Net premium of options of one underlying (or _market, _basket) per interval, with its drift.
--
-- Parameters: underlying, start and end (ns, the end does not belong), interval_ns (a multiple of a
-- minute). Source is options.net-premium, one bucket a minute; the newest revision of a bucket
-- counts (FINAL), so cancelled prints are out again. buy and sell are premium by aggressor side of
-- prints of class full that are not late; everything else, among it mid, complex and stock-tied
-- prints, is excluded. net = buy - sell. Drift is its sum since 09:30 Eastern of the trade date, up
-- to and including the interval, whatever start is; buckets before 09:30 have none. ask_bid_net is
-- the other definition: premium at the ask minus premium at the bid.
WITH
    buckets AS (
        SELECT
            *,
            fromUnixTimestamp64Nano(window_start, 'America/New_York') AS eastern,
            toHour(eastern) * 60 + toMinute(eastern) >= 570 AND toDate32(eastern) = trade_date
                AS is_open,
            call_buy - call_sell AS call_premium,
            put_buy - put_sell AS put_premium
        FROM options_net_premium FINAL
        WHERE scope = multiIf(
                {underlying:String} = '_market', 'market',
                {underlying:String} = '_basket', 'basket', 'underlying')
            AND underlying_id = {underlying:String}
            AND window_start >= {start:Int64} - 86400000000000
            AND window_start < {end:Int64}
    ),
    running AS (
        SELECT
            *,
            sum(if(is_open, call_premium, 0)) OVER day AS call_drift,
            sum(if(is_open, put_premium, 0)) OVER day AS put_drift
        FROM buckets
        WINDOW day AS (
            PARTITION BY trade_date ORDER BY window_start
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        )
    )
SELECT
    toString(intDiv(r.window_start, {interval_ns:Int64}) * {interval_ns:Int64}) AS window_start,
    intDiv({interval_ns:Int64}, 1000000) AS interval_ms,
    toString(max(r.trade_date)) AS trade_date,
    max(r.forming) AS forming,
    sum(r.print_count) AS print_count,
    round(sum(r.call_buy), 2) AS call_buy,
    round(sum(r.call_sell), 2) AS call_sell,
    round(sum(r.put_buy), 2) AS put_buy,
    round(sum(r.put_sell), 2) AS put_sell,
    round(sum(r.call_premium), 2) AS call_net_premium,
    round(sum(r.put_premium), 2) AS put_net_premium,
    round(sum(r.call_net), 2) AS call_ask_bid_net,
    round(sum(r.put_net), 2) AS put_ask_bid_net,
    round(sum(r.excluded), 2) AS excluded,
    sum(r.call_buy + r.call_sell + r.put_buy + r.put_sell + r.excluded) AS gross,
    if(gross > 0, round(sum(r.excluded) / gross, 6), NULL) AS excluded_share,
    if(max(r.is_open), round(argMax(r.call_drift, r.window_start), 2), NULL) AS call_drift,
    if(max(r.is_open), round(argMax(r.put_drift, r.window_start), 2), NULL) AS put_drift
FROM running AS r
WHERE r.window_start >= {start:Int64}
GROUP BY intDiv(r.window_start, {interval_ns:Int64})
ORDER BY intDiv(r.window_start, {interval_ns:Int64})
LIMIT {limit:UInt32}
