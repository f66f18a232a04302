/** Record of `equities.joins`. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { Counter, Nanos } from "./scalars";

/** Prints with the quote that stood when they were executed, and the side that gives. */
export interface EquityJoin {
  /** event time, ns UTC; of a derived record the event time at which it became knowable */
  readonly source_ts: Nanos;
  /** first receipt, ns UTC; of a derived record the largest of its inputs */
  readonly ingest_ts: Nanos;
  /** source sequence; of a derived record that of its last input */
  readonly seq: Counter;
  /** join:<print trace_id> */
  readonly trace_id: string;
  /** topic and version of the shape */
  readonly schema_version: string;
  /** one more each time it is emitted */
  readonly revision: number;
  /** source of the prints */
  readonly source: string;
  /** root symbol, key of the topic */
  readonly underlying_id: string;
  /** the print */
  readonly print_trace_id: string;
  /** $ */
  readonly price: number;
  /** shares */
  readonly size: number;
  readonly exchange: string;
  readonly off_exchange_flag: boolean;
  /** pre, rth, post or closed */
  readonly session: string;
  /** instant at which the quote was looked up, ns UTC */
  readonly join_ts: Nanos;
  /** AA A MID B BB MISSING STALE */
  readonly nbbo_side: string;
  /** buy, sell or unknown */
  readonly direction: string;
  /** quote, tick or none */
  readonly direction_rule: string;
  readonly eligible_volume: boolean;
  readonly eligible_levels: boolean;
  readonly eligible_direction: boolean;
  readonly eligible_baseline: boolean;
  /** true in the revision that follows a cancel */
  readonly cancelled: boolean;
  /** 0 to 1 */
  readonly join_quality: number;
  /** crossed locked venue_quote late_report wide */
  readonly quality_flags: readonly string[];
  readonly conditions: readonly string[];
  readonly trf_id: string | null;
  /** the quote */
  readonly quote_trace_id: string | null;
  /** buy or sell: off-exchange price with a sub-penny part; a tag, never a side */
  readonly retail_proxy: string | null;
  /** $ */
  readonly bid: number | null;
  /** $ */
  readonly ask: number | null;
  /** shares */
  readonly bid_size: number | null;
  /** shares */
  readonly ask_size: number | null;
  /** $ */
  readonly mid: number | null;
  /** $ */
  readonly spread: number | null;
  /** 1/10,000 of mid */
  readonly spread_bps: number | null;
  readonly quote_age_ms: number | null;
  /** (price - bid) / (ask - bid) */
  readonly spread_position: number | null;
  /** ns UTC */
  readonly quote_ts: Nanos | null;
  /** policies that decided, joined by + */
  readonly policy_version: string;
  /** 8 hex digits over the effective thresholds */
  readonly config_hash: string;
}
