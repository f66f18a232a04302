-- Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
CREATE TABLE IF NOT EXISTS flow_smart_money
(
    `source_ts` Int64,
    `ingest_ts` Int64,
    `seq` Int64,
    `trace_id` String,
    `schema_version` String,
    `event_id` String,
    `revision` Int32,
    `event_kind` String,
    `underlying_id` String,
    `packet_ids` Array(String),
    `member_print_ids` Array(String),
    `start_ts` Int64,
    `end_ts` Int64,
    `event_window_ms` Int32,
    `features` Tuple(contract_count Int32, print_count Int32, total_size Int64, total_premium Float64, total_notional Float64, option_contract_id Nullable(String), option_type Nullable(String), dte_days Int32, moneyness Nullable(Float64), otm_pct Nullable(Float64), atm_proximity Nullable(Float64), aggressor_buy_ratio Float64, aggressor_sell_ratio Float64, aggressor_ratio Float64, nbbo_coverage_ratio Float64, nbbo_inside_ratio Float64, nbbo_stale_ratio Float64, quote_age_ms Nullable(Float64), venue_count Int32, inter_fill_ms_mean Nullable(Float64), strike_count Int32, strike_concentration Float64, net_directional_bias Float64, expected_bias Float64, synthetic_iv_shock Nullable(Float64), underlying_move_bps Nullable(Float64), underlying_move_60s_bps Nullable(Float64), special_print_ratio Float64, structure_type Nullable(String), structure_legs Nullable(Int32), same_size_leg_symmetry Nullable(Float64), spread_widening Nullable(Float64), days_to_event Nullable(Int32), expiry_after_event Nullable(Bool), pre_event_concentration Nullable(Float64), premium_z Nullable(Float64), size_z Nullable(Float64)),
    `profile_scores` Array(Tuple(profile_id String, probability Float64, fit Float64, ceiling Float64, confidence_band String, direction String, reasons Array(String), terms Map(String, Float64), guards Map(String, Float64))),
    `primary_profile_id` Nullable(String),
    `primary_direction` String,
    `abstained` Bool,
    `abstention_reasons` Array(String),
    `suppressed_reasons` Array(String),
    `confidence` Tuple(probability Float64, fit Float64, evidence_quality Float64, margin Float64, penalty Float64, calibration_version String),
    `evidence_grade` String,
    `caveats` Array(Tuple(code String, share Float64, penalty Float64, evidence_refs Array(Tuple(kind String, id String, role String)))),
    `evidence_refs` Array(Tuple(kind String, id String, role String)),
    `model_version` String,
    `calibration_version` String,
    `policy_version` String,
    `config_hash` String,
    `source_time` DateTime64(9, 'America/New_York') ALIAS fromUnixTimestamp64Nano(source_ts),
    INDEX by_trace_id `trace_id` TYPE bloom_filter GRANULARITY 4,
    PROJECTION by_time (SELECT * ORDER BY source_ts, seq)
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (underlying_id, event_id)
SETTINGS deduplicate_merge_projection_mode = 'rebuild'
COMMENT 'Profiles of the likely participant behind a packet; may abstain.'
