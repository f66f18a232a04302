/** Off-exchange prints as circles: which of them are drawn, and how large (terminal, 8). */
import type { EquityJoin } from "../../generated";
import { millis } from "../../ui/time";

const MOST_CIRCLES = 400;
/** Prints held for the circles of one chart. */
export const MOST_PRINTS = 8_000;
const LEAST_PX = 2;
const MOST_PX = 12;

export interface Print {
  readonly ms: number;
  readonly join: EquityJoin;
}

/** clamp(10 · √(size ÷ p99 size in view), 2, 12) px. */
export function radius(size: number, p99: number): number {
  const grown = p99 > 0 ? 10 * Math.sqrt(size / p99) : LEAST_PX;
  return Math.min(MOST_PX, Math.max(LEAST_PX, grown));
}

/** Prints in time order; ids once, a greater revision in place of the smaller. */
export class PrintBook {
  private held: Print[] = [];
  private readonly places = new Map<string, EquityJoin>();

  get prints(): readonly Print[] {
    return this.held;
  }

  put(joins: readonly EquityJoin[]): void {
    let isSorted = true;
    for (const join of joins) {
      const before = this.places.get(join.trace_id);
      if (before !== undefined) this.held = this.held.filter((each) => each.join !== before);
      this.places.delete(join.trace_id);
      // A cancelled print never happened; one outside its volume rules is no print of its own.
      if (join.cancelled || !join.eligible_volume) continue;
      const ms = millis(join.source_ts);
      isSorted &&= ms >= (this.held.at(-1)?.ms ?? 0);
      this.held.push({ ms, join });
      this.places.set(join.trace_id, join);
    }
    if (!isSorted) this.held.sort((a, b) => a.ms - b.ms);
    if (this.held.length > MOST_PRINTS) this.letGo(this.held.length - MOST_PRINTS * 0.9);
  }

  private letGo(count: number): void {
    const gone = this.held.splice(0, Math.floor(count));
    for (const { join } of gone) this.places.delete(join.trace_id);
  }

  clear(): void {
    this.held = [];
    this.places.clear();
  }

  /** Prints of [from, to) ms. */
  between(from: number, to: number): readonly Print[] {
    return this.held.slice(this.placeOf(from), this.placeOf(to));
  }

  private placeOf(ms: number): number {
    let low = 0;
    let high = this.held.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.held[middle]?.ms ?? 0) < ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** How many circles a bar gets: hundreds on one would hide it and say nothing. */
export interface PerBar {
  readonly barOf: (ms: number) => number | null;
  readonly most: number;
}

/** The largest of each bar. */
function largestPerBar(prints: readonly Print[], { barOf, most }: PerBar): readonly Print[] {
  const byBar = new Map<number, Print[]>();
  for (const print of prints) {
    const bar = Math.floor(barOf(print.ms) ?? -1);
    byBar.set(bar, [...(byBar.get(bar) ?? []), print]);
  }
  return [...byBar.values()].flatMap((each) =>
    each.length <= most
      ? each
      : each.toSorted((a, b) => b.join.size - a.join.size).slice(0, most).sort((a, b) => a.ms - b.ms),
  );
}

export interface ThinnedPrints {
  readonly shown: readonly Print[];
  /** Prints in view that got no circle. */
  readonly folded: number;
  /** 99th percentile of the sizes in view, shares. */
  readonly p99: number;
}

/** The largest prints of a view, at most `most` and so many of a bar; of equal ones the newest. */
export function thinPrints(all: readonly Print[], perBar: PerBar | null = null, most = MOST_CIRCLES): ThinnedPrints {
  const inView = perBar === null ? all : largestPerBar(all, perBar);
  const sizes = Float64Array.from(all, ({ join }) => join.size).sort();
  const p99 = sizes[Math.max(0, Math.ceil(sizes.length * 0.99) - 1)] ?? 0;
  const shown = inView.length <= most ? inView : largest(inView, most);
  return { shown, folded: all.length - shown.length, p99 };
}

function largest(inView: readonly Print[], most: number): readonly Print[] {
  const sizes = Float64Array.from(inView, ({ join }) => join.size).sort();
  const count = sizes.length;
  const floor = sizes[count - most] ?? 0;
  const shown: Print[] = [];
  let ties = most;
  for (const { join } of inView) if (join.size > floor) ties -= 1;
  for (let at = count - 1; at >= 0; at -= 1) {
    const print = inView[at];
    if (print === undefined || print.join.size < floor) continue;
    if (print.join.size === floor) {
      if (ties <= 0) continue;
      ties -= 1;
    }
    shown.push(print);
  }
  return shown.reverse();
}
