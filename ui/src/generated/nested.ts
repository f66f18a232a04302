/** Records inside records. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { IsoDate, Nanos } from "./scalars";

/** A typed reference to what an inference rests on. */
export interface EvidenceRef {
  /**
   * option_print, option_nbbo, equity_quote, flow_packet, smart_money, classifier_hit, alert, ...
   */
  readonly kind: string;
  readonly id: string;
  /** anchor, member, context or baseline */
  readonly role: string;
}

/** What one preset says of the aggression of the trailing minute. */
export interface Aggression {
  readonly preset: string;
  /** 0 to 100 */
  readonly score: number;
  /** BUY, SELL or NEUTRAL */
  readonly direction: string;
  /** STRONG, MODERATE or WEAK */
  readonly label: string;
  readonly is_aggressive: boolean;
  readonly volume_spike: boolean;
  /** rules of both directions hold */
  readonly conflict: boolean;
  readonly volume_ratio: number;
  /** shares */
  readonly cvd_momentum: number;
  readonly buy_pressure: number;
  readonly sell_pressure: number;
  readonly message: string;
}

/** One term of an alert's score. */
export interface AlertComponent {
  readonly name: string;
  readonly raw: number;
  readonly points: number;
}

/** A classifier hit an alert rests on. */
export interface AlertHit {
  readonly hit_id: string;
  readonly classifier_id: string;
  readonly confidence: number;
  readonly direction: string;
}

/** A profile's probability beside an alert. */
export interface AlertProfile {
  readonly profile_id: string;
  readonly probability: number;
}

/** Confidence as a vector. */
export interface Confidence {
  readonly probability: number;
  readonly fit: number;
  readonly evidence_quality: number;
  readonly margin: number;
  readonly penalty: number;
  readonly calibration_version: string;
}

/** Change of the underlying's mid from the alert's emission to a horizon. */
export interface ForwardReturn {
  /** 1m, 5m, 15m, 60m, close or next_close */
  readonly horizon: string;
  /** null when no quote is known there */
  readonly bps: number | null;
}

/** What the next open interest and the underlying's path say about an alert afterwards. */
export interface AlertSettlement {
  /** contracts, all legs */
  readonly oi_before: number | null;
  readonly oi_after: number | null;
  /** of the whole market, not of this flow alone */
  readonly oi_change: number | null;
  /** oi_change / size of the alert */
  readonly open_ratio: number | null;
  /** opened, closed, inconclusive, not_applicable or no_data */
  readonly outcome: string;
  readonly settled_for: IsoDate;
  readonly oi_snapshot_ids: readonly string[];
  readonly forward_returns: readonly ForwardReturn[];
}

/** One term of a classifier's confidence. */
export interface ConfidenceTerm {
  readonly name: string;
  readonly value: number;
}

