/**
 * One chart on screen: the library's chart, its series and overlay, kept at what the feed holds.
 *
 * Live changes go through `update()`. `setData()` is for another symbol, interval, run, zone or
 * theme, where every series is cleared first, and for bars put in front by a range read.
 */
import {
  CandlestickSeries,
  HistogramSeries,
  LineSeries,
  createChart,
} from "lightweight-charts";
import type { IChartApi, IPriceLine, ISeriesApi, LogicalRange, UTCTimestamp } from "lightweight-charts";
import type { EquityCandle } from "../../generated";
import { addCommitter } from "../../stores/loop";
import { createStore } from "../../stores/store";
import { dateOf, millis, zone } from "../../ui/time";
import { drawPrices } from "./bars";
import type { Prices } from "./bars";
import { ChartFeed } from "./feed";
import type { Changes, ChartRequest } from "./feed";
import { axisSeconds } from "./interval";
import { nearestLevels, profileLevels } from "./lines";
import { chartOptions, candleOptions, lineOptions, readoutOf, volumeOptions, vwapOptions } from "./look";
import type { Readout } from "./look";
import { Overlay } from "./overlay";
import type { Figures, Found, OverlaySource } from "./overlay";
import { readColours } from "./palette";
import type { ChartColours } from "./palette";
import { settings } from "./settings";
import type { ChartSettings } from "./settings";

const NEAR_LEFT_BARS = 60;
const COVER_AFTER_MS = 250;
const SPACING_PX = 8;
const MOST_SPACING_PX = 16;

export interface Hovered {
  readonly found: Found;
  /** From the corner of the window. */
  readonly x: number;
  readonly y: number;
}

export class ChartController {
  readonly feed: ChartFeed;
  readonly readout = createStore<Readout | null>(null);
  readonly hovered = createStore<Hovered | null>(null);
  /** Marks unfolded by a click. */
  readonly unfolded = createStore<Hovered | null>(null);
  private chart: IChartApi | null = null;
  private candles!: ISeriesApi<"Candlestick">;
  private volume!: ISeriesApi<"Histogram">;
  private offExchange!: ISeriesApi<"Histogram">;
  private vwap!: ISeriesApi<"Line">;
  private readonly overlay: Overlay;
  private colours!: ChartColours;
  private readonly drawn: (Prices | null)[] = [];
  private starts: number[] = [];
  private seconds: number[] = [];
  private breaks: { readonly bar: number; readonly text: string }[] = [];
  private lines: IPriceLine[] = [];
  private crosshairBar: number | null = null;
  private coverTimer = 0;
  private options: ChartSettings = settings.get();
  private isStale = true;
  /** Bars the series have; one past them is appended, one before the last of them revised. */
  private shown = 0;

  constructor(
    readonly request: ChartRequest,
    private readonly isProfileShown: boolean,
    private readonly onOpen: (ref: string) => void,
  ) {
    this.feed = new ChartFeed(request);
    this.overlay = new Overlay(this.overlaySource());
  }

  /** Draw into an element; returns what takes the chart down again. */
  mount(host: HTMLElement): () => void {
    this.colours = readColours(host);
    const chart = createChart(host, chartOptions(this.colours, this.request.intervalMs));
    this.chart = chart;
    // Said once: a change of theme or layer leaves the reader's zoom alone.
    chart.timeScale().applyOptions({ barSpacing: SPACING_PX, rightOffset: 5 });
    this.volume = chart.addSeries(HistogramSeries, volumeOptions(this.colours, "all"));
    this.offExchange = chart.addSeries(HistogramSeries, volumeOptions(this.colours, "off-exchange"));
    this.vwap = chart.addSeries(LineSeries, vwapOptions(this.colours));
    this.candles = chart.addSeries(CandlestickSeries, candleOptions(this.colours));
    this.candles.attachPrimitive(this.overlay);
    chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
    chart.timeScale().subscribeVisibleLogicalRangeChange((range) => this.moved(range));
    chart.subscribeCrosshairMove(({ point, logical, sourceEvent }) => {
      this.crosshairBar = logical === undefined ? null : Math.round(logical);
      this.isStale = true;
      const found = point === undefined || sourceEvent === undefined ? null : this.overlay.at(point.x, point.y);
      const at = { x: sourceEvent?.clientX ?? 0, y: sourceEvent?.clientY ?? 0 };
      this.hovered.set(found === null ? null : { found, ...at });
    });
    chart.subscribeClick(({ point, sourceEvent }) => {
      const found = point === undefined ? null : this.overlay.at(point.x, point.y);
      if (found === null) this.unfolded.set(null);
      else if (found.kind === "print") this.onOpen(found.print.join.trace_id);
      else if (found.group.group.folded.length === 0) this.onOpen(found.group.group.mark.ref);
      else this.unfolded.set({ found, x: sourceEvent?.clientX ?? 0, y: sourceEvent?.clientY ?? 0 });
    });
    this.apply(settings.get());
    this.feed.start();
    const leave = addCommitter({
      name: `chart ${this.request.symbol}`,
      kind: "urgent",
      isDirty: () => this.isStale || this.feed.isDirty,
      commit: () => this.commit(),
    });
    return () => {
      leave();
      window.clearTimeout(this.coverTimer);
      this.feed.close();
      chart.remove();
      this.chart = null;
    };
  }

