/** What this tab knows of the system's condition: heartbeats, and its own figures. */
import type { ChannelHealth } from "../wire/frames";
import type { Percentiles } from "./percentiles";
import { createStore } from "./store";

export interface Health {
  /** Last heartbeat by channel; empty before the first. */
  readonly channels: Readonly<Record<string, ChannelHealth>>;
  /** Records received a second by this tab, all subscriptions. */
  readonly rowsPerSecond: number | null;
  /** Records this tab was told it lost since it was opened. */
  readonly dropped: number;
  /** Times a tape was told that it cannot be resumed where it stopped. */
  readonly gaps: number;
  readonly framesPerSecond: number | null;
  readonly frameWork: Percentiles | null;
  /** Commits a second the governor allows a tape. */
  readonly commitRate: number;
  readonly paint: Readonly<Record<string, Percentiles | null>>;
  /** Half of the last round trip, ms. */
  readonly oneWayMs: number | null;
}

export const health = createStore<Health>({
  channels: {},
  rowsPerSecond: null,
  dropped: 0,
  gaps: 0,
  framesPerSecond: null,
  frameWork: null,
  commitRate: 60,
  paint: {},
  oneWayMs: null,
});

export function patchHealth(part: Partial<Health>): void {
  health.patch(part);
}

/** The slowest panes decide: the greatest p50 and p99 to paint of all panes, ms. */
export function worstPaint(paint: Health["paint"]): { p50: number; p99: number } | null {
  const known = Object.values(paint).filter((each) => each !== null);
  if (known.length === 0) return null;
  return {
    p50: Math.max(...known.map((each) => each.p50)),
    p99: Math.max(...known.map((each) => each.p99)),
  };
}
