-- Net premium of options of one underlying by strike and expiry.
--
-- Parameters: underlying, start and end (ns, the end does not belong), limit. Source is
-- options.tape: volume-eligible prints, the newest revision of each, cancelled ones left out. What
-- counts as bought, sold and excluded is the same as in options.net-premium: premium by aggressor
-- side of prints of class full that are not late, the rest is excluded. The largest by absolute
-- net premium come first when there are more than limit cells; cells are ordered by expiry and
-- strike. Sums are of cents, hence exact.
SELECT * FROM (
    SELECT
        toString(t.expiry) AS expiry,
        t.strike AS strike,
        sumIf(cents, right = 'C' AND is_signed AND aggressor_side = 'buy') / 100 AS call_buy,
        sumIf(cents, right = 'C' AND is_signed AND aggressor_side = 'sell') / 100 AS call_sell,
        sumIf(cents, right = 'P' AND is_signed AND aggressor_side = 'buy') / 100 AS put_buy,
        sumIf(cents, right = 'P' AND is_signed AND aggressor_side = 'sell') / 100 AS put_sell,
        round(call_buy - call_sell, 2) AS call_net_premium,
        round(put_buy - put_sell, 2) AS put_net_premium,
        round(call_net_premium - put_net_premium, 2) AS net_premium,
        sumIf(cents, NOT is_signed) / 100 AS excluded,
        sum(cents) / 100 AS premium,
        sum(size) AS size,
        count() AS print_count,
        toString(min(source_ts)) AS first_ts,
        toString(max(source_ts)) AS last_ts
    FROM (
        SELECT
            expiry, strike, `right`, size, source_ts, aggressor_side,
            toInt64(round(notional * 100)) AS cents,
            signal_class = 'full' AND NOT late AND aggressor_side IN ('buy', 'sell') AS is_signed
        FROM options_tape FINAL
        WHERE underlying_id = {underlying:String}
            AND source_ts >= {start:Int64}
            AND source_ts < {end:Int64}
            AND eligible_volume AND NOT reversed
    ) AS t
    GROUP BY t.expiry, t.strike
    ORDER BY abs(net_premium) DESC, premium DESC, expiry, strike
    LIMIT {limit:UInt32}
)
ORDER BY expiry, strike
