-- Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
CREATE TABLE IF NOT EXISTS refdata_events
(
    `source_ts` Int64,
    `ingest_ts` Int64,
    `seq` Int64,
    `trace_id` String,
    `schema_version` String,
    `source` String,
    `event_id` String,
    `underlying_id` String,
    `kind` String,
    `event_ts` Int64,
    `announced_ts` Int64,
    `timing` String,
    `source_time` DateTime64(9, 'America/New_York') ALIAS fromUnixTimestamp64Nano(source_ts),
    INDEX by_trace_id `trace_id` TYPE bloom_filter GRANULARITY 4
)
ENGINE = ReplacingMergeTree
ORDER BY (underlying_id, event_id, announced_ts)
COMMENT 'Scheduled events of underlyings as announced; source_ts is when that was.'
