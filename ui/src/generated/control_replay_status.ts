/** Record of `control.replay-status`. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { Counter, Nanos } from "./scalars";

/** How a replay run is doing; the newest of a run counts. */
export interface ReplayStatus {
  /** wall time at which it was stated, ns UTC; it is what the log is searched by */
  readonly source_ts: Nanos;
  /** the same: nobody else saw it first */
  readonly ingest_ts: Nanos;
  /** number of the state among those of its run */
  readonly seq: Counter;
  /** rs:<run>:<seq> */
  readonly trace_id: string;
  /** topic and version of the shape */
  readonly schema_version: string;
  /** name of the run */
  readonly run: string;
  /** created, warming, playing, paused, seeking, finished, stopped, failed, deleted */
  readonly state: string;
  /** log or store */
  readonly replays_from: string;
  /** prefix of the topics it writes, without the dot */
  readonly topic_namespace: string;
  /** ClickHouse database of what it derived, empty for none */
  readonly stored_in: string;
  /** newest command that has taken effect, empty for none */
  readonly last_command_id: string;
  /** what went wrong, empty for nothing */
  readonly error: string;
  /** true, false or unknown */
  readonly matches_live: string;
  /** 1, one more after each seek backwards */
  readonly generation: number;
  /** multiple of real time, 0 flat out */
  readonly speed: number;
  /** first event time asked for, ns UTC; 0 for the first record */
  readonly from_ts: Nanos;
  /** first event time not replayed, ns UTC; 0 for the end */
  readonly to_ts: Nanos;
  /** event time reached, ns UTC */
  readonly event_ts: Nanos | null;
  /** what lies before it is warm-up and not to be shown, ns UTC */
  readonly visible_from_ts: Nanos | null;
  /** share of the records read, 0 to 1 */
  readonly progress: number | null;
  /** records read, by raw topic */
  readonly records: Readonly<Record<string, number>>;
  /** records not yet read, by flow */
  readonly lag: Readonly<Record<string, number>>;
  /** SHA-256 of derived topics, where they were asked for */
  readonly digests: Readonly<Record<string, string>>;
  /** what comparing it with live found or is doing, empty where it was not asked for */
  readonly comparison: string;
}
