/** Record of `signals`. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { EvidenceRef } from "./nested";
import type { Counter, Nanos } from "./scalars";

/** Transitions of the strategies' state machines. */
export interface Signal {
  /** event time, ns UTC; of a derived record the event time at which it became knowable */
  readonly source_ts: Nanos;
  /** first receipt, ns UTC; of a derived record the largest of its inputs */
  readonly ingest_ts: Nanos;
  /** source sequence; of a derived record that of its last input */
  readonly seq: Counter;
  /** signal:<strategy>:<underlying>:<kind>:<boundary_ns> */
  readonly trace_id: string;
  /** topic and version of the shape */
  readonly schema_version: string;
  /** root symbol, key of the topic */
  readonly underlying_id: string;
  readonly strategy: string;
  /** entry_long, entry_short, exit or info */
  readonly kind: string;
  /** $ */
  readonly price: number;
  readonly reason: string;
  readonly details: Readonly<Record<string, string>>;
  readonly stop: number | null;
  readonly target: number | null;
  readonly atr: number | null;
  /** what it was decided on */
  readonly evidence_refs: readonly EvidenceRef[];
  /** policies that decided, joined by + */
  readonly policy_version: string;
  /** 8 hex digits over the effective thresholds */
  readonly config_hash: string;
}
