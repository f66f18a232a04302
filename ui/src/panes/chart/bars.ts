/** Bars of one symbol and interval in time order, and what is drawn of them. */
import type { EquityCandle } from "../../generated";

/** Bars held; past it the oldest are let go, a tenth at a time. */
export const MOST_BARS = 20_000;

/**
 * What putting a bar did: `revised` and `appended` need one update of the chart, `moved` a redraw,
 * since bars before it changed places.
 */
export type Put =
  | { readonly kind: "ignored" }
  | { readonly kind: "revised" | "appended"; readonly index: number }
  | { readonly kind: "moved" };

export class BarBook {
  private held: EquityCandle[] = [];

  get bars(): readonly EquityCandle[] {
    return this.held;
  }

  get last(): EquityCandle | undefined {
    return this.held.at(-1);
  }

  /** Place of the last bar that begins at or before a stamp; -1 when all begin later. */
  indexAt(start: string): number {
    let low = 0;
    let high = this.held.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.held[middle]?.window_start ?? "") <= start) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  put(bar: EquityCandle): Put {
    const last = this.held.length - 1;
    const newest = this.held[last];
    if (newest === undefined || bar.window_start > newest.window_start) {
      this.held.push(bar);
      if (this.held.length <= MOST_BARS) return { kind: "appended", index: last + 1 };
      this.held = this.held.slice(MOST_BARS / 10);
      return { kind: "moved" };
    }
    const index = this.indexAt(bar.window_start);
    const there = this.held[index];
    if (there?.window_start !== bar.window_start) {
      this.held.splice(index + 1, 0, bar);
      return { kind: "moved" };
    }
    if (bar.revision <= there.revision) return { kind: "ignored" };
    this.held[index] = bar;
    return { kind: "revised", index };
  }

  /** Put a page of older bars in front; returns how many are new. */
  prepend(page: readonly EquityCandle[]): number {
    const first = this.held[0]?.window_start;
    const older = page
      .filter((bar) => first === undefined || bar.window_start < first)
      .sort((a, b) => (a.window_start < b.window_start ? -1 : 1));
    this.held = [...older, ...this.held];
    return older.length;
  }

  clear(): void {
    this.held = [];
  }
}

/** The four prices of a bar; null before the first price of a session. */
export interface Prices {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

function pricesOf(bar: EquityCandle): Prices | null {
  const { open, high, low, close } = bar;
  return open === null || high === null || low === null || close === null
    ? null
    : { open, high, low, close };
}

/** One Heikin-Ashi bar from the true prices and the Heikin-Ashi bar before it. */
export function heikinAshi(prices: Prices, before: Prices | null): Prices {
  const close = (prices.open + prices.high + prices.low + prices.close) / 4;
  const open =
    before === null ? (prices.open + prices.close) / 2 : (before.open + before.close) / 2;
  return {
    open,
    high: Math.max(prices.high, open, close),
    low: Math.min(prices.low, open, close),
    close,
  };
}

/**
 * What candles show of each bar, Heikin-Ashi or true, from place `from` on.
 *
 * `drawn` holds what was drawn before and is brought up to date in place: a revised bar changes
 * every Heikin-Ashi bar after it and no other. A bar without prices breaks the chain.
 */
export function drawPrices(
  bars: readonly EquityCandle[],
  drawn: (Prices | null)[],
  from: number,
  isHeikinAshi: boolean,
): void {
  drawn.length = Math.max(0, Math.min(drawn.length, from));
  for (let at = drawn.length; at < bars.length; at += 1) {
    const bar = bars[at];
    const prices = bar === undefined ? null : pricesOf(bar);
    drawn.push(prices !== null && isHeikinAshi ? heikinAshi(prices, drawn[at - 1] ?? null) : prices);
  }
}
