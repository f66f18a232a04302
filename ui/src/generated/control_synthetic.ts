/** Record of `control.synthetic`. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { Counter, Nanos } from "./scalars";

/** What is asked of the synthetic market, what it has done, and how it is now. */
export interface SyntheticControl {
  /** wall time at which it was said, ns UTC; it is what the log is searched by */
  readonly source_ts: Nanos;
  /** the same: nobody else saw it first */
  readonly ingest_ts: Nanos;
  /** number among those of who says it */
  readonly seq: Counter;
  /** sy:<session>:<kind>:<id> */
  readonly trace_id: string;
  /** topic and version of the shape */
  readonly schema_version: string;
  /** key of the message: asked, state, or <session>:<number of the change> */
  readonly entry: string;
  /** asked, applied or state */
  readonly kind: string;
  /** session of the feed, as in the ids of its records */
  readonly session: string;
  /** realistic, active or firehose: of options, and of which stocks there are */
  readonly mode: string;
  /** the same of trades in stocks; empty where they are quoted only */
  readonly equities_mode: string;
  /** seed of the session; it never changes */
  readonly seed: number;
  /** multiple of the mode's background prints */
  readonly prints_factor: number;
  /** multiple of the mode's option quotes */
  readonly quotes_factor: number;
  /** multiple of the mode's scenarios */
  readonly scenarios_factor: number;
  /** underlyings in which more happens */
  readonly focus: readonly string[];
  /** asked, applied: scenario that is begun once */
  readonly inject: string | null;
  /** its underlying; null for any that is free */
  readonly inject_symbol: string | null;
  /**
   * applied, state: number of the tick from which it holds; what a session emits is a function of
   * its seed, start and these
   */
  readonly tick: number | null;
  /** applied, state: market time of that tick, ns UTC */
  readonly effective_ts: Nanos | null;
  /** applied, state: newest request that was answered, empty for none */
  readonly last_command_id: string;
  /** applied, state: why the newest request could not be met, empty for met */
  readonly error: string;
}
