-- Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
CREATE TABLE IF NOT EXISTS equities_candles
(
    `source_ts` Int64,
    `ingest_ts` Int64,
    `seq` Int64,
    `trace_id` String,
    `schema_version` String,
    `revision` Int32,
    `source` String,
    `underlying_id` String,
    `interval_ms` Int32,
    `window_start` Int64,
    `window_end` Int64,
    `closed` Bool,
    `session` String,
    `price_basis` String,
    `trade_count` Int64,
    `volume` Float64,
    `off_exchange_volume` Float64,
    `odd_lot_volume` Float64,
    `open` Nullable(Float64),
    `high` Nullable(Float64),
    `low` Nullable(Float64),
    `close` Nullable(Float64),
    `vwap` Nullable(Float64),
    `revised_reason` Nullable(String),
    `policy_version` String,
    `config_hash` String,
    `source_time` DateTime64(9, 'America/New_York') ALIAS fromUnixTimestamp64Nano(source_ts),
    INDEX by_trace_id `trace_id` TYPE bloom_filter GRANULARITY 4,
    PROJECTION by_time (SELECT * ORDER BY source_ts, seq)
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (underlying_id, interval_ms, window_start, trace_id)
SETTINGS deduplicate_merge_projection_mode = 'rebuild'
COMMENT 'Bars of event time; forming ones too.'
