/**
 * The terminal's clock: event time of what is shown, and the gateway's wall time.
 *
 * While events are at most 10 s behind the gateway's clock the display follows that clock, so it
 * ticks when the tape is quiet; otherwise (replay, an old session, a delayed feed) it shows the
 * newest event time itself.
 */
import type { Nanos } from "../generated";
import { createStore } from "./store";

const FOLLOWS_WALL_MS = 10_000;

export interface Clock {
  /** Newest event time any subscription has reached. */
  readonly eventTs: Nanos | null;
  /** Gateway time minus this machine's, ms. */
  readonly offsetMs: number;
}

export const clock = createStore<Clock>({ eventTs: null, offsetMs: 0 });

export function sawEventTime(ts: Nanos): void {
  const { eventTs } = clock.get();
  if (eventTs === null || ts > eventTs) clock.patch({ eventTs: ts });
}

/** What the clock shows, ms UTC, and whether that is the wall clock. */
export function clockReading(state: Clock, now: number): { ms: number; isWall: boolean } {
  const wall = now + state.offsetMs;
  if (state.eventTs === null) return { ms: wall, isWall: true };
  const event = Number(state.eventTs.slice(0, 13));
  const follows = Math.abs(wall - event) <= FOLLOWS_WALL_MS;
  return follows ? { ms: wall, isWall: true } : { ms: event, isWall: false };
}
