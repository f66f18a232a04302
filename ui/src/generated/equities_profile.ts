/** Record of `equities.profile`. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { Counter, Nanos } from "./scalars";

/** Volume by price. */
export interface EquityProfile {
  /** event time, ns UTC; of a derived record the event time at which it became knowable */
  readonly source_ts: Nanos;
  /** first receipt, ns UTC; of a derived record the largest of its inputs */
  readonly ingest_ts: Nanos;
  /** source sequence; of a derived record that of its last input */
  readonly seq: Counter;
  /** profile:<source>:<underlying>:<window>:<key> */
  readonly trace_id: string;
  /** topic and version of the shape */
  readonly schema_version: string;
  /** one more each time it is emitted */
  readonly revision: number;
  /** source of the prints */
  readonly source: string;
  /** root symbol, key of the topic */
  readonly underlying_id: string;
  /** session, rolling, composite or minute */
  readonly window: string;
  readonly window_start: Nanos;
  readonly window_end: Nanos;
  /** height of a row, 1/10,000 $ */
  readonly row_e4: number;
  /** index of the lowest row; its label is index × row_e4 / 10,000 $ */
  readonly first_row: number;
  /** prints or bars */
  readonly basis: string;
  /** prominence or mean_ratio */
  readonly node_preset: string;
  readonly closed: boolean;
  /** shares over the rows */
  readonly total_volume: number;
  /** shares that count to volume but not to levels */
  readonly excluded_volume: number;
  /** shares in the value area */
  readonly area_volume: number;
  /** shares of each row, zeros included */
  readonly volume: readonly number[];
  readonly buy: readonly number[];
  readonly sell: readonly number[];
  readonly unknown: readonly number[];
  readonly off_exchange: readonly number[];
  readonly trades: readonly number[];
  /** $ */
  readonly lvns: readonly number[];
  /** $ */
  readonly hvns: readonly number[];
  /** $ */
  readonly poc: number | null;
  /** $ */
  readonly vah: number | null;
  /** $ */
  readonly val: number | null;
  /** policies that decided, joined by + */
  readonly policy_version: string;
  /** 8 hex digits over the effective thresholds */
  readonly config_hash: string;
}