  /** Take other settings; the zone and the theme come this way too. */
  apply(options: ChartSettings): void {
    this.options = options;
    if (this.chart === null) return;
    this.colours = readColours(this.chart.chartElement());
    this.chart.applyOptions(chartOptions(this.colours, this.request.intervalMs));
    this.candles.applyOptions(candleOptions(this.colours));
    this.volume.applyOptions({ ...volumeOptions(this.colours, "all"), visible: options.volume });
    this.offExchange.applyOptions({ ...volumeOptions(this.colours, "off-exchange"), visible: options.volume });
    this.vwap.applyOptions({ ...vwapOptions(this.colours), visible: options.vwap });
    this.setAll();
    this.drawLines();
    this.overlay.changed();
  }

  pan(bars: number): void {
    const scale = this.chart?.timeScale();
    scale?.scrollToPosition(scale.scrollPosition() + bars, false);
  }

  zoom(by: number): void {
    const scale = this.chart?.timeScale();
    const range = scale?.getVisibleLogicalRange();
    if (scale === undefined || range === null || range === undefined) return;
    scale.setVisibleLogicalRange({ from: range.to - (range.to - range.from) * by, to: range.to });
  }

  toNow(): void {
    this.chart?.timeScale().scrollToRealTime();
  }

  get figures(): Figures {
    return this.overlay.figures;
  }

  /** Bars in view with the marks drawn at each, newest first. */
  visible(): readonly { readonly bar: EquityCandle; readonly marks: readonly string[] }[] {
    const range = this.chart?.timeScale().getVisibleLogicalRange();
    if (range === null || range === undefined) return [];
    const { bars } = this.feed.book;
    const marks = new Map<number, string[]>();
    for (const { group } of this.overlay.shownGroups) {
      const texts = [group.mark, ...group.folded].map((mark) => mark.text);
      marks.set(group.bar, [...(marks.get(group.bar) ?? []), ...texts]);
    }
    const rows = [];
    const last = Math.min(bars.length - 1, Math.floor(range.to));
    for (let at = last; at >= Math.max(0, Math.ceil(range.from)); at -= 1) {
      const bar = bars[at];
      if (bar !== undefined) rows.push({ bar, marks: marks.get(at) ?? [] });
    }
    return rows;
  }

  private commit(): number | null {
    const changes = this.feed.take();
    const places = [...changes.bars].sort((a, b) => a - b);
    if (changes.all) this.setAll();
    else if (places.length > 0) this.update(places);
    if (changes.levels) this.drawLines();
    if (changes.overlay || changes.levels || changes.all) this.overlay.changed();
    this.readout.set(this.readNow());
    this.isStale = false;
    return this.seen(changes);
  }

  private seen({ receivedAt, bars }: Changes): number | null {
    return bars.size > 0 ? receivedAt : null;
  }

  /** Set every bar anew; the view stays on the bars it showed, whatever came in front of them. */
  private setAll(): void {
    const scale = this.chart?.timeScale();
    const range = this.shown === 0 ? null : (scale?.getVisibleLogicalRange() ?? null);
    const by = this.feed.book.bars.length - this.shown;
    this.drawn.length = this.starts.length = this.seconds.length = this.breaks.length = 0;
    for (const series of [this.candles, this.volume, this.offExchange, this.vwap]) series.setData([]);
    const { bars } = this.feed.book;
    this.extend(0);
    this.candles.setData(bars.map((_, at) => this.candleAt(at)));
    this.volume.setData(bars.map((bar, at) => ({ time: this.timeAt(at), value: bar.volume })));
    this.offExchange.setData(bars.map((bar, at) => ({ time: this.timeAt(at), value: bar.off_exchange_volume })));
    this.vwap.setData(bars.map((_, at) => this.vwapAt(at)));
    const isFirst = this.shown === 0 && bars.length > 0;
    this.shown = bars.length;
    if (isFirst) this.fillWith(bars.length);
    if (range !== null && bars.length > 0) {
      scale?.setVisibleLogicalRange({ from: range.from + by, to: range.to + by });
    }
  }

  /** A session that is young fills the pane with wider bars instead of leaving half of it blank. */
  private fillWith(bars: number): void {
    const scale = this.chart?.timeScale();
    if (scale === undefined) return;
    const { barSpacing, rightOffset } = scale.options();
    const fitting = Math.min(MOST_SPACING_PX, scale.width() / (bars + rightOffset + 1));
    if (fitting > barSpacing) scale.applyOptions({ barSpacing: fitting });
  }

