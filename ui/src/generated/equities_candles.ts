/** Record of `equities.candles`. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { Counter, Nanos } from "./scalars";

/** Bars of event time; forming ones too. */
export interface EquityCandle {
  /** event time, ns UTC; of a derived record the event time at which it became knowable */
  readonly source_ts: Nanos;
  /** first receipt, ns UTC; of a derived record the largest of its inputs */
  readonly ingest_ts: Nanos;
  /** source sequence; of a derived record that of its last input */
  readonly seq: Counter;
  /** candle:<source>:<underlying>:<interval_ms>:<window_start> */
  readonly trace_id: string;
  /** topic and version of the shape */
  readonly schema_version: string;
  /** one more each time it is emitted */
  readonly revision: number;
  /** source of the prints */
  readonly source: string;
  /** root symbol, key of the topic */
  readonly underlying_id: string;
  readonly interval_ms: number;
  /** ns UTC */
  readonly window_start: Nanos;
  /** ns UTC */
  readonly window_end: Nanos;
  readonly closed: boolean;
  /** pre, rth, post or closed */
  readonly session: string;
  /** last, high_low, carried or vendor */
  readonly price_basis: string;
  readonly trade_count: number;
  /** shares */
  readonly volume: number;
  readonly off_exchange_volume: number;
  readonly odd_lot_volume: number;
  /** $; null before the first price of a session */
  readonly open: number | null;
  readonly high: number | null;
  readonly low: number | null;
  readonly close: number | null;
  /** $ over high/low-eligible prints */
  readonly vwap: number | null;
  /** late, cancel or correction */
  readonly revised_reason: string | null;
  /** policies that decided, joined by + */
  readonly policy_version: string;
  /** 8 hex digits over the effective thresholds */
  readonly config_hash: string;
}