/** Measured properties of a packet; ratios are by size unless named count; null is undefined. */
export interface PacketFeatures {
  readonly count: number;
  readonly total_size: number;
  /** $, with the contract's own multiplier */
  readonly total_premium: number;
  /** $, with the contract's own multiplier */
  readonly total_notional: number;
  /** $ per unit over price-eligible members */
  readonly vwap: number | null;
  /** $ per unit over price-eligible members */
  readonly first_price: number | null;
  /** $ per unit over price-eligible members */
  readonly last_price: number | null;
  /** contracts */
  readonly max_print_size: number;
  readonly median_print_premium: number;
  readonly duration_ms: number;
  readonly inter_fill_ms_mean: number | null;
  readonly inter_fill_ms_median: number | null;
  readonly inter_fill_ms_max: number | null;
  readonly venue_count: number;
  /** 0 one venue, 1 evenly spread */
  readonly venue_entropy: number;
  /** sorted participant letters */
  readonly venues: readonly string[];
  readonly nbbo_aa_count: number;
  readonly nbbo_a_count: number;
  readonly nbbo_mid_count: number;
  readonly nbbo_b_count: number;
  readonly nbbo_bb_count: number;
  readonly nbbo_missing_count: number;
  readonly nbbo_stale_count: number;
  readonly nbbo_aa_size: number;
  readonly nbbo_a_size: number;
  readonly nbbo_mid_size: number;
  readonly nbbo_b_size: number;
  readonly nbbo_bb_size: number;
  readonly nbbo_missing_size: number;
  readonly nbbo_stale_size: number;
  readonly nbbo_coverage_ratio: number;
  readonly nbbo_stale_ratio: number;
  readonly nbbo_missing_ratio: number;
  /** null when nothing was placed */
  readonly nbbo_aggressive_ratio: number | null;
  /** null when nothing was placed */
  readonly nbbo_inside_ratio: number | null;
  /** null when nothing was placed */
  readonly placement_bias: number | null;
  readonly nbbo_aggressive_buy_ratio: number;
  readonly nbbo_aggressive_sell_ratio: number;
  readonly buy_probability: number;
  readonly expected_bias: number;
  readonly side_confidence: number;
  readonly side_conflict: boolean;
  /** contracts by deciding rule */
  readonly aggressor_method_sizes: Readonly<Record<string, number>>;
  readonly iso_count: number;
  readonly iso_size_ratio: number;
  readonly auction_size_ratio: number;
  readonly cross_floor_size_ratio: number;
  readonly complex_size_ratio: number;
  readonly stock_tied_size_ratio: number;
  readonly late_size_ratio: number;
  readonly unknown_condition_size_ratio: number;
  readonly special_print_ratio: number;
  readonly retail_proxy_ratio: number;
  /** multi_venue, iso, both or none */
  readonly sweep_kind: string;
  readonly is_block: boolean;
  readonly is_split: boolean;
  /** sweep, block, split, single or mixed */
  readonly order_shape: string;
  readonly strike_count: number;
  readonly strike_concentration: number;
  readonly strike_share_60s: number | null;
  readonly dte_days: number;
  readonly moneyness: number | null;
  readonly otm_pct: number | null;
  readonly atm_proximity: number | null;
  readonly is_etf: boolean;
  readonly execution_iv: number | null;
  readonly execution_iv_shock: number | null;
  readonly delta: number | null;
  readonly dollar_delta: number | null;
  readonly dollar_gamma_1pct: number | null;
  readonly expected_dollar_delta: number | null;
  /** at the last member */
  readonly nbbo_bid: number | null;
  /** at the last member */
  readonly nbbo_ask: number | null;
  /** at the last member */
  readonly nbbo_mid: number | null;
  /** at the last member */
  readonly nbbo_spread: number | null;
  readonly nbbo_bid_size: number | null;
  readonly nbbo_ask_size: number | null;
  readonly nbbo_ts: Nanos | null;
  readonly underlying_bid: number | null;
  readonly underlying_ask: number | null;
  readonly underlying_mid: number | null;
  readonly underlying_spread_bps: number | null;
  readonly underlying_ts: Nanos | null;
  readonly underlying_move_bps: number | null;
  readonly underlying_move_60s_bps: number | null;
  readonly underlying_sigma_bps: number | null;
  readonly session_volume: number;
  /** ET calendar days to the underlying's next known event */
  readonly days_to_event: number | null;
  /** the next event known at the last member */
  readonly event_id: string | null;
  readonly event_kind: string | null;
  /** the contract lives through that event */
  readonly expiry_after_event: boolean | null;
  /** 1 - days/21 within 21 days of the event, else 0; null when no event is known */
  readonly pre_event_concentration: number | null;
  /** open interest before the session, contracts */
  readonly oi: number | null;
  readonly oi_as_of: IsoDate | null;
  /** session volume / open interest */
  readonly volume_oi_ratio: number | null;
  /** packet size / open interest */
  readonly size_oi_ratio: number | null;
  /** max(0, session volume - open interest): so many sides of today's trades opened at least */
  readonly opening_sides_lower_bound: number | null;
  readonly total_premium_mean: number | null;
  readonly total_premium_std: number | null;
  /** z of the packet's premium against its baseline */
  readonly total_premium_z: number | null;
  readonly total_premium_median: number | null;
  /** of ln(1 + x) */
  readonly total_premium_mad: number | null;
  readonly total_premium_rz: number | null;
  /** the z in force; null without a usable baseline */
  readonly total_premium_z_eff: number | null;
  /** observations before this packet */
  readonly total_premium_baseline_n: number | null;
  /** contract, underlying, tod or none */
  readonly total_premium_basis: string | null;
  readonly total_size_mean: number | null;
  readonly total_size_std: number | null;
  /** z of the packet's size against its baseline */
  readonly total_size_z: number | null;
  readonly total_size_median: number | null;
  /** of ln(1 + x) */
  readonly total_size_mad: number | null;
  readonly total_size_rz: number | null;
  /** the z in force; null without a usable baseline */
  readonly total_size_z_eff: number | null;
  /** observations before this packet */
  readonly total_size_baseline_n: number | null;
  /** contract, underlying, tod or none */
  readonly total_size_basis: string | null;
  readonly nbbo_spread_mean: number | null;
  readonly nbbo_spread_std: number | null;
  /** z of the packet's mean quoted spread against its baseline */
  readonly nbbo_spread_z: number | null;
  readonly nbbo_spread_median: number | null;
  /** of ln(1 + x) */
  readonly nbbo_spread_mad: number | null;
  readonly nbbo_spread_rz: number | null;
  /** the z in force; null without a usable baseline */
  readonly nbbo_spread_z_eff: number | null;
  /** observations before this packet */
  readonly nbbo_spread_baseline_n: number | null;
  /** contract, underlying, tod or none */
  readonly nbbo_spread_basis: string | null;
}

