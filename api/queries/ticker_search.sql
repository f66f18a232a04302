-- Symbols and contracts that match what was typed.
--
-- Parameters: prefix (of a root symbol, upper case), strike (0: any), right ('': any), year, month
-- and day of the expiry (0: any), today (expired contracts are left out), contracts (whether any of
-- these was given), limit. Source is options.tape and one-minute bars; an exact symbol comes first,
-- then by contracts traded.
SELECT * FROM (
    SELECT
        underlying_id AS symbol, '' AS option_contract_id, '' AS expiry, NULL AS strike, '' AS `right`,
        sum(size) AS size
    FROM (
        SELECT underlying_id, size FROM options_tape
        WHERE NOT {contracts:UInt8} AND startsWith(underlying_id, {prefix:String})
        UNION ALL
        SELECT underlying_id, 0 FROM equities_candles
        WHERE NOT {contracts:UInt8} AND startsWith(underlying_id, {prefix:String})
            AND interval_ms = 60000
    )
    GROUP BY underlying_id
    UNION ALL
    SELECT
        underlying_id, option_contract_id, toString(any(expiry)), any(strike), any(`right`), sum(size)
    FROM options_tape
    WHERE {contracts:UInt8} AND underlying_id = {prefix:String}
        AND ({strike:Float64} = 0 OR strike = {strike:Float64})
        AND ({right:String} = '' OR `right` = {right:String})
        AND ({year:UInt16} = 0 OR toYear(expiry) = {year:UInt16})
        AND ({month:UInt8} = 0 OR toMonth(expiry) = {month:UInt8})
        AND ({day:UInt8} = 0 OR toDayOfMonth(expiry) = {day:UInt8})
        AND expiry >= {today:Date32}
    GROUP BY underlying_id, option_contract_id
)
ORDER BY symbol = {prefix:String} DESC, size DESC, symbol, expiry, strike, `right`
LIMIT {limit:UInt32}
