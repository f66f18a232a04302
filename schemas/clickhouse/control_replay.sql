-- Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
CREATE TABLE IF NOT EXISTS control_replay
(
    `source_ts` Int64,
    `ingest_ts` Int64,
    `seq` Int64,
    `trace_id` String,
    `schema_version` String,
    `run` String,
    `action` String,
    `ts` Nullable(Int64),
    `by` Nullable(String),
    `n` Nullable(Int64),
    `speed` Nullable(Float64),
    `request` Nullable(String),
    `source_time` DateTime64(9, 'America/New_York') ALIAS fromUnixTimestamp64Nano(source_ts),
    INDEX by_trace_id `trace_id` TYPE bloom_filter GRANULARITY 4
)
ENGINE = ReplacingMergeTree
ORDER BY (run, source_ts, trace_id)
COMMENT 'What an operator or program asks of a replay run.'