  private update(places: readonly number[]): void {
    const { bars } = this.feed.book;
    const first = places[0] ?? 0;
    this.extend(first);
    // A revised bar changes the Heikin-Ashi bars behind it.
    const all = this.options.isHeikinAshi
      ? Array.from({ length: bars.length - first }, (_, at) => first + at)
      : places;
    for (const at of all) {
      const bar = bars[at];
      if (bar === undefined) continue;
      const isPast = at < this.shown - 1;
      this.shown = Math.max(this.shown, at + 1);
      const time = this.timeAt(at);
      this.candles.update(this.candleAt(at), isPast);
      this.volume.update({ time, value: bar.volume }, isPast);
      this.offExchange.update({ time, value: bar.off_exchange_volume }, isPast);
      this.vwap.update(this.vwapAt(at), isPast);
    }
  }

  /** Bring what is derived of bars up to date from a place on. */
  private extend(from: number): void {
    const { bars } = this.feed.book;
    drawPrices(bars, this.drawn, from, this.options.isHeikinAshi);
    for (let at = this.starts.length; at < bars.length; at += 1) {
      const bar = bars[at];
      if (bar === undefined) continue;
      const ms = millis(bar.window_start);
      this.starts.push(ms);
      // The hour that autumn repeats would go back; the axis takes ascending times only.
      const wall = axisSeconds(ms, this.request.intervalMs, zone.get());
      this.seconds.push(Math.max(wall, (this.seconds[at - 1] ?? 0) + 1));
      const text = this.breakText(bar, bars[at - 1]);
      if (text !== null) this.breaks.push({ bar: at, text });
    }
  }

  private breakText(bar: EquityCandle, before: EquityCandle | undefined): string | null {
    if (before === undefined || this.request.intervalMs >= 86_400_000) return null;
    const day = dateOf(bar.window_start, "ET");
    const isNewDay = day !== dateOf(before.window_start, "ET");
    if (!isNewDay && bar.session === before.session) return null;
    const session = bar.session === "rth" ? "regular" : bar.session;
    return isNewDay ? `${day} ${session}` : session;
  }

  private timeAt(at: number): UTCTimestamp {
    return (this.seconds[at] ?? 0) as UTCTimestamp;
  }

  private candleAt(at: number) {
    const time = this.timeAt(at);
    const prices = this.drawn[at] ?? null;
    if (prices === null) return { time };
    // The bar that is forming is hollow.
    return this.feed.book.bars[at]?.closed === false ? { time, ...prices, color: "rgba(0,0,0,0)" } : { time, ...prices };
  }

  private vwapAt(at: number) {
    const value = this.feed.book.bars[at]?.vwap ?? null;
    const time = this.timeAt(at);
    return value === null ? { time } : { time, value };
  }

  private drawLines(): void {
    for (const line of this.lines) this.candles.removePriceLine(line);
    const levels = this.options.lines ? [...profileLevels(this.feed.profile), ...this.feed.offExchange] : [];
    const last = this.feed.book.bars.findLast((bar) => bar.close !== null)?.close ?? null;
    this.lines = nearestLevels(levels, last).map((level) =>
      this.candles.createPriceLine(lineOptions(level, this.colours)),
    );
  }

  private readNow(): Readout | null {
    const { bars } = this.feed.book;
    const at = Math.min(bars.length - 1, Math.max(0, this.crosshairBar ?? bars.length - 1));
    const bar = bars[at];
    return bar === undefined ? null : readoutOf(bar, bars[at - 1], this.timeAt(at), this.request.intervalMs);
  }

  private moved(range: LogicalRange | null): void {
    if (range === null) return;
    this.isStale = true;
    if (range.from < NEAR_LEFT_BARS) void this.feed.older();
    window.clearTimeout(this.coverTimer);
    this.coverTimer = window.setTimeout(() => {
      const bar = this.feed.book.bars[Math.max(0, Math.floor(range.from))];
      if (bar !== undefined) this.feed.cover(bar.window_start);
    }, COVER_AFTER_MS);
  }

  private overlaySource(): OverlaySource {
    const { intervalMs } = this.request;
    const lastEnd = (): number => (this.starts.at(-1) ?? 0) + intervalMs;
    return {
      placeOf: (ms) => {
        if (ms < (this.starts[0] ?? Infinity) || ms > lastEnd() + intervalMs) return null;
        const at = this.feed.book.indexAt(`${ms}000000`);
        return at + Math.min(0.999, (ms - (this.starts[at] ?? ms)) / intervalMs);
      },
      msAt: (place) => {
        if (place < 0) return 0;
        return this.starts[place] ?? lastEnd() + (place - this.starts.length + 1) * intervalMs;
      },
      printsBetween: (from, to) => this.feed.prints.between(from, to),
      marks: () => this.feed.marks.values(),
      rangeAt: (bar) => this.drawn[Math.min(bar, this.drawn.length - 1)] ?? null,
      breaks: () => this.breaks,
      profile: () => this.feed.profile,
      colours: () => this.colours,
      layers: () => ({ ...this.options, profile: this.options.profile || this.isProfileShown }),
    };
  }
}
