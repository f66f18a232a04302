-- Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
CREATE TABLE IF NOT EXISTS control_synthetic
(
    `source_ts` Int64,
    `ingest_ts` Int64,
    `seq` Int64,
    `trace_id` String,
    `schema_version` String,
    `entry` String,
    `kind` String,
    `session` String,
    `mode` String,
    `equities_mode` String,
    `seed` Int64,
    `prints_factor` Float64,
    `quotes_factor` Float64,
    `scenarios_factor` Float64,
    `focus` Array(String),
    `inject` Nullable(String),
    `inject_symbol` Nullable(String),
    `tick` Nullable(Int64),
    `effective_ts` Nullable(Int64),
    `last_command_id` String,
    `error` String,
    `source_time` DateTime64(9, 'America/New_York') ALIAS fromUnixTimestamp64Nano(source_ts),
    INDEX by_trace_id `trace_id` TYPE bloom_filter GRANULARITY 4
)
ENGINE = ReplacingMergeTree
ORDER BY (entry, session, source_ts, trace_id)
COMMENT 'What is asked of the synthetic market, what it has done, and how it is now.'
