/** Record of `refdata.open-interest`. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { Counter, IsoDate, Nanos } from "./scalars";

/** Open interest of a contract at a session's end: source_ts is when it was published. */
export interface OpenInterest {
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
  readonly option_contract_id: string;
  readonly underlying_id: string;
  /** contracts */
  readonly oi: number;
  /** positions at that session's end */
  readonly as_of_date: IsoDate;
  /** when it became known, ns UTC; nothing may use it earlier */
  readonly published_ts: Nanos;
}
