/** Record of `options.nbbo`. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { Counter, Nanos } from "./scalars";

/** National best bid and offer of watched or sampled option contracts. */
export interface OptionsNbbo {
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
  /** stream or snapshot */
  readonly kind: string;
  /** $ per unit */
  readonly bid: number;
  /** $ per unit */
  readonly ask: number;
  /** contracts */
  readonly bid_size: number;
  /** contracts */
  readonly ask_size: number;
  readonly bid_venue: string | null;
  readonly ask_venue: string | null;
}
