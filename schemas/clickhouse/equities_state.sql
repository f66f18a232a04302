-- Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
CREATE TABLE IF NOT EXISTS equities_state
(
    `source_ts` Int64,
    `ingest_ts` Int64,
    `seq` Int64,
    `trace_id` String,
    `schema_version` String,
    `revision` Int32,
    `source` String,
    `underlying_id` String,
    `preset` String,
    `window` String,
    `state` String,
    `since_ts` Int64,
    `confidence` Int32,
    `poc` Float64,
    `vah` Float64,
    `val` Float64,
    `current_price` Float64,
    `distance_from_poc_pct` Float64,
    `in_value_area` Bool,
    `votes` Map(String, Float64),
    `previous_state` Nullable(String),
    `momentum_score` Nullable(Float64),
    `cvd_pressure` Nullable(Float64),
    `nearest_lvn` Nullable(Float64),
    `lvn_distance_pct` Nullable(Float64),
    `lvn_approach` Nullable(String),
    `evidence_refs` Array(Tuple(kind String, id String, role String)),
    `policy_version` String,
    `config_hash` String,
    `source_time` DateTime64(9, 'America/New_York') ALIAS fromUnixTimestamp64Nano(source_ts),
    INDEX by_trace_id `trace_id` TYPE bloom_filter GRANULARITY 4,
    PROJECTION by_time (SELECT * ORDER BY source_ts, seq)
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (underlying_id, preset, source_ts, trace_id)
SETTINGS deduplicate_merge_projection_mode = 'rebuild'
COMMENT 'Balance or imbalance of a session''s auction.'
