-- Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
CREATE TABLE IF NOT EXISTS signals
(
    `source_ts` Int64,
    `ingest_ts` Int64,
    `seq` Int64,
    `trace_id` String,
    `schema_version` String,
    `underlying_id` String,
    `strategy` String,
    `kind` String,
    `price` Float64,
    `reason` String,
    `details` Map(String, String),
    `stop` Nullable(Float64),
    `target` Nullable(Float64),
    `atr` Nullable(Float64),
    `evidence_refs` Array(Tuple(kind String, id String, role String)),
    `policy_version` String,
    `config_hash` String,
    `source_time` DateTime64(9, 'America/New_York') ALIAS fromUnixTimestamp64Nano(source_ts),
    INDEX by_trace_id `trace_id` TYPE bloom_filter GRANULARITY 4,
    PROJECTION by_time (SELECT * ORDER BY source_ts, seq)
)
ENGINE = ReplacingMergeTree
ORDER BY (underlying_id, source_ts, trace_id)
SETTINGS deduplicate_merge_projection_mode = 'rebuild'
COMMENT 'Transitions of the strategies'' state machines.'
