/** Record of `equities.order-flow`. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { Aggression } from "./nested";
import type { Counter, Nanos } from "./scalars";

/** Signed volume per second and minute, with its running sums. */
export interface EquityOrderFlow {
  /** event time, ns UTC; of a derived record the event time at which it became knowable */
  readonly source_ts: Nanos;
  /** first receipt, ns UTC; of a derived record the largest of its inputs */
  readonly ingest_ts: Nanos;
  /** source sequence; of a derived record that of its last input */
  readonly seq: Counter;
  /** orderflow:<source>:<underlying>:<interval_ms>:<window_start> */
  readonly trace_id: string;
  /** topic and version of the shape */
  readonly schema_version: string;
  /** one more each time it is emitted */
  readonly revision: number;
  /** source of the prints */
  readonly source: string;
  /** root symbol, key of the topic */
  readonly underlying_id: string;
  /** 1000 snapshot, 60000 bucket */
  readonly interval_ms: number;
  /** 1s or 1m */
  readonly window: string;
  readonly window_start: Nanos;
  readonly window_end: Nanos;
  readonly closed: boolean;
  /** pre, rth, post or closed */
  readonly session: string;
  /** prints */
  readonly aggressive_buys: number;
  /** prints */
  readonly aggressive_sells: number;
  /** shares */
  readonly buy_volume: number;
  readonly sell_volume: number;
  readonly unknown_volume: number;
  /** buy - sell */
  readonly delta: number;
  /** since the segment of the session began */
  readonly cumulative_delta: number;
  /** since 04:00 */
  readonly cumulative_delta_day: number;
  /** percent of buy + sell, 50 when neither */
  readonly buy_pressure: number;
  readonly sell_pressure: number;
  /** one a preset */
  readonly aggression: readonly Aggression[];
  /** policies that decided, joined by + */
  readonly policy_version: string;
  /** 8 hex digits over the effective thresholds */
  readonly config_hash: string;
}
