/** Record of `equities.quotes`. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { Counter, Nanos } from "./scalars";

/** Quotes of the underlyings; both sides always given, null means no quote on that side. */
export interface EquityQuote {
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
  readonly underlying_id: string;
  /** nbbo, or venue when the feed knows one venue only */
  readonly scope: string;
  readonly consolidated: boolean;
  /** $ */
  readonly bid: number | null;
  /** $ */
  readonly ask: number | null;
  /** shares */
  readonly bid_size: number | null;
  /** shares */
  readonly ask_size: number | null;
  readonly bid_exchange: string | null;
  readonly ask_exchange: string | null;
  readonly conditions: readonly string[];
  readonly tape: string | null;
}
