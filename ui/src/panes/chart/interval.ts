/** Lengths of bars, and where a bar stands on the axis. */
import type { Nanos } from "../../generated";
import { millis, newYorkOffsetMs } from "../../ui/time";
import type { Zone } from "../../ui/time";

export interface Interval {
  readonly ms: number;
  readonly text: string;
}

export const DAY_MS = 86_400_000;

export const INTERVALS: readonly Interval[] = [
  { ms: 1_000, text: "1s" },
  { ms: 5_000, text: "5s" },
  { ms: 60_000, text: "1m" },
  { ms: 300_000, text: "5m" },
  { ms: 900_000, text: "15m" },
  { ms: 1_800_000, text: "30m" },
  { ms: 3_600_000, text: "1h" },
  { ms: DAY_MS, text: "1d" },
];

export function intervalText(ms: number): string {
  return INTERVALS.find((each) => each.ms === ms)?.text ?? `${ms} ms`;
}

/** The interval `by` places further on; the ends hold. */
export function stepInterval(ms: number, by: 1 | -1): number {
  const at = INTERVALS.findIndex((each) => each.ms === ms);
  const next = INTERVALS[Math.min(INTERVALS.length - 1, Math.max(0, at + by))];
  return next?.ms ?? ms;
}

/**
 * Seconds of an instant on the axis: those of the wall clock in the zone shown.
 *
 * The axis library knows UTC only and sets its marks on full hours and days of what it is given, so
 * the wall clock's own seconds are given. A day's bar begins at midnight of the exchange and is the
 * same date in every zone.
 */
export function axisSeconds(ms: number, intervalMs: number, zone: Zone): number {
  const shift = zone === "ET" || intervalMs === DAY_MS ? newYorkOffsetMs(ms) : 0;
  return Math.floor((ms + shift) / 1000);
}

export function barSeconds(start: Nanos, intervalMs: number, zone: Zone): number {
  return axisSeconds(millis(start), intervalMs, zone);
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const two = (value: number): string => String(value).padStart(2, "0");

/** Kinds of marks as the axis library numbers them. */
const YEAR = 0;
const MONTH = 1;
const DAY = 2;
const SECONDS = 4;

/** Label of a mark on the axis, from the wall clock's seconds. */
export function tickText(seconds: number, kind: number): string {
  const at = new Date(seconds * 1000);
  if (kind === YEAR) return String(at.getUTCFullYear());
  if (kind === MONTH) return MONTHS[at.getUTCMonth()] ?? "";
  if (kind === DAY) return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()] ?? ""}`;
  const clock = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
  return kind === SECONDS ? `${clock}:${two(at.getUTCSeconds())}` : clock;
}

/** Date and time of a bar for the crosshair and the readout, from the wall clock's seconds. */
export function barText(seconds: number, intervalMs: number, zone: Zone): string {
  const at = new Date(seconds * 1000);
  const day = `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()] ?? ""}`;
  if (intervalMs === DAY_MS) return `${day} ${at.getUTCFullYear()}`;
  const clock = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
  return `${day} ${clock}${intervalMs < 60_000 ? `:${two(at.getUTCSeconds())}` : ""} ${zone}`;
}
