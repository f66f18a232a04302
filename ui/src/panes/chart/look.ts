/** Looks of the chart from the terminal's tokens, and the line that reads out a bar. */
import { ColorType, CrosshairMode, LineStyle } from "lightweight-charts";
import type { Time } from "lightweight-charts";
import type { EquityCandle } from "../../generated";
import { change, compact, percent, price } from "../../ui/number";
import { zone } from "../../ui/time";
import { barText, tickText } from "./interval";
import type { Level } from "./lines";
import type { ChartColours } from "./palette";
import { withAlpha } from "./palette";

const seconds = (time: Time): number => (typeof time === "number" ? time : 0);

export function chartOptions(colours: ChartColours, intervalMs: number) {
  const label = { labelBackgroundColor: colours.edge, color: colours.edge, style: LineStyle.Dotted };
  return {
    autoSize: true,
    layout: {
      background: { type: ColorType.Solid as const, color: colours.panel },
      textColor: colours.dim,
      fontFamily: colours.font,
      fontSize: 11,
      attributionLogo: true,
    },
    grid: {
      vertLines: { color: withAlpha(colours.line, 0.5) },
      horzLines: { color: withAlpha(colours.line, 0.5) },
    },
    crosshair: { mode: CrosshairMode.Normal, vertLine: label, horzLine: label },
    rightPriceScale: { borderColor: colours.line, scaleMargins: { top: 0.12, bottom: 0.2 } },
    timeScale: {
      borderColor: colours.line,
      timeVisible: true,
      secondsVisible: intervalMs < 60_000,
      minBarSpacing: 0.6,
      tickMarkFormatter: (time: Time, kind: number) => tickText(seconds(time), kind),
    },
    localization: {
      locale: "en-US",
      priceFormatter: (value: number) => price(Math.round(value * 10_000) / 10_000),
      timeFormatter: (time: Time) => barText(seconds(time), intervalMs, zone.get()),
    },
    // The wheel zooms and drags pan; a press on an axis scales it.
    handleScale: { axisPressedMouseMove: true, mouseWheel: true, pinch: true },
  };
}

export function candleOptions(colours: ChartColours) {
  const { up, down } = colours;
  return {
    upColor: up,
    downColor: down,
    borderVisible: true,
    borderUpColor: up,
    borderDownColor: down,
    wickUpColor: up,
    wickDownColor: down,
    priceLineColor: colours.faint,
    priceLineStyle: LineStyle.Dotted,
  };
}

export function volumeOptions(colours: ChartColours, what: "all" | "off-exchange") {
  return {
    priceScaleId: "volume",
    priceFormat: { type: "volume" as const },
    color: what === "all" ? withAlpha(colours.faint, 0.45) : withAlpha(colours.of("profile-v"), 0.5),
    lastValueVisible: false,
    priceLineVisible: false,
  };
}

export function vwapOptions(colours: ChartColours) {
  return {
    color: colours.of("profile-e"),
    lineWidth: 1 as const,
    lastValueVisible: false,
    priceLineVisible: false,
    crosshairMarkerVisible: false,
  };
}

const LINE_TONES: Readonly<Record<Level["kind"], string>> = {
  poc: "accent",
  value: "info",
  lvn: "faint",
  "off-exchange": "profile-v",
};

export function lineOptions(level: Level, colours: ChartColours) {
  const isMain = level.kind === "poc" || level.kind === "value";
  const tone = colours.of(LINE_TONES[level.kind]);
  return {
    price: level.price,
    title: level.title,
    color: withAlpha(tone, isMain ? 0.9 : 0.6),
    lineWidth: 1 as const,
    lineStyle: level.kind === "poc" ? LineStyle.Solid : isMain ? LineStyle.Dashed : LineStyle.Dotted,
    axisLabelVisible: isMain,
    axisLabelColor: colours.raised,
    axisLabelTextColor: tone,
  };
}

/** A bar in words: its true prices, whatever is drawn. */
export interface Readout {
  readonly time: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  /** Against the close before, with its glyph. */
  readonly change: string;
  readonly direction: "up" | "down" | "flat";
  readonly volume: string;
  readonly offExchange: string;
  readonly vwap: string;
  readonly isForming: boolean;
}

export function readoutOf(
  bar: EquityCandle,
  before: EquityCandle | undefined,
  wallSeconds: number,
  intervalMs: number,
): Readout {
  const from = before?.close ?? bar.open;
  const by = bar.close === null || from === null ? null : bar.close - from;
  const glyph = by === null || by === 0 ? "" : by > 0 ? "▲ " : "▼ ";
  return {
    time: barText(wallSeconds, intervalMs, zone.get()),
    open: price(bar.open),
    high: price(bar.high),
    low: price(bar.low),
    close: price(bar.close),
    change: `${glyph}${change(by)}`,
    direction: by === null || by === 0 ? "flat" : by > 0 ? "up" : "down",
    volume: compact(bar.volume),
    offExchange: bar.volume > 0 ? percent(bar.off_exchange_volume / bar.volume) : percent(null),
    vwap: price(bar.vwap),
    isForming: !bar.closed,
  };
}
