-- Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
CREATE TABLE IF NOT EXISTS flow_packets
(
    `source_ts` Int64,
    `ingest_ts` Int64,
    `seq` Int64,
    `trace_id` String,
    `schema_version` String,
    `id` String,
    `packet_kind` String,
    `revision` Int32,
    `underlying_id` String,
    `option_contract_id` Nullable(String),
    `right` Nullable(String),
    `strike` Nullable(Float64),
    `expiry` Nullable(Date32),
    `start_ts` Int64,
    `end_ts` Int64,
    `window_ms` Int32,
    `member_count` Int32,
    `signal_member_count` Int32,
    `members` Array(String),
    `reversed_print_ids` Array(String),
    `continues` Nullable(String),
    `chain_length` Int32,
    `aggressor_stack` String,
    `late_arrival` Bool,
    `features` Tuple(count Int64, total_size Int64, total_premium Float64, total_notional Float64, vwap Nullable(Float64), first_price Nullable(Float64), last_price Nullable(Float64), max_print_size Int64, median_print_premium Float64, duration_ms Float64, inter_fill_ms_mean Nullable(Float64), inter_fill_ms_median Nullable(Float64), inter_fill_ms_max Nullable(Float64), venue_count Int32, venue_entropy Float64, venues Array(String), nbbo_aa_count Int32, nbbo_a_count Int32, nbbo_mid_count Int32, nbbo_b_count Int32, nbbo_bb_count Int32, nbbo_missing_count Int32, nbbo_stale_count Int32, nbbo_aa_size Int64, nbbo_a_size Int64, nbbo_mid_size Int64, nbbo_b_size Int64, nbbo_bb_size Int64, nbbo_missing_size Int64, nbbo_stale_size Int64, nbbo_coverage_ratio Float64, nbbo_stale_ratio Float64, nbbo_missing_ratio Float64, nbbo_aggressive_ratio Nullable(Float64), nbbo_inside_ratio Nullable(Float64), placement_bias Nullable(Float64), nbbo_aggressive_buy_ratio Float64, nbbo_aggressive_sell_ratio Float64, buy_probability Float64, expected_bias Float64, side_confidence Float64, side_conflict Bool, aggressor_method_sizes Map(String, Int64), iso_count Int32, iso_size_ratio Float64, auction_size_ratio Float64, cross_floor_size_ratio Float64, complex_size_ratio Float64, stock_tied_size_ratio Float64, late_size_ratio Float64, unknown_condition_size_ratio Float64, special_print_ratio Float64, retail_proxy_ratio Float64, sweep_kind String, is_block Bool, is_split Bool, order_shape String, strike_count Int32, strike_concentration Float64, strike_share_60s Nullable(Float64), dte_days Int32, moneyness Nullable(Float64), otm_pct Nullable(Float64), atm_proximity Nullable(Float64), is_etf Bool, execution_iv Nullable(Float64), execution_iv_shock Nullable(Float64), delta Nullable(Float64), dollar_delta Nullable(Float64), dollar_gamma_1pct Nullable(Float64), expected_dollar_delta Nullable(Float64), nbbo_bid Nullable(Float64), nbbo_ask Nullable(Float64), nbbo_mid Nullable(Float64), nbbo_spread Nullable(Float64), nbbo_bid_size Nullable(Int32), nbbo_ask_size Nullable(Int32), nbbo_ts Nullable(Int64), underlying_bid Nullable(Float64), underlying_ask Nullable(Float64), underlying_mid Nullable(Float64), underlying_spread_bps Nullable(Float64), underlying_ts Nullable(Int64), underlying_move_bps Nullable(Float64), underlying_move_60s_bps Nullable(Float64), underlying_sigma_bps Nullable(Float64), session_volume Int64, days_to_event Nullable(Int32), event_id Nullable(String), event_kind Nullable(String), expiry_after_event Nullable(Bool), pre_event_concentration Nullable(Float64), oi Nullable(Int64), oi_as_of Nullable(Date32), volume_oi_ratio Nullable(Float64), size_oi_ratio Nullable(Float64), opening_sides_lower_bound Nullable(Int64), total_premium_mean Nullable(Float64), total_premium_std Nullable(Float64), total_premium_z Nullable(Float64), total_premium_median Nullable(Float64), total_premium_mad Nullable(Float64), total_premium_rz Nullable(Float64), total_premium_z_eff Nullable(Float64), total_premium_baseline_n Nullable(Int32), total_premium_basis Nullable(String), total_size_mean Nullable(Float64), total_size_std Nullable(Float64), total_size_z Nullable(Float64), total_size_median Nullable(Float64), total_size_mad Nullable(Float64), total_size_rz Nullable(Float64), total_size_z_eff Nullable(Float64), total_size_baseline_n Nullable(Int32), total_size_basis Nullable(String), nbbo_spread_mean Nullable(Float64), nbbo_spread_std Nullable(Float64), nbbo_spread_z Nullable(Float64), nbbo_spread_median Nullable(Float64), nbbo_spread_mad Nullable(Float64), nbbo_spread_rz Nullable(Float64), nbbo_spread_z_eff Nullable(Float64), nbbo_spread_baseline_n Nullable(Int32), nbbo_spread_basis Nullable(String)),
    `features_ext` Map(String, Float64),
    `join_quality` Tuple(score Float64, observation_quality Float64, nbbo_coverage_ratio Float64, nbbo_stale_ratio Float64, nbbo_missing_ratio Float64, attached_ratio Float64, wide_ratio Float64, zero_bid_ratio Float64, unknown_side_ratio Float64, underlying_coverage_ratio Float64, wide_underlying_ratio Float64, late_ratio Float64, crossed_count Int32, nbbo_age_ms_median Nullable(Float64), nbbo_age_ms_max Nullable(Float64), underlying_age_ms_max Nullable(Float64)),
    `legs` Array(Tuple(option_contract_id String, packet_id Nullable(String), right String, strike Float64, expiry Date32, side String, ratio Int32, size Int64, price Float64, premium Float64, delta Nullable(Float64), iv Nullable(Float64), spread_position Nullable(Float64), oi Nullable(Int64), oi_as_of Nullable(Date32), session_volume Nullable(Int64))),
    `structure` Tuple(type String, variant Nullable(String), tier Int32, confidence Float64, candidates Array(Tuple(type String, probability Float64)), package_side String, package_probability Float64, package_position Nullable(Float64), net_price Nullable(Float64), net_premium Nullable(Float64), gross_premium Float64, premium_basis Float64, net_delta_shares Nullable(Float64), net_delta_ratio Nullable(Float64), direction String, stock_tied Bool, symmetry Float64, strikes Array(Float64), expiries Array(Date32)),
    `structure_id` Nullable(String),
    `baseline_snapshot_id` String,
    `evidence_refs` Array(Tuple(kind String, id String, role String)),
    `policy_version` String,
    `config_hash` String,
    `source_time` DateTime64(9, 'America/New_York') ALIAS fromUnixTimestamp64Nano(source_ts),
    INDEX by_trace_id `trace_id` TYPE bloom_filter GRANULARITY 4,
    PROJECTION by_time (SELECT * ORDER BY source_ts, seq)
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (underlying_id, id)
SETTINGS deduplicate_merge_projection_mode = 'rebuild'
COMMENT 'Parent events: prints of one contract clustered in event time.'
