-- How alerts of options turned out, by group; describes the past, forecasts nothing.
--
-- Parameters: start and end (first_ts of alerts, ns, the end does not belong); by: classifier,
-- profile or score_band; horizon: opened, 1m, 5m, 15m, 60m, close or next_close, with its minutes
-- (0 for the others), entry and exit tolerance (ns); sessions side by side as dates, opens and
-- closes (ns), ascending without a hole, from three before the first alert's to four behind the
-- last's.
--
-- The numbers are those of `islandflow settle` (flows/options: scorecard, forward_returns,
-- base_rates). A settled alert is known at a horizon when its settlement has the return, and an
-- alert with a direction hits when the underlying's mid moved its way (no move is no hit); for
-- opened it is known when open interest judged it. Retracted alerts do not count. low and high are
-- the 95 % Wilson interval. Calibration compares the probability of the event with the share of
-- hits in bins of .0 .5 .6 .7 .8 .9 1.
--
-- Base rate: the mean over the known alerts of how often the same underlying's mid moved the same
-- way when one asks every minute of the same half-hour of the session, at the alert's second of the
-- minute, on the alert's own and the two sessions before and behind it, the alert's own instant
-- left out. Each return begins with the first mid at or after its instant and ends with the last
-- at or before the horizon, both within their tolerances. Mids are, session by session, the
-- underlying's own quotes (of each second the last), without any what option prints carried. Where
-- the table has merged away the revision an alert opened with, its first activity stands for the
-- instant. For opened there is no base rate here.
WITH
    {days:Array(String)} AS days,
    {opens:Array(Int64)} AS opens,
    {closes:Array(Int64)} AS closes,
    {minutes:Int64} * 60000000000 AS horizon_ns,
    alerts AS (
        SELECT
            alert_id, underlying_id, state, settlement, first_ts, hits, primary_profile_id, score,
            confidence.probability AS probability,
            multiIf(direction = 'bullish', 1, direction = 'bearish', -1, 0) AS sign,
            indexOf(days, substring(dedupe_key, 1, 10)) AS session,
            if({horizon:String} = 'opened', NULL,
                settlement.forward_returns.bps[
                    indexOf(settlement.forward_returns.horizon, {horizon:String})]) AS bps,
            state = 'settled' AND if({horizon:String} = 'opened',
                settlement.outcome IN ('opened', 'closed', 'inconclusive'),
                sign != 0 AND bps IS NOT NULL) AS is_known,
            is_known AND if({horizon:String} = 'opened',
                settlement.outcome = 'opened', assumeNotNull(bps) * sign > 0) AS is_hit
        FROM flow_alerts FINAL
        WHERE kind IN ('options', '')
            AND state != 'retracted'
            AND first_ts >= {start:Int64} AND first_ts < {end:Int64}
    ),
    opened AS (
        SELECT alert_id, any(source_ts) AS at
        FROM flow_alerts
        WHERE revision = 0 AND first_ts >= {start:Int64} AND first_ts < {end:Int64}
        GROUP BY alert_id
    ),
    asked AS (
        -- what a base rate is asked for: known alerts that opened within their session
        SELECT
            a.alert_id AS alert_id, a.underlying_id AS underlying_id, a.sign AS sign,
            a.session AS own, if(o.at > 0, o.at, a.first_ts) AS emission,
            emission - opens[own] AS since
        FROM alerts AS a
        LEFT JOIN opened AS o ON o.alert_id = a.alert_id
        WHERE a.is_known AND {horizon:String} != 'opened' AND own > 0
            AND since >= 0 AND emission < closes[own]
    ),
    splits AS (
        SELECT DISTINCT underlying_id, arrayFirstIndex(c -> event_ts <= c, closes) AS session
        FROM refdata_events FINAL
        WHERE kind = 'split'
    ),
    samples AS (
        SELECT
            alert_id, underlying_id, sign, session,
            opens[session] + intDiv(since, 1800000000000) * 1800000000000
                + since % 60000000000 + minute * 60000000000 AS at,
            multiIf(
                {horizon:String} = 'close', closes[session],
                {horizon:String} = 'next_close', closes[session + 1],
                at + horizon_ns) AS target
        FROM (
            SELECT *, arrayJoin(range(toUInt32(greatest(1, toInt64(own) - 2)),
                toUInt32(least(toInt64(length(days)) - 1, toInt64(own) + 2)) + 1)) AS session
            FROM asked
        )
        ARRAY JOIN range(30) AS minute
        WHERE at < closes[session] AND at != emission
            AND ({horizon:String} = 'next_close' OR target <= closes[session])
            AND ({horizon:String} != 'next_close'
                OR (underlying_id, session + 1) NOT IN (SELECT underlying_id, session FROM splits))
    ),
    needed AS (
        -- minutes in which a mid can count
        SELECT DISTINCT underlying_id, arrayJoin(arrayConcat(
            range(toUInt64(intDiv(at, 60000000000)),
                toUInt64(intDiv(at + {entry_ns:Int64}, 60000000000)) + 1),
            range(toUInt64(intDiv(target - {exit_ns:Int64}, 60000000000)),
                toUInt64(intDiv(target, 60000000000)) + 1))) AS minute
        FROM samples
    ),
    quoted AS (
        SELECT underlying_id, arrayFirstIndex(c -> source_ts <= c, closes) AS session
        FROM equities_quotes
        WHERE underlying_id IN (SELECT underlying_id FROM asked)
            AND source_ts > closes[1] AND source_ts <= closes[length(closes)]
            AND bid > 0 AND ask >= bid
        GROUP BY underlying_id, session
    ),
    mids AS (
        SELECT
            underlying_id, max(source_ts) AS at,
            argMax(assumeNotNull(bid + ask) / 2, (source_ts, seq)) AS mid
        FROM equities_quotes
        WHERE (underlying_id, toUInt64(intDiv(source_ts, 60000000000)))
                IN (SELECT underlying_id, minute FROM needed)
            AND bid > 0 AND ask >= bid
        GROUP BY underlying_id, intDiv(source_ts, 1000000000)
        UNION ALL
        SELECT
            underlying_id, max(quoted_ts) AS at,
            argMax(assumeNotNull(underlying_mid), (quoted_ts, source_ts, seq)) AS mid
        FROM (
            SELECT
                underlying_id, source_ts, seq, underlying_mid,
                source_ts - toInt64(ifNull(underlying_age_ms, 0) * 1000000) AS quoted_ts
            FROM options_tape
            WHERE underlying_id IN (SELECT underlying_id FROM asked)
                AND source_ts > closes[1] AND source_ts <= closes[length(closes)]
                AND underlying_mid > 0
        )
        WHERE (underlying_id, toUInt64(intDiv(quoted_ts, 60000000000)))
                IN (SELECT underlying_id, minute FROM needed)
            AND (underlying_id, arrayFirstIndex(c -> source_ts <= c, closes))
                NOT IN (SELECT underlying_id, session FROM quoted)
        GROUP BY underlying_id, intDiv(quoted_ts, 1000000000)
    ),
    moves AS (
        SELECT
            s.alert_id AS alert_id, s.sign AS sign, s.at AS at, s.target AS target,
            e.at AS entry_ts, e.mid AS entry_mid, x.at AS exit_ts, x.mid AS exit_mid
        FROM samples AS s
        ASOF INNER JOIN mids AS e ON s.underlying_id = e.underlying_id AND s.at <= e.at
        ASOF INNER JOIN mids AS x ON s.underlying_id = x.underlying_id AND s.target >= x.at
        WHERE entry_ts - at <= {entry_ns:Int64} AND target - exit_ts <= {exit_ns:Int64}
            AND exit_ts > entry_ts
    ),
    base AS (
        SELECT
            alert_id, count() AS samples,
            countIf((exit_mid / entry_mid - 1.) * 10000. * sign > 0) / samples AS rate
        FROM moves
        GROUP BY alert_id
    ),
    named AS (
        SELECT
            a.*, b.rate AS base_rate, b.samples AS base_samples,
            arrayJoin(arrayConcat([''], multiIf(
                {by:String} = 'classifier', arraySort(arrayDistinct(a.hits.classifier_id)),
                {by:String} = 'profile', [ifNull(a.primary_profile_id, 'none named')],
                [concat(toString(least(intDiv(greatest(a.score, 0), 10) * 10, 90)), ' to ',
                    toString(least(intDiv(greatest(a.score, 0), 10) * 10, 90) + 10))]))) AS name,
            arrayCount(edge -> a.probability >= edge, [0.5, 0.6, 0.7, 0.8, 0.9]) + 1 AS bin
        FROM alerts AS a
        LEFT JOIN base AS b ON b.alert_id = a.alert_id
    )
