/**
 * A replay run as the gateway states it, and the arithmetic of its one clock (terminal, 6.9).
 *
 * Pure: statuses and wall time in, text and instants out. Instants are epoch milliseconds; what is
 * sent to the gateway is 19 digits of nanoseconds.
 */
import type { Nanos } from "../../generated";
import type { RunOut } from "../../generated/rest";
import { clockOf, dateOf, millis, newYorkOffsetMs } from "../../ui/time";
import type { Zone } from "../../ui/time";

/** Answer of `/replay/runs/{id}`, and item of the channel `replay-clock`. */
export type Run = RunOut;

export const SPEEDS = [0.25, 0.5, 1, 2, 5, 10, 25, 50, 100, 0] as const;
/** A run that has not spoken for so long is not taken to have gone on. */
const FORESEEN_MS = 2_000;
const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;

/** `×10`, `flat out`. */
export function speedText(speed: number): string {
  return speed === 0 ? "flat out" : `×${speed}`;
}

/** The next faster (+1) or slower (−1) speed of the scale; flat out is the fastest. */
export function nextSpeed(speed: number, by: 1 | -1): number {
  const size = (value: number): number => (value === 0 ? Number.POSITIVE_INFINITY : value);
  const now = size(speed);
  const found =
    by > 0 ? SPEEDS.find((each) => size(each) > now) : SPEEDS.findLast((each) => size(each) < now);
  return found ?? speed;
}

/** Whether a run takes commands: one that is only being set up refuses them. */
export function canMove(run: Run): boolean {
  return run.live && (run.state === "playing" || run.state === "paused");
}

export function isPlaying(run: Run): boolean {
  return run.state === "playing" && run.live;
}

/**
 * Event time of a run at a wall time, ms; null before its first record.
 *
 * Between two statuses it goes on at the run's speed, for two seconds at most and never past the
 * run's end; flat out it stands where the run last said.
 */
export function runTime(run: Run, wallMs: number): number | null {
  const at = millis(run.clock.event_ts);
  if (Number.isNaN(at)) return null;
  if (!isPlaying(run) || run.speed === 0) return at;
  const since = Math.min(FORESEEN_MS, Math.max(0, wallMs - millis(run.clock.wall_ts)));
  const end = millis(run.end_ts);
  const reached = at + since * run.speed;
  return Number.isNaN(end) ? reached : Math.max(at, Math.min(end, reached));
}

/** A time as the badge has it, date first. */
export function stampOf(ms: number, zone: Zone): string {
  return `${dateOf(nanosOf(ms), zone)} ${clockOf(ms, zone)} ${zone}`;
}

/** `REPLAY 2026-11-19 14:32:07 ET ×10`, with the state where the run does not play. */
export function badgeText(run: Run | null, name: string, ms: number | null, zone: Zone): string {
  if (run === null) return `REPLAY ${name}`;
  const at = ms === null ? "before its first record" : stampOf(ms, zone);
  const ended = run.state !== "finished" ? "stopped" : run.matches_live === "true" ? "identical to live" : run.state;
  const how = isPlaying(run) ? speedText(run.speed) : run.live ? run.state : ended;
  return `REPLAY ${at} ${how}`;
}

export function nanosOf(ms: number): Nanos {
  return `${Math.floor(ms)}000000`.padStart(19, "0");
}

export interface Bounds {
  readonly from: number;
  readonly to: number;
}

/** What the seek slider spans: the run's range, else the regular session of its day. */
export function boundsOf(run: Run): Bounds | null {
  const known = [run.start_ts, run.visible_from_ts, run.clock.event_ts].map(millis);
  const at = known.find((each) => !Number.isNaN(each));
  if (at === undefined) return null;
  const offset = newYorkOffsetMs(at);
  const midnight = Math.floor((at + offset) / DAY_MS) * DAY_MS - offset;
  const now = millis(run.clock.event_ts);
  const start = millis(run.start_ts);
  const end = millis(run.end_ts);
  const open = midnight + 570 * MINUTE_MS;
  const from = Number.isNaN(start) ? Math.min(open, Number.isNaN(now) ? at : Math.min(now, at)) : start;
  const latest = Math.max(midnight + 960 * MINUTE_MS, Number.isNaN(now) ? at : now);
  return { from, to: Number.isNaN(end) ? latest : end };
}

/**
 * Instant of a typed wall-clock time; null where it is none.
 *
 * Takes `14:32`, `14:32:07.5` (of the day `beside` falls on) and `2026-11-19 14:32`. A time that
 * New York skips in spring is read as an hour later; one that it has twice, as the first.
 */
export function parseWallTime(text: string, beside: number, zone: Zone = "ET"): number | null {
  const match = /^(?:(\d{4})-(\d{2})-(\d{2})[ T])?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?$/.exec(text.trim());
  if (match === null) return null;
  const [, year, month, day, hour = "", minute = "", second = "0", fraction = "0"] = match;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const date = year === undefined ? dateOf(nanosOf(beside), zone) : `${year}-${month ?? ""}-${day ?? ""}`;
  const midnight = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== date) return null;
  const wall =
    midnight + Number(hour) * 3_600_000 + Number(minute) * MINUTE_MS + Number(second) * 1000 + Number(fraction.padEnd(3, "0"));
  if (zone === "UTC") return wall;
  // Standard and daylight time: the earlier instant that reads as typed, else the later of both.
  const both = [wall - newYorkOffsetMs(wall - DAY_MS / 2), wall - newYorkOffsetMs(wall + DAY_MS / 2)].sort((a, b) => a - b);
  return both.find((each) => each + newYorkOffsetMs(each) === wall) ?? both[1] ?? null;
}

/** What became of the comparison with live, in words. */
export function verdictOf(run: Run): string | null {
  const told = run.comparison === "" ? "" : `: ${run.comparison}`;
  if (run.matches_live === "true") return `identical to live${told}`;
  if (run.matches_live === "false") return `differs from live${told}`;
  return run.comparison === "" ? null : run.comparison;
}
