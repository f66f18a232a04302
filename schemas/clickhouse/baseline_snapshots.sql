-- Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
CREATE TABLE IF NOT EXISTS baseline_snapshots
(
    `source_ts` Int64,
    `ingest_ts` Int64,
    `seq` Int64,
    `trace_id` String,
    `schema_version` String,
    `snapshot_id` String,
    `underlying_id` String,
    `level` String,
    `key` String,
    `session_date` Date32,
    `as_of_ts` Int64,
    `form` String,
    `state` String,
    `policy_version` String,
    `config_hash` String,
    `source_time` DateTime64(9, 'America/New_York') ALIAS fromUnixTimestamp64Nano(source_ts),
    INDEX by_trace_id `trace_id` TYPE bloom_filter GRANULARITY 4
)
ENGINE = ReplacingMergeTree(as_of_ts)
ORDER BY (underlying_id, session_date, level, key)
COMMENT 'Rolling baselines of one key at the end of a session, to start a flow from.'
