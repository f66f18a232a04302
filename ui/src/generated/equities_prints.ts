/** Record of `equities.prints`. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { Counter, Nanos } from "./scalars";

/** Trade reports of equities as the feed gave them; a cancel is a record of its own. */
export interface EquityPrint {
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
  /** feed, e.g. alpaca, synthetic, file-lean */
  readonly source: string;
  /** root symbol, key of the topic */
  readonly underlying_id: string;
  /** $ */
  readonly price: number;
  /** shares, above 0; of a cancel those it takes away */
  readonly size: number;
  /** SIP participant letter, passed through when unknown */
  readonly exchange: string;
  /** reported by a FINRA facility */
  readonly off_exchange_flag: boolean;
  /** trade or cancel */
  readonly action: string;
  /** pre, rth, post or closed */
  readonly session: string;
  /** canonical sale-condition letters */
  readonly conditions: readonly string[];
  /** as received */
  readonly raw_conditions: readonly string[];
  /**
   * N NYSE TRF, Q Nasdaq TRF Carteret, B Nasdaq TRF Chicago, A ADF; null when the feed does not
   * tell
   */
  readonly trf_id: string | null;
  /** A, B (CTA) or C (UTP) */
  readonly tape: string | null;
  /** participant's execution time, ns UTC, when the feed gives it beside the publication time */
  readonly exec_ts: Nanos | null;
  /** cancel: the print it removes; corrected trade: the print it replaces */
  readonly ref_trace_id: string | null;
}