/** How well the members of a packet were joined to quotes. */
export interface JoinQuality {
  /** size-weighted join quality, and that times the condition weights */
  readonly score: number;
  /** size-weighted join quality, and that times the condition weights */
  readonly observation_quality: number;
  readonly nbbo_coverage_ratio: number;
  readonly nbbo_stale_ratio: number;
  readonly nbbo_missing_ratio: number;
  readonly attached_ratio: number;
  readonly wide_ratio: number;
  readonly zero_bid_ratio: number;
  readonly unknown_side_ratio: number;
  readonly underlying_coverage_ratio: number;
  readonly wide_underlying_ratio: number;
  readonly late_ratio: number;
  readonly crossed_count: number;
  readonly nbbo_age_ms_median: number | null;
  readonly nbbo_age_ms_max: number | null;
  readonly underlying_age_ms_max: number | null;
}

/** One leg of a multi-leg structure. */
export interface PacketLeg {
  readonly option_contract_id: string;
  /** the leg's own packet */
  readonly packet_id: string | null;
  readonly right: string;
  /** $ */
  readonly strike: number;
  readonly expiry: IsoDate;
  /** bought, sold or unknown, for the initiator of the package */
  readonly side: string;
  readonly ratio: number;
  /** contracts */
  readonly size: number;
  /** size-weighted, $ per unit */
  readonly price: number;
  /** $ */
  readonly premium: number;
  readonly delta: number | null;
  readonly iv: number | null;
  /** 0 at the bid, 1 at the ask */
  readonly spread_position: number | null;
  /** open interest before the session, contracts */
  readonly oi: number | null;
  /** session at whose end that open interest stood */
  readonly oi_as_of: IsoDate | null;
  /** contracts of the leg's session so far, the leg included */
  readonly session_volume: number | null;
}

/** A template that fits the legs, and how well. */
export interface StructureCandidate {
  readonly type: string;
  readonly probability: number;
}

/** What the legs of a structure packet form together. */
export interface PacketStructure {
  /** template of the options flow specification, 6.3 */
  readonly type: string;
  readonly variant: string | null;
  /** 1 complex codes, 2 inferred from equal sizes */
  readonly tier: number;
  readonly confidence: number;
  readonly candidates: readonly StructureCandidate[];
  /** bought, sold or unknown */
  readonly package_side: string;
  readonly package_probability: number;
  /** 0 at the package's bid, 1 at its ask */
  readonly package_position: number | null;
  /** $ per unit, + debit */
  readonly net_price: number | null;
  /** $, + paid */
  readonly net_premium: number | null;
  /** $ */
  readonly gross_premium: number;
  /** $ that scoring uses */
  readonly premium_basis: number;
  readonly net_delta_shares: number | null;
  readonly net_delta_ratio: number | null;
  readonly direction: string;
  readonly stock_tied: boolean;
  readonly symmetry: number;
  readonly strikes: readonly number[];
  readonly expiries: readonly IsoDate[];
}

/** What the profiles looked at; copied or derived from the packets. */
export interface SmartMoneyFeatures {
  readonly contract_count: number;
  readonly print_count: number;
  readonly total_size: number;
  readonly total_premium: number;
  readonly total_notional: number;
  readonly option_contract_id: string | null;
  /** C, P or mixed */
  readonly option_type: string | null;
  readonly dte_days: number;
  readonly moneyness: number | null;
  readonly otm_pct: number | null;
  readonly atm_proximity: number | null;
  readonly aggressor_buy_ratio: number;
  readonly aggressor_sell_ratio: number;
  readonly aggressor_ratio: number;
  readonly nbbo_coverage_ratio: number;
  readonly nbbo_inside_ratio: number;
  readonly nbbo_stale_ratio: number;
  readonly quote_age_ms: number | null;
  readonly venue_count: number;
  readonly inter_fill_ms_mean: number | null;
  readonly strike_count: number;
  readonly strike_concentration: number;
  readonly net_directional_bias: number;
  readonly expected_bias: number;
  readonly synthetic_iv_shock: number | null;
  readonly underlying_move_bps: number | null;
  readonly underlying_move_60s_bps: number | null;
  readonly special_print_ratio: number;
  readonly structure_type: string | null;
  readonly structure_legs: number | null;
  readonly same_size_leg_symmetry: number | null;
  /** z_eff of the quoted spread */
  readonly spread_widening: number | null;
  readonly days_to_event: number | null;
  readonly expiry_after_event: boolean | null;
  readonly pre_event_concentration: number | null;
  /** z_eff of the premium */
  readonly premium_z: number | null;
  /** z_eff of the size */
  readonly size_z: number | null;
}

/** One hypothesis about the participant, with its arithmetic. */
export interface ProfileScore {
  readonly profile_id: string;
  readonly probability: number;
  readonly fit: number;
  readonly ceiling: number;
  /** high, medium, low or none */
  readonly confidence_band: string;
  readonly direction: string;
  readonly reasons: readonly string[];
  /** weighted terms of the fit */
  readonly terms: Readonly<Record<string, number>>;
  /** factors that were applied */
  readonly guards: Readonly<Record<string, number>>;
}

/** A weakness of the evidence, as a share of it. */
export interface Caveat {
  readonly code: string;
  readonly share: number;
  readonly penalty: number;
  readonly evidence_refs: readonly EvidenceRef[];
}
