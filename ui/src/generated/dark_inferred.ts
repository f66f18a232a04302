/** Record of `dark.inferred`. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { EvidenceRef } from "./nested";
import type { Counter, Nanos } from "./scalars";

/** What off-exchange (TRF) prints suggest; off-exchange is not the same as a dark pool. */
export interface DarkInference {
  /** event time, ns UTC; of a derived record the event time at which it became knowable */
  readonly source_ts: Nanos;
  /** first receipt, ns UTC; of a derived record the largest of its inputs */
  readonly ingest_ts: Nanos;
  /** source sequence; of a derived record that of its last input */
  readonly seq: Counter;
  /** dark:<kind>:… */
  readonly trace_id: string;
  /** topic and version of the shape */
  readonly schema_version: string;
  /** one more each time it is emitted */
  readonly revision: number;
  /** root symbol, key of the topic */
  readonly underlying_id: string;
  /** absorbed_block, stealth_accumulation, distribution or hidden_liquidity_zone */
  readonly kind: string;
  /** provisional, confirmed, rejected or withdrawn */
  readonly status: string;
  /** 0 to 1 */
  readonly confidence: number;
  readonly window_start_ts: Nanos;
  readonly window_end_ts: Nanos;
  /** $, volume-weighted */
  readonly price: number;
  readonly price_low: number;
  readonly price_high: number;
  readonly shares: number;
  /** $ */
  readonly notional: number;
  readonly print_count: number;
  readonly label: string;
  /** those applied */
  readonly thresholds: Readonly<Record<string, number>>;
  /** what they came from */
  readonly baseline: Readonly<Record<string, number>>;
  readonly explanations: readonly string[];
  /** percent of mid */
  readonly spread_pct: number | null;
  /** change of the mid since */
  readonly follow_through_bps: number | null;
  /** support, resistance or two_sided */
  readonly zone_side: string | null;
  /** at most 20, the largest joins in time order */
  readonly evidence_refs: readonly EvidenceRef[];
  /** policies that decided, joined by + */
  readonly policy_version: string;
  /** 8 hex digits over the effective thresholds */
  readonly config_hash: string;
}
