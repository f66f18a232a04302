-- Rows of the volume profiles, one price each; price is the lower edge of the row, in dollars.
CREATE OR REPLACE VIEW volume_profile AS
SELECT
    fromUnixTimestamp64Nano(window_start, 'America/New_York') AS time,
    source,
    underlying_id,
    `window`,
    window_start,
    window_end,
    (first_row + row_number - 1) * row_e4 / 10000 AS price,
    row_volume AS volume,
    row_buy AS buy,
    row_sell AS sell,
    row_unknown AS unknown,
    row_off_exchange AS off_exchange,
    row_trades AS trades,
    row_e4 / 10000 AS row_size,
    basis,
    closed,
    revision,
    trace_id
FROM
(
    SELECT * FROM equities_profile FINAL
)
ARRAY JOIN
    arrayEnumerate(volume) AS row_number,
    volume AS row_volume,
    buy AS row_buy,
    sell AS row_sell,
    unknown AS row_unknown,
    off_exchange AS row_off_exchange,
    trades AS row_trades
