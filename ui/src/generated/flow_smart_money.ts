/** Record of `flow.smart-money`. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { Caveat, Confidence, EvidenceRef, ProfileScore, SmartMoneyFeatures } from "./nested";
import type { Counter, Nanos } from "./scalars";

/** Profiles of the likely participant behind a packet; may abstain. */
export interface SmartMoneyEvent {
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
  readonly event_id: string;
  readonly revision: number;
  readonly event_kind: string;
  readonly underlying_id: string;
  readonly packet_ids: readonly string[];
  readonly member_print_ids: readonly string[];
  readonly start_ts: Nanos;
  readonly end_ts: Nanos;
  readonly event_window_ms: number;
  readonly features: SmartMoneyFeatures;
  /** all six, descending */
  readonly profile_scores: readonly ProfileScore[];
  readonly primary_profile_id: string | null;
  /** bullish bearish neutral mixed unknown */
  readonly primary_direction: string;
  readonly abstained: boolean;
  readonly abstention_reasons: readonly string[];
  readonly suppressed_reasons: readonly string[];
  readonly confidence: Confidence;
  /** strong usable thin poor */
  readonly evidence_grade: string;
  readonly caveats: readonly Caveat[];
  readonly evidence_refs: readonly EvidenceRef[];
  readonly model_version: string;
  readonly calibration_version: string;
  /** policies that decided, joined by + */
  readonly policy_version: string;
  /** 8 hex digits over the effective thresholds */
  readonly config_hash: string;
}
