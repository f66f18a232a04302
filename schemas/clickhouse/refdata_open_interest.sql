-- Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
CREATE TABLE IF NOT EXISTS refdata_open_interest
(
    `source_ts` Int64,
    `ingest_ts` Int64,
    `seq` Int64,
    `trace_id` String,
    `schema_version` String,
    `source` String,
    `option_contract_id` String,
    `underlying_id` String,
    `oi` Int64,
    `as_of_date` Date32,
    `published_ts` Int64,
    `source_time` DateTime64(9, 'America/New_York') ALIAS fromUnixTimestamp64Nano(source_ts),
    INDEX by_trace_id `trace_id` TYPE bloom_filter GRANULARITY 4
)
ENGINE = ReplacingMergeTree
ORDER BY (underlying_id, option_contract_id, as_of_date, source_ts)
COMMENT 'Open interest of a contract at a session''s end: source_ts is when it was published.'
