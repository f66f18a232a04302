-- Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
CREATE TABLE IF NOT EXISTS equities_prints
(
    `source_ts` Int64,
    `ingest_ts` Int64,
    `seq` Int64,
    `trace_id` String,
    `schema_version` String,
    `source` String,
    `underlying_id` String,
    `price` Float64,
    `size` Float64,
    `exchange` String,
    `off_exchange_flag` Bool,
    `action` String,
    `session` String,
    `conditions` Array(String),
    `raw_conditions` Array(String),
    `trf_id` Nullable(String),
    `tape` Nullable(String),
    `exec_ts` Nullable(Int64),
    `ref_trace_id` Nullable(String),
    `source_time` DateTime64(9, 'America/New_York') ALIAS fromUnixTimestamp64Nano(source_ts),
    INDEX by_trace_id `trace_id` TYPE bloom_filter GRANULARITY 4,
    PROJECTION by_time (SELECT * ORDER BY source_ts, seq)
)
ENGINE = ReplacingMergeTree
ORDER BY (underlying_id, source_ts, trace_id)
SETTINGS deduplicate_merge_projection_mode = 'rebuild'
COMMENT 'Trade reports of equities as the feed gave them; a cancel is a record of its own.'
