/** Scalars of the gateway's JSON. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

/** Nanoseconds since 1970 UTC as 19 digits; equal length, so they compare as strings. */
export type Nanos = string;
/** A 64-bit counter: a number below 2^53, else its digits. */
export type Counter = number | string;
/** A calendar date, `YYYY-MM-DD`. */
export type IsoDate = string;
/** Names of the fields that hold `Nanos`, for views that show records whole. */
export const NANOS_FIELDS: ReadonlySet<string> = new Set([
  "announced_ts",
  "as_of_ts",
  "effective_ts",
  "end_ts",
  "event_ts",
  "exec_ts",
  "first_ts",
  "from_ts",
  "ingest_ts",
  "join_ts",
  "last_ts",
  "nbbo_ts",
  "published_ts",
  "quote_ts",
  "since_ts",
  "source_ts",
  "start_ts",
  "to_ts",
  "ts",
  "underlying_ts",
  "visible_from_ts",
  "window_end",
  "window_end_ts",
  "window_start",
  "window_start_ts",
]);
