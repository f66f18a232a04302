/** Record of `baselines.snapshots`. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { Counter, IsoDate, Nanos } from "./scalars";

/** Rolling baselines of one key at the end of a session, to start a flow from. */
export interface BaselineSnapshot {
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
  /** bs:<underlying>:<session date>, shared by all keys of an underlying */
  readonly snapshot_id: string;
  readonly underlying_id: string;
  /** contract, underlying or tod */
  readonly level: string;
  /** contract id, underlying, or underlying#bucket */
  readonly key: string;
  /** last session the key holds */
  readonly session_date: IsoDate;
  /** event time of the newest print of the underlying in it, ns UTC */
  readonly as_of_ts: Nanos;
  /** version of the layout of state */
  readonly form: string;
  /** base64 of msgpack: ring buffers as little-endian float64, with their moments */
  readonly state: string;
  /** policies that decided, joined by + */
  readonly policy_version: string;
  /** 8 hex digits over the effective thresholds */
  readonly config_hash: string;
}
