/** Rows of the table of bars in view. */
import type { EquityCandle } from "../../generated";
import type { Zone } from "../../ui/time";
import { barSeconds, barText } from "./interval";

export interface BarRow {
  readonly id: string;
  readonly time: string;
  readonly open: number | null;
  readonly high: number | null;
  readonly low: number | null;
  readonly close: number | null;
  /** Against the close of the bar before, $; null where either has none. */
  readonly change: number | null;
  readonly direction: "up" | "down" | "flat";
  readonly glyph: string;
  readonly volume: number;
  readonly offExchange: number;
  readonly vwap: number | null;
  readonly prints: number;
  readonly isForming: boolean;
  readonly marks: readonly string[];
}

interface Seen {
  readonly bar: EquityCandle;
  readonly marks: readonly string[];
}

/** One row a bar, in the order given: newest first. */
export function barRows(seen: readonly Seen[], intervalMs: number, zone: Zone): readonly BarRow[] {
  return seen.map(({ bar, marks }, at) => {
    const before = seen[at + 1]?.bar.close ?? null;
    const by = bar.close === null || before === null ? null : bar.close - before;
    const direction = by === null || by === 0 ? "flat" : by > 0 ? "up" : "down";
    return {
      id: bar.trace_id,
      time: barText(barSeconds(bar.window_start, intervalMs, zone), intervalMs, zone),
      open: bar.open,
      high: bar.high,
      low: bar.low,
      close: bar.close,
      change: by,
      direction,
      glyph: direction === "up" ? "▲ " : direction === "down" ? "▼ " : "",
      volume: bar.volume,
      offExchange: bar.off_exchange_volume,
      vwap: bar.vwap,
      prints: bar.trade_count,
      isForming: !bar.closed,
      marks,
    };
  });
}
