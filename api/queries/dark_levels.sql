-- Off-exchange trading of one underlying by price: reports of TRFs, wholesalers as well as dark
-- pools; a print has no direction by itself.
--
-- Parameters: underlying, start and end (ns, the end does not belong), row_e4 (height of a price
-- row in 1/10,000 $), limit. Source is equities.joins: volume-eligible off-exchange prints, the
-- newest revision of each, cancelled ones left out. Sums are of 1/10,000 $ and micro-shares, hence
-- exact. share is the row's part of all off-exchange volume in the range. The rows of greatest
-- volume come first when there are more than limit; rows are ordered by price, from the top.
SELECT * FROM (
    SELECT
        row * {row_e4:Int64} AS price_low_e4,
        price_low_e4 / 10000 AS price,
        sum(micro) / 1000000 AS volume,
        round(toFloat64(sum(toInt128(price_e4) * micro)) / 10000000000, 2) AS notional,
        count() AS print_count,
        round(sum(micro) / sum(sum(micro)) OVER (), 6) AS share,
        toString(min(source_ts)) AS first_ts,
        toString(max(source_ts)) AS last_ts
    FROM (
        SELECT
            source_ts,
            toInt64(round(price * 10000)) AS price_e4,
            toInt64(round(size * 1000000)) AS micro,
            intDiv(price_e4, {row_e4:Int64}) AS row
        FROM equities_joins FINAL
        WHERE underlying_id = {underlying:String}
            AND source_ts >= {start:Int64}
            AND source_ts < {end:Int64}
            AND off_exchange_flag AND eligible_volume AND NOT cancelled
    )
    GROUP BY row
    ORDER BY volume DESC, row
    LIMIT {limit:UInt32}
)
ORDER BY price_low_e4 DESC
