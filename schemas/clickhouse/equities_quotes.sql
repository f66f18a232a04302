-- Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
CREATE TABLE IF NOT EXISTS equities_quotes
(
    `source_ts` Int64,
    `ingest_ts` Int64,
    `seq` Int64,
    `trace_id` String,
    `schema_version` String,
    `source` String,
    `underlying_id` String,
    `scope` String,
    `consolidated` Bool,
    `bid` Nullable(Float64),
    `ask` Nullable(Float64),
    `bid_size` Nullable(Float64),
    `ask_size` Nullable(Float64),
    `bid_exchange` Nullable(String),
    `ask_exchange` Nullable(String),
    `conditions` Array(String),
    `tape` Nullable(String),
    `source_time` DateTime64(9, 'America/New_York') ALIAS fromUnixTimestamp64Nano(source_ts),
    INDEX by_trace_id `trace_id` TYPE bloom_filter GRANULARITY 4,
    PROJECTION by_time (SELECT * ORDER BY source_ts, seq)
)
ENGINE = ReplacingMergeTree
ORDER BY (underlying_id, source_ts, trace_id)
SETTINGS deduplicate_merge_projection_mode = 'rebuild'
COMMENT 'Quotes of the underlyings; both sides always given, null means no quote on that side.'
