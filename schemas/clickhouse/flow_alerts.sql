-- Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
CREATE TABLE IF NOT EXISTS flow_alerts
(
    `source_ts` Int64,
    `ingest_ts` Int64,
    `seq` Int64,
    `trace_id` String,
    `schema_version` String,
    `alert_id` String,
    `revision` Int32,
    `state` String,
    `direction` String,
    `underlying_id` String,
    `option_contract_id` Nullable(String),
    `structure_type` Nullable(String),
    `severity` String,
    `score` Int32,
    `peak_score` Int32,
    `components` Array(Tuple(name String, raw Float64, points Float64)),
    `hits` Array(Tuple(hit_id String, classifier_id String, confidence Float64, direction String)),
    `primary_profile_id` Nullable(String),
    `profile_scores` Array(Tuple(profile_id String, probability Float64)),
    `confidence` Tuple(probability Float64, fit Float64, evidence_quality Float64, margin Float64, penalty Float64, calibration_version String),
    `headline` String,
    `why` Array(String),
    `first_ts` Int64,
    `last_ts` Int64,
    `packet_count` Int32,
    `total_premium` Float64,
    `total_size` Int64,
    `suppressed_count` Int32,
    `dedupe_key` String,
    `cooldown_key` String,
    `settlement` Tuple(oi_before Nullable(Int64), oi_after Nullable(Int64), oi_change Nullable(Int64), open_ratio Nullable(Float64), outcome String, settled_for Date32, oi_snapshot_ids Array(String), forward_returns Array(Tuple(horizon String, bps Nullable(Float64)))),
    `evidence_refs` Array(Tuple(kind String, id String, role String)),
    `policy_version` String,
    `config_hash` String,
    `kind` String,
    `details` Map(String, String),
    `source_time` DateTime64(9, 'America/New_York') ALIAS fromUnixTimestamp64Nano(source_ts),
    INDEX by_trace_id `trace_id` TYPE bloom_filter GRANULARITY 4,
    PROJECTION by_time (SELECT * ORDER BY source_ts, seq)
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (underlying_id, alert_id)
SETTINGS deduplicate_merge_projection_mode = 'rebuild'
COMMENT 'Scored, decomposed and throttled alerts.'
