-- Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
CREATE TABLE IF NOT EXISTS flow_alerts
(
    `source_ts` Int64,
    `ingest_ts` Int64,
    `seq` Int64,
    `trace_id` String,
    `schema_version` LowCardinality(String),
    `alert_id` String,
    `revision` Int32,
    `state` LowCardinality(String),
    `direction` LowCardinality(String),
    `underlying_id` LowCardinality(String),
    `option_contract_id` LowCardinality(Nullable(String)),
    `structure_type` LowCardinality(Nullable(String)),
    `severity` LowCardinality(String),
    `score` Int32,
    `peak_score` Int32,
    `components` Array(Tuple(name LowCardinality(String), raw Float64, points Float64)),
    `hits` Array(Tuple(hit_id String, classifier_id LowCardinality(String), confidence Float64, direction LowCardinality(String))),
    `primary_profile_id` LowCardinality(Nullable(String)),
    `profile_scores` Array(Tuple(profile_id LowCardinality(String), probability Float64)),
    `confidence` Tuple(probability Float64, fit Float64, evidence_quality Float64, margin Float64, penalty Float64, calibration_version LowCardinality(String)),
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
    `evidence_refs` Array(Tuple(kind LowCardinality(String), id String, role LowCardinality(String))),
    `policy_version` LowCardinality(String),
    `config_hash` LowCardinality(String),
    `source_time` DateTime64(9, 'America/New_York') ALIAS fromUnixTimestamp64Nano(source_ts),
    INDEX by_trace_id `trace_id` TYPE bloom_filter GRANULARITY 4
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (underlying_id, alert_id)
COMMENT 'Scored, decomposed and throttled alerts.'
