-- Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
CREATE TABLE IF NOT EXISTS options_nbbo
(
    `source_ts` Int64,
    `ingest_ts` Int64,
    `seq` Int64,
    `trace_id` String,
    `schema_version` String,
    `source` String,
    `option_contract_id` String,
    `underlying_id` String,
    `kind` String,
    `bid` Float64,
    `ask` Float64,
    `bid_size` Int32,
    `ask_size` Int32,
    `bid_venue` Nullable(String),
    `ask_venue` Nullable(String),
    `source_time` DateTime64(9, 'America/New_York') ALIAS fromUnixTimestamp64Nano(source_ts),
    INDEX by_trace_id `trace_id` TYPE bloom_filter GRANULARITY 4,
    PROJECTION by_time (SELECT * ORDER BY source_ts, seq)
)
ENGINE = ReplacingMergeTree
ORDER BY (underlying_id, option_contract_id, source_ts, trace_id)
SETTINGS deduplicate_merge_projection_mode = 'rebuild'
COMMENT 'National best bid and offer of watched or sampled option contracts.'