SELECT
    name,
    count() AS alerts,
    countIf(state = 'settled') AS settled,
    countIf(is_known) AS n,
    countIf(is_hit) AS hits,
    round(n / alerts, 6) AS known_share,
    if(n > 0, round(hits / n, 6), NULL) AS hit_rate,
    -- Wilson's interval: centre and half-width
    1.959964 * 1.959964 AS z2,
    if(n > 0, (hits / n + z2 / (2 * n)) / (1 + z2 / n), NULL) AS centre,
    if(n > 0, 1.959964 / (1 + z2 / n)
        * sqrt(hits / n * (1 - hits / n) / n + z2 / (4 * n * n)), NULL) AS half,
    if(n > 0, greatest(0., round(centre - half, 6)), NULL) AS low,
    if(n > 0, least(1., round(centre + half, 6)), NULL) AS high,
    countIf(is_known AND base_samples > 0) AS base_n,
    sumIf(base_samples, is_known) AS base_samples_sum,
    if(base_n > 0, round(sumIf(base_rate, is_known AND base_samples > 0) / base_n, 6), NULL)
        AS base_rate_mean,
    if(n > 0 AND {horizon:String} != 'opened', round(avgIf(bps * sign, is_known), 6), NULL)
        AS mean_signed_bps,
    n >= 30 AS is_enough,
    mapFilter((k, v) -> k != '', sumMap(map(settlement.outcome, 1))) AS oi_outcomes,
    arrayFilter(b -> b.3 > 0, arrayMap(
        b -> (
            [0., 0.5, 0.6, 0.7, 0.8, 0.9][b], [0.5, 0.6, 0.7, 0.8, 0.9, 1.][b],
            arrayCount(x -> x.1 = b, groupArrayIf((bin, probability, is_hit), is_known) AS told),
            round(arraySum(x -> if(x.1 = b, x.2, 0), told)
                / greatest(arrayCount(x -> x.1 = b, told), 1), 6),
            round(arraySum(x -> if(x.1 = b, x.3, 0), told)
                / greatest(arrayCount(x -> x.1 = b, told), 1), 6)
        )::Tuple(low Float64, high Float64, n UInt64, mean_probability Float64, hit_rate Float64),
        range(1, 7))) AS calibration
FROM named
GROUP BY name
ORDER BY name
