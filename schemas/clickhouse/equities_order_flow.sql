-- Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
CREATE TABLE IF NOT EXISTS equities_order_flow
(
    `source_ts` Int64,
    `ingest_ts` Int64,
    `seq` Int64,
    `trace_id` String,
    `schema_version` String,
    `revision` Int32,
    `source` String,
    `underlying_id` String,
    `interval_ms` Int32,
    `window` String,
    `window_start` Int64,
    `window_end` Int64,
    `closed` Bool,
    `session` String,
    `aggressive_buys` Int64,
    `aggressive_sells` Int64,
    `buy_volume` Float64,
    `sell_volume` Float64,
    `unknown_volume` Float64,
    `delta` Float64,
    `cumulative_delta` Float64,
    `cumulative_delta_day` Float64,
    `buy_pressure` Float64,
    `sell_pressure` Float64,
    `aggression` Array(Tuple(preset String, score Int32, direction String, label String, is_aggressive Bool, volume_spike Bool, conflict Bool, volume_ratio Float64, cvd_momentum Float64, buy_pressure Float64, sell_pressure Float64, message String)),
    `policy_version` String,
    `config_hash` String,
    `source_time` DateTime64(9, 'America/New_York') ALIAS fromUnixTimestamp64Nano(source_ts),
    INDEX by_trace_id `trace_id` TYPE bloom_filter GRANULARITY 4,
    PROJECTION by_time (SELECT * ORDER BY source_ts, seq)
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (underlying_id, interval_ms, window_start, trace_id)
SETTINGS deduplicate_merge_projection_mode = 'rebuild'
COMMENT 'Signed volume per second and minute, with its running sums.'
