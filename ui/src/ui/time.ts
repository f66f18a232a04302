/**
 * The one place where instants become text (terminal specification, 3).
 *
 * Stamps are 19-digit nanosecond strings; their fraction is cut from the string, never computed
 * through a JS number. Eastern time by default; `zone` is the switch of the whole terminal.
 */
import type { IsoDate, Nanos } from "../generated";
import { createStore } from "../stores/store";
import { MISSING } from "./number";

export type Zone = "ET" | "UTC";

export const zone = createStore<Zone>("ET");

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

const newYork = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/New_York",
  hourCycle: "h23",
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
  minute: "numeric",
  second: "numeric",
});

const offsets = new Map<number, number>();

/**
 * Milliseconds to add to UTC for New York's wall clock.
 *
 * The offset changes only on a full UTC hour, so one look-up in the zone database an hour is exact;
 * formatting 300 cells a frame through Intl would cost the frame.
 */
export function newYorkOffsetMs(ms: number): number {
  const hour = Math.floor(ms / HOUR_MS);
  const known = offsets.get(hour);
  if (known !== undefined) return known;
  const start = hour * HOUR_MS;
  const part: Record<string, number> = {};
  for (const { type, value } of newYork.formatToParts(start)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour: hours = 0, minute = 0, second = 0 } = part;
  const offset = Date.UTC(year, month - 1, day, hours, minute, second) - start;
  if (offsets.size > 4096) offsets.clear();
  offsets.set(hour, offset);
  return offset;
}

function shifted(ms: number, in_: Zone): number {
  return in_ === "ET" ? ms + newYorkOffsetMs(ms) : ms;
}

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));

function clockText(ms: number): string {
  const seconds = Math.floor((((ms % DAY_MS) + DAY_MS) % DAY_MS) / 1000);
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** Whether a stamp can be read: 19 digits, as the gateway sends them. */
function isNanos(ns: Nanos | null | undefined): ns is Nanos {
  return typeof ns === "string" && /^\d{19}$/.test(ns);
}

/** Milliseconds of a stamp, for arithmetic that needs no more; NaN when it is none. */
export function millis(ns: Nanos | null | undefined): number {
  return isNanos(ns) ? Number(ns.slice(0, 13)) : Number.NaN;
}

/**
 * Time of day with `digits` decimals of the second (0 to 9): `14:32:07.123`.
 *
 * The fraction is cut, not rounded, so a time never shows a second it has not reached.
 */
export function timeOf(ns: Nanos | null | undefined, digits = 3, in_: Zone = zone.get()): string {
  if (!isNanos(ns)) return MISSING;
  const text = clockText(shifted(millis(ns), in_));
  return digits > 0 ? `${text}.${ns.slice(10, 10 + digits)}` : text;
}

/** Calendar date of a stamp in the zone shown, `2026-11-19`. */
export function dateOf(ns: Nanos | null | undefined, in_: Zone = zone.get()): string {
  return isNanos(ns) ? new Date(shifted(millis(ns), in_)).toISOString().slice(0, 10) : MISSING;
}

/** Date, time, and zone with all nine digits, for hover and the drawer. */
export function stampExact(ns: Nanos | null | undefined, in_: Zone = zone.get()): string {
  return isNanos(ns) ? `${dateOf(ns, in_)} ${timeOf(ns, 9, in_)} ${in_}` : MISSING;
}

/** Time of day of epoch milliseconds, without fraction: the clock. */
export function clockOf(ms: number, in_: Zone = zone.get()): string {
  return clockText(shifted(ms, in_));
}

/** A calendar date as operators say it: `21 Nov`, with the year when it is another than `beside`'s. */
export function dayOf(date: IsoDate | null | undefined, beside?: IsoDate | null): string {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date ?? "");
  if (match === null) return MISSING;
  const [, year = "", month = "", day = ""] = match;
  const short = `${Number(day)} ${MONTHS[Number(month) - 1] ?? "?"}`;
  return beside && !beside.startsWith(year) ? `${short} ’${year.slice(2)}` : short;
}

/** How long ago, for tooltips only: `12 s ago`. */
export function ageOf(ns: Nanos | null | undefined, nowMs: number): string {
  if (!isNanos(ns)) return MISSING;
  const seconds = Math.max(0, Math.round((nowMs - millis(ns)) / 1000));
  if (seconds < 120) return `${seconds} s ago`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`;
  return `${Math.round(seconds / 3600)} h ago`;
}

/** Switch every time of the terminal between ET and UTC. */
export function switchZone(): void {
  zone.set((before) => (before === "ET" ? "UTC" : "ET"));
}
