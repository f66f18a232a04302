-- Balance or imbalance of the auction, evaluation by evaluation.
CREATE OR REPLACE VIEW market_state AS
SELECT
    fromUnixTimestamp64Nano(source_ts, 'America/New_York') AS time,
    source,
    underlying_id,
    preset,
    `window`,
    source_ts,
    state,
    previous_state,
    since_ts,
    confidence,
    poc,
    vah,
    val,
    current_price,
    distance_from_poc_pct,
    momentum_score,
    in_value_area,
    cvd_pressure,
    votes,
    nearest_lvn,
    lvn_distance_pct,
    lvn_approach,
    revision,
    trace_id
FROM equities_state FINAL
