-- Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
CREATE TABLE IF NOT EXISTS dark_inferred
(
    `source_ts` Int64,
    `ingest_ts` Int64,
    `seq` Int64,
    `trace_id` String,
    `schema_version` String,
    `revision` Int32,
    `underlying_id` String,
    `kind` String,
    `status` String,
    `confidence` Float64,
    `window_start_ts` Int64,
    `window_end_ts` Int64,
    `price` Float64,
    `price_low` Float64,
    `price_high` Float64,
    `shares` Float64,
    `notional` Float64,
    `print_count` Int32,
    `label` String,
    `thresholds` Map(String, Float64),
    `baseline` Map(String, Float64),
    `explanations` Array(String),
    `spread_pct` Nullable(Float64),
    `follow_through_bps` Nullable(Float64),
    `zone_side` Nullable(String),
    `evidence_refs` Array(Tuple(kind String, id String, role String)),
    `policy_version` String,
    `config_hash` String,
    `source_time` DateTime64(9, 'America/New_York') ALIAS fromUnixTimestamp64Nano(source_ts),
    INDEX by_trace_id `trace_id` TYPE bloom_filter GRANULARITY 4,
    PROJECTION by_time (SELECT * ORDER BY source_ts, seq)
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (underlying_id, trace_id)
SETTINGS deduplicate_merge_projection_mode = 'rebuild'
COMMENT 'What off-exchange (TRF) prints suggest; off-exchange is not the same as a dark pool.'
