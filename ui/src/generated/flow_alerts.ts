/** Record of `flow.alerts`. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { AlertComponent, AlertHit, AlertProfile, AlertSettlement, Confidence, EvidenceRef } from "./nested";
import type { Counter, Nanos } from "./scalars";

/** Scored, decomposed and throttled alerts. */
export interface FlowAlert {
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
  readonly alert_id: string;
  readonly revision: number;
  readonly state: string;
  readonly direction: string;
  readonly underlying_id: string;
  readonly option_contract_id: string | null;
  readonly structure_type: string | null;
  /** high medium low */
  readonly severity: string;
  /** 0 to 100 */
  readonly score: number;
  /** 0 to 100 */
  readonly peak_score: number;
  /** sum to the score before clamping */
  readonly components: readonly AlertComponent[];
  readonly hits: readonly AlertHit[];
  readonly primary_profile_id: string | null;
  readonly profile_scores: readonly AlertProfile[];
  readonly confidence: Confidence;
  readonly headline: string;
  readonly why: readonly string[];
  readonly first_ts: Nanos;
  readonly last_ts: Nanos;
  readonly packet_count: number;
  readonly total_premium: number;
  readonly total_size: number;
  readonly suppressed_count: number;
  readonly dedupe_key: string;
  readonly cooldown_key: string;
  /** of a settled alert; in ClickHouse a missing settlement is the empty tuple, outcome = '' */
  readonly settlement: AlertSettlement | null;
  readonly evidence_refs: readonly EvidenceRef[];
  /** policies that decided, joined by + */
  readonly policy_version: string;
  /** 8 hex digits over the effective thresholds */
  readonly config_hash: string;
  /** options, dark.<kind>, lvn.near, lvn.cross, state.change, flow.aggressive, signal.<kind>, … */
  readonly kind: string;
  /** what a kind adds */
  readonly details: Readonly<Record<string, string>>;
}
