/** Record of `refdata.events`. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { Counter, Nanos } from "./scalars";

/** Scheduled events of underlyings as announced; source_ts is when that was. */
export interface MarketEvent {
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
  readonly source: string;
  readonly event_id: string;
  readonly underlying_id: string;
  /** earnings, dividend, split, fda, macro, halt, resume, luld, status */
  readonly kind: string;
  /** when it takes place, ns UTC */
  readonly event_ts: Nanos;
  /** when it became known, ns UTC; nothing may use it earlier */
  readonly announced_ts: Nanos;
  /** bmo, amc or unknown */
  readonly timing: string;
}
