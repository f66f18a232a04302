-- Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
CREATE TABLE IF NOT EXISTS flow_classifier_hits
(
    `source_ts` Int64,
    `ingest_ts` Int64,
    `seq` Int64,
    `trace_id` String,
    `schema_version` String,
    `hit_id` String,
    `classifier_id` String,
    `variant` Nullable(String),
    `revision` Int32,
    `phase` String,
    `direction` String,
    `confidence` Float64,
    `confidence_terms` Array(Tuple(name String, value Float64)),
    `explanations` Array(String),
    `underlying_id` String,
    `option_contract_id` Nullable(String),
    `packet_id` String,
    `smart_money_event_id` String,
    `profile_id` Nullable(String),
    `references_packet_id` Nullable(String),
    `start_ts` Int64,
    `end_ts` Int64,
    `retracted` Bool,
    `evidence_refs` Array(Tuple(kind String, id String, role String)),
    `policy_version` String,
    `config_hash` String,
    `source_time` DateTime64(9, 'America/New_York') ALIAS fromUnixTimestamp64Nano(source_ts),
    INDEX by_trace_id `trace_id` TYPE bloom_filter GRANULARITY 4,
    PROJECTION by_time (SELECT * ORDER BY source_ts, seq)
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (underlying_id, hit_id)
SETTINGS deduplicate_merge_projection_mode = 'rebuild'
COMMENT 'A named pattern that fired on a packet, with its terms and sentences.'
