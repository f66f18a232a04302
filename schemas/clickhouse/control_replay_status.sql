-- Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
CREATE TABLE IF NOT EXISTS control_replay_status
(
    `source_ts` Int64,
    `ingest_ts` Int64,
    `seq` Int64,
    `trace_id` String,
    `schema_version` String,
    `run` String,
    `state` String,
    `replays_from` String,
    `topic_namespace` String,
    `stored_in` String,
    `last_command_id` String,
    `error` String,
    `matches_live` String,
    `generation` Int32,
    `speed` Float64,
    `from_ts` Int64,
    `to_ts` Int64,
    `event_ts` Nullable(Int64),
    `visible_from_ts` Nullable(Int64),
    `progress` Nullable(Float64),
    `records` Map(String, Int64),
    `lag` Map(String, Int64),
    `digests` Map(String, String),
    `comparison` String,
    `source_time` DateTime64(9, 'America/New_York') ALIAS fromUnixTimestamp64Nano(source_ts),
    INDEX by_trace_id `trace_id` TYPE bloom_filter GRANULARITY 4
)
ENGINE = ReplacingMergeTree
ORDER BY (run, seq)
COMMENT 'How a replay run is doing; the newest of a run counts.'
