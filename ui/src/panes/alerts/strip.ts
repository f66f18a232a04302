/** Counts of the severity strip: alerts in five-minute buckets, held ones joined with stored ones. */
import type { FlowAlert } from "../../generated";
import { millis } from "../../ui/time";
import { SEVERITIES } from "./words";
import type { Severity } from "./words";

export const BUCKET_MS = 300_000;

export interface Bucket {
  /** Start, ms since 1970. */
  readonly start: number;
  readonly high: number;
  readonly medium: number;
  readonly low: number;
}

interface MixCount {
  readonly window_start: string;
  readonly name: string;
  readonly events: number;
}

type Counts = Record<Severity, number>;

function isSeverity(name: string): name is Severity {
  return (SEVERITIES as readonly string[]).includes(name);
}

/**
 * Buckets, oldest first; five minutes without an alert have none.
 *
 * A bucket that began after the oldest held alert is wholly held, and counted from what is held; an
 * older one is the store's count, or the held part of it where the store has not come so far.
 */
export function bucketsOf(held: readonly FlowAlert[], stored: readonly MixCount[]): readonly Bucket[] {
  const counted = new Map<number, Counts>();
  const kept = new Map<number, Counts>();
  const add = (to: Map<number, Counts>, start: number, name: Severity, by: number): void => {
    const counts = to.get(start) ?? { high: 0, medium: 0, low: 0 };
    counts[name] += by;
    to.set(start, counts);
  };
  let oldest = Number.POSITIVE_INFINITY;
  for (const { first_ts, severity, state } of held) {
    const at = millis(first_ts);
    oldest = Math.min(oldest, at);
    if (state !== "retracted" && isSeverity(severity)) {
      add(counted, Math.floor(at / BUCKET_MS) * BUCKET_MS, severity, 1);
    }
  }
  for (const { window_start, name, events } of stored) {
    if (isSeverity(name)) add(kept, millis(window_start), name, events);
  }
  const starts = new Set([...counted.keys(), ...kept.keys()]);
  const none: Counts = { high: 0, medium: 0, low: 0 };
  return [...starts].sort((a, b) => a - b).map((start) => {
    const mine = counted.get(start) ?? none;
    const theirs = kept.get(start) ?? none;
    const isWhole = start >= oldest;
    const pick = (name: Severity): number => (isWhole ? mine[name] : Math.max(mine[name], theirs[name]));
    return { start, high: pick("high"), medium: pick("medium"), low: pick("low") };
  });
}

export function totalOf(buckets: readonly Bucket[], severity: Severity): number {
  return buckets.reduce((sum, bucket) => sum + bucket[severity], 0);
}
