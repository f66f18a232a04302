-- Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
CREATE TABLE IF NOT EXISTS equities_profile
(
    `source_ts` Int64,
    `ingest_ts` Int64,
    `seq` Int64,
    `trace_id` String,
    `schema_version` String,
    `revision` Int32,
    `source` String,
    `underlying_id` String,
    `window` String,
    `window_start` Int64,
    `window_end` Int64,
    `row_e4` Int32,
    `first_row` Int64,
    `basis` String,
    `node_preset` String,
    `closed` Bool,
    `total_volume` Float64,
    `excluded_volume` Float64,
    `area_volume` Float64,
    `volume` Array(Float64),
    `buy` Array(Float64),
    `sell` Array(Float64),
    `unknown` Array(Float64),
    `off_exchange` Array(Float64),
    `trades` Array(Int64),
    `lvns` Array(Float64),
    `hvns` Array(Float64),
    `poc` Nullable(Float64),
    `vah` Nullable(Float64),
    `val` Nullable(Float64),
    `policy_version` String,
    `config_hash` String,
    `source_time` DateTime64(9, 'America/New_York') ALIAS fromUnixTimestamp64Nano(source_ts),
    INDEX by_trace_id `trace_id` TYPE bloom_filter GRANULARITY 4,
    PROJECTION by_time (SELECT * ORDER BY source_ts, seq)
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (underlying_id, window, trace_id)
SETTINGS deduplicate_merge_projection_mode = 'rebuild'
COMMENT 'Volume by price.'
