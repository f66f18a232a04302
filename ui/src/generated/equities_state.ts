/** Record of `equities.state`. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { EvidenceRef } from "./nested";
import type { Counter, Nanos } from "./scalars";

/** Balance or imbalance of a session's auction. */
export interface EquityState {
  /** event time, ns UTC; of a derived record the event time at which it became knowable */
  readonly source_ts: Nanos;
  /** first receipt, ns UTC; of a derived record the largest of its inputs */
  readonly ingest_ts: Nanos;
  /** source sequence; of a derived record that of its last input */
  readonly seq: Counter;
  /** state:<source>:<underlying>:<preset>:<boundary_ns> */
  readonly trace_id: string;
  /** topic and version of the shape */
  readonly schema_version: string;
  /** one more each time it is emitted */
  readonly revision: number;
  /** source of the prints */
  readonly source: string;
  /** root symbol, key of the topic */
  readonly underlying_id: string;
  readonly preset: string;
  readonly window: string;
  /** BALANCE, IMBALANCE_UP, IMBALANCE_DOWN or UNKNOWN */
  readonly state: string;
  readonly since_ts: Nanos;
  /** 0 to 100 */
  readonly confidence: number;
  /** $ */
  readonly poc: number;
  readonly vah: number;
  readonly val: number;
  readonly current_price: number;
  readonly distance_from_poc_pct: number;
  readonly in_value_area: boolean;
  readonly votes: Readonly<Record<string, number>>;
  readonly previous_state: string | null;
  readonly momentum_score: number | null;
  /** buy % - sell % */
  readonly cvd_pressure: number | null;
  /** $ */
  readonly nearest_lvn: number | null;
  readonly lvn_distance_pct: number | null;
  /** UP or DOWN */
  readonly lvn_approach: string | null;
  /** profile, order flow and bars it was read from */
  readonly evidence_refs: readonly EvidenceRef[];
  /** policies that decided, joined by + */
  readonly policy_version: string;
  /** 8 hex digits over the effective thresholds */
  readonly config_hash: string;
}
