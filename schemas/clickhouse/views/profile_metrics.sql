-- What the volume profiles say as a whole.
CREATE OR REPLACE VIEW profile_metrics AS
SELECT
    fromUnixTimestamp64Nano(window_start, 'America/New_York') AS time,
    source,
    underlying_id,
    `window`,
    window_start,
    window_end,
    poc,
    vah,
    val,
    area_volume,
    total_volume,
    excluded_volume,
    lvns,
    hvns,
    node_preset,
    row_e4 / 10000 AS row_size,
    basis,
    closed,
    revision,
    trace_id
FROM equities_profile FINAL
