/** Record of `flow.classifier-hits`. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { ConfidenceTerm, EvidenceRef } from "./nested";
import type { Counter, Nanos } from "./scalars";

/** A named pattern that fired on a packet, with its terms and sentences. */
export interface ClassifierHit {
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
  readonly hit_id: string;
  readonly classifier_id: string;
  readonly variant: string | null;
  readonly revision: number;
  /** initial or followup */
  readonly phase: string;
  readonly direction: string;
  readonly confidence: number;
  readonly confidence_terms: readonly ConfidenceTerm[];
  readonly explanations: readonly string[];
  readonly underlying_id: string;
  readonly option_contract_id: string | null;
  readonly packet_id: string;
  readonly smart_money_event_id: string;
  /** primary profile of the event */
  readonly profile_id: string | null;
  readonly references_packet_id: string | null;
  readonly start_ts: Nanos;
  readonly end_ts: Nanos;
  readonly retracted: boolean;
  readonly evidence_refs: readonly EvidenceRef[];
  /** policies that decided, joined by + */
  readonly policy_version: string;
  /** 8 hex digits over the effective thresholds */
  readonly config_hash: string;
}
