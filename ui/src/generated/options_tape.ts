/** Record of `options.tape`. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { Counter, IsoDate, Nanos } from "./scalars";

/** Every option print once, enriched: quote, placement, side, greeks, signal. */
export interface OptionsTape {
  /** event time, ns UTC; of a derived record the event time at which it became knowable */
  readonly source_ts: Nanos;
  /** first receipt, ns UTC; of a derived record the largest of its inputs */
  readonly ingest_ts: Nanos;
  /** source sequence; of a derived record that of its last input */
  readonly seq: Counter;
  /** deterministic and unique for ever; of a derived record its own id */
  readonly trace_id: string;
  /** topic and version of the shape */
  readonly schema_version: string;
  /** feed, e.g. databento, synthetic, file:tos */
  readonly source: string;
  /** ROOT-YYYY-MM-DD-STRIKE-C|P */
  readonly option_contract_id: string;
  /** root symbol of the underlying, key of the topic */
  readonly underlying_id: string;
  /** option root */
  readonly root: string;
  /** C or P */
  readonly right: string;
  /** refdata, feed or default */
  readonly multiplier_source: string;
  /** OPRA participant letter, empty when the feed has none */
  readonly exchange: string;
  /** expiry date */
  readonly expiry: IsoDate;
  /** units per contract */
  readonly multiplier: number;
  /** contracts */
  readonly size: number;
  /** $ */
  readonly strike: number;
  /** $ per unit */
  readonly price: number;
  readonly adjusted: boolean;
  readonly flex: boolean;
  /** normalised OPRA letters */
  readonly conditions: readonly string[];
  /** as received */
  readonly raw_conditions: readonly string[];
  /** venue trade id, for cancel matching */
  readonly source_trade_id: string | null;
  /** NBBO traded against, $ per unit */
  readonly nbbo_bid: number | null;
  /** NBBO traded against, $ per unit */
  readonly nbbo_ask: number | null;
  /** contracts */
  readonly nbbo_bid_size: number | null;
  /** contracts */
  readonly nbbo_ask_size: number | null;
  /** ns UTC */
  readonly nbbo_ts: Nanos | null;
  /** OPRA participant letter */
  readonly nbbo_bid_venue: string | null;
  /** OPRA participant letter */
  readonly nbbo_ask_venue: string | null;
  /** BBO of the executing venue, $ per unit */
  readonly venue_bid: number | null;
  /** BBO of the executing venue, $ per unit */
  readonly venue_ask: number | null;
  /** contracts */
  readonly venue_bid_size: number | null;
  /** contracts */
  readonly venue_ask_size: number | null;
  /** as carried by the feed, $ */
  readonly underlying_bid: number | null;
  /** as carried by the feed, $ */
  readonly underlying_ask: number | null;
  /** ns UTC */
  readonly underlying_ts: Nanos | null;
  /** as carried, 0.2 = 20 % */
  readonly provider_iv: number | null;
  /** buy or sell */
  readonly vendor_aggressor: string | null;
  /** premium, $ = price x size x multiplier */
  readonly notional: number;
  readonly trade_date: IsoDate;
  readonly session: string;
  readonly signal_class: string;
  readonly condition_caveats: readonly string[];
  readonly eligible_volume: boolean;
  readonly eligible_price: boolean;
  readonly iso: boolean;
  readonly auction: boolean;
  readonly cross: boolean;
  readonly floor: boolean;
  readonly complex: boolean;
  readonly stock_tied: boolean;
  readonly late: boolean;
  readonly opening: boolean;
  readonly cancel: boolean;
  /** AA A MID B BB MISSING STALE */
  readonly nbbo_side: string;
  /** placement that ignores the quote's age */
  readonly nbbo_geo_side: string | null;
  readonly nbbo_source: string;
  readonly quote_state: string;
  readonly nbbo_trace_id: string | null;
  readonly spread_position: number | null;
  readonly nbbo_mid: number | null;
  readonly nbbo_spread: number | null;
  readonly nbbo_spread_pct: number | null;
  readonly nbbo_age_ms: number | null;
  readonly aggressor_side: string;
  readonly aggressor_method: string;
  readonly underlying_source: string;
  readonly join_quality: number;
  readonly aggressor_probability: number;
  readonly underlying_mid: number | null;
  readonly underlying_spread_bps: number | null;
  readonly underlying_age_ms: number | null;
  readonly moneyness: number | null;
  readonly otm_pct: number | null;
  readonly atm_proximity: number | null;
  readonly dte_days: number;
  readonly iv_source: string;
  readonly iv_status: string;
  readonly iv: number | null;
  readonly delta: number | null;
  readonly gamma: number | null;
  readonly vega: number | null;
  readonly theta: number | null;
  readonly dollar_delta: number | null;
  readonly dollar_gamma_1pct: number | null;
  /** contracts of this contract in the session including this print */
  readonly session_volume: number;
  /**
   * open interest before the session, contracts; null unless known for the session before this one
   */
  readonly oi: number | null;
  /** session at whose end that open interest stood */
  readonly oi_as_of: IsoDate | null;
  readonly is_etf: boolean;
  readonly signal_pass: boolean;
  readonly late_arrival: boolean;
  readonly reversed: boolean;
  readonly signal_reasons: readonly string[];
  /** mode of the signal filter */
  readonly signal_profile: string;
  readonly revision: number;
  /** policies that decided, joined by + */
  readonly policy_version: string;
  /** 8 hex digits over the effective thresholds */
  readonly config_hash: string;
}
