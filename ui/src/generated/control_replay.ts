/** Record of `control.replay`. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { Counter, Nanos } from "./scalars";

/** What an operator or program asks of a replay run. */
export interface ReplayCommand {
  /** wall time at which it was given, ns UTC; it is what the log is searched by */
  readonly source_ts: Nanos;
  /** the same: nobody else saw it first */
  readonly ingest_ts: Nanos;
  /** number of the command among those of its giver */
  readonly seq: Counter;
  /** id of the command; one that is met twice is carried out once */
  readonly trace_id: string;
  /** topic and version of the shape */
  readonly schema_version: string;
  /** name of the run */
  readonly run: string;
  /** create, pause, resume, seek, step, speed, stop, delete */
  readonly action: string;
  /** seek: event time to go to, ns UTC */
  readonly ts: Nanos | null;
  /** step: event, ms, bar or alert */
  readonly by: string | null;
  /** step: how many */
  readonly n: number | null;
  /** speed: multiple of real time, 0 flat out */
  readonly speed: number | null;
  /** create: the run's request as JSON */
  readonly request: string | null;
}
