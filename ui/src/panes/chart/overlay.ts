/**
 * What lies over the bars, drawn on the chart's own canvas so that it moves with them: session
 * breaks, volume profile, off-exchange circles, marks.
 */
import type {
  IChartApi,
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesApi,
  ISeriesPrimitive,
  Logical,
  PrimitiveHoveredItem,
  SeriesAttachedParameter,
} from "lightweight-charts";
import type { EquityProfile } from "../../generated";
import { radius, thinPrints } from "./circles";
import type { Print } from "./circles";
import { drawBreaks, drawCircles, drawMarks, drawProfile } from "./draw";
import type { DrawnCircle, DrawnGroup } from "./draw";
import { thinMarks } from "./marks";
import type { Mark } from "./marks";
import type { ChartColours } from "./palette";

/** What the overlay reads of the chart's data; all of it cheap. */
export interface OverlaySource {
  /** Place on the axis in bars, with the fraction within the bar; null outside what is held. */
  readonly placeOf: (ms: number) => number | null;
  /** Milliseconds at a place; the inverse of `placeOf`, at whole bars. */
  readonly msAt: (place: number) => number;
  readonly printsBetween: (from: number, to: number) => readonly Print[];
  readonly marks: () => Iterable<Mark>;
  /** High and low as drawn. */
  readonly rangeAt: (bar: number) => { readonly high: number; readonly low: number } | null;
  readonly breaks: () => readonly { readonly bar: number; readonly text: string }[];
  readonly profile: () => EquityProfile | null;
  readonly colours: () => ChartColours;
  readonly layers: () => OverlayLayers;
}

export interface OverlayLayers {
  readonly circles: boolean;
  readonly alerts: boolean;
  readonly hits: boolean;
  readonly smartMoney: boolean;
  readonly inferred: boolean;
  readonly profile: boolean;
}

export type Found =
  | { readonly kind: "print"; readonly print: Print }
  | { readonly kind: "group"; readonly group: DrawnGroup };

/** How many are drawn, and how many have no place. */
export interface Figures {
  readonly circles: number;
  readonly foldedCircles: number;
  readonly marks: number;
  readonly foldedMarks: number;
  /** Work of the last thinning, ms. */
  readonly ms: number;
}

const LEAST_CIRCLES = 2;
const PX_A_CIRCLE = 2.5;
const LANE_PX = 15;
/** Where bars are narrower than a mark, so many bars share one. */
const LEAST_APART_PX = 26;

export class Overlay implements ISeriesPrimitive {
  figures: Figures = { circles: 0, foldedCircles: 0, marks: 0, foldedMarks: 0, ms: 0 };
  private chart: IChartApi | null = null;
  private series: ISeriesApi<"Candlestick"> | null = null;
  private requestUpdate: (() => void) | null = null;
  private circles: readonly DrawnCircle[] = [];
  private groups: readonly DrawnGroup[] = [];
  private thinned: { readonly key: string; readonly prints: readonly Print[]; readonly p99: number } | null = null;
  private grouped: ReturnType<typeof thinMarks> = [];
  private version = 0;
  private readonly views: readonly IPrimitivePaneView[];

  constructor(private readonly source: OverlaySource) {
    const view = (zOrder: "bottom" | "normal" | "top", draw: IPrimitivePaneRenderer["draw"]): IPrimitivePaneView => ({
      zOrder: () => zOrder,
      renderer: () => ({ draw }),
    });
    this.views = [
      view("bottom", (target) =>
        target.useMediaCoordinateSpace(({ context, mediaSize }) => {
          this.drawGround(context, mediaSize.width, mediaSize.height);
          // Under the candles: hundreds of circles must not hide them.
          drawCircles(context, this.circles, this.source.colours());
        }),
      ),
      view("top", (target) =>
        target.useMediaCoordinateSpace(({ context }) => drawMarks(context, this.groups, this.source.colours())),
      ),
    ];
  }

  attached({ chart, series, requestUpdate }: SeriesAttachedParameter): void {
    this.chart = chart;
    this.series = series as ISeriesApi<"Candlestick">;
    this.requestUpdate = requestUpdate;
  }

  detached(): void {
    this.chart = this.series = this.requestUpdate = null;
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.views;
  }

  /** Something that is drawn has changed. */
  changed(): void {
    this.version += 1;
    this.requestUpdate?.();
  }

  updateAllViews(): void {
    const range = this.chart?.timeScale().getVisibleLogicalRange() ?? null;
    if (range === null || this.chart === null) {
      this.circles = this.groups = [];
      return;
    }
    const from = Math.floor(range.from);
    const to = Math.ceil(range.to) + 1;
    const span = Math.max(1, Math.ceil(LEAST_APART_PX / this.spacing()));
    const key = `${this.version}/${from}/${to}/${span}/${this.circlesOfBar()}`;
    if (this.thinned?.key !== key) this.thin(key, from, to, span);
    this.circles = this.placeCircles();
    this.groups = this.placeGroups();
  }

  /** What is drawn at a point, px from the pane's corner; the smallest of circles that overlap. */
  at(x: number, y: number): Found | null {
    const group = this.groups.find((each) => Math.abs(each.x - x) <= each.width / 2 + 2 && Math.abs(each.y - y) <= 9);
    if (group !== undefined) return { kind: "group", group };
    let found: DrawnCircle | null = null;
    for (const circle of this.circles) {
      const reach = Math.max(circle.radius, 4);
      const inside = (circle.x - x) ** 2 + (circle.y - y) ** 2 <= reach * reach;
      if (inside && (found === null || circle.radius < found.radius)) found = circle;
    }
    return found === null ? null : { kind: "print", print: found.print };
  }

  hitTest(x: number, y: number): PrimitiveHoveredItem | null {
    const found = this.at(x, y);
    if (found === null) return null;
    const externalId = found.kind === "print" ? found.print.join.trace_id : found.group.group.mark.id;
    return { externalId, zOrder: "top", cursorStyle: "pointer" };
  }

  /** Groups now drawn, for the table of what is in view. */
  get shownGroups(): readonly DrawnGroup[] {
    return this.groups;
  }

  private thin(key: string, from: number, to: number, span: number): void {
    const began = performance.now();
    const layers = this.source.layers();
    const start = this.source.msAt(from);
    const end = this.source.msAt(to);
    const prints = layers.circles
      ? thinPrints(this.source.printsBetween(start, end), { barOf: this.source.placeOf, most: this.circlesOfBar() })
      : { shown: [], folded: 0, p99: 0 };
    const wanted = { alert: layers.alerts, hit: layers.hits, smart: layers.smartMoney, inferred: layers.inferred };
    const inView: Mark[] = [];
    for (const mark of this.source.marks()) {
      if (wanted[mark.kind] && mark.ms >= start && mark.ms < end) inView.push(mark);
    }
    const groups = thinMarks(inView, (mark) => Math.floor(this.source.placeOf(mark.ms) ?? -1), span);
    this.thinned = { key, prints: prints.shown, p99: prints.p99 };
    this.grouped = groups.filter((group) => group.bar >= 0);
    this.figures = {
      circles: prints.shown.length,
      foldedCircles: prints.folded,
      marks: this.grouped.length,
      foldedMarks: this.grouped.reduce((sum, group) => sum + group.folded.length, 0),
      ms: performance.now() - began,
    };
  }

  /** Pixels of a place within a bar: its middle is at .5. The library places whole bars only. */
  private xOf(place: number): number | null {
    const scale = this.chart?.timeScale();
    const zero = scale?.logicalToCoordinate(0 as Logical) ?? null;
    return zero === null ? null : zero + (place - 0.5) * this.spacing();
  }

  /** A bar twice as wide has room for twice as many circles. */
  private circlesOfBar(): number {
    return Math.max(LEAST_CIRCLES, Math.round(this.spacing() / PX_A_CIRCLE));
  }

  /** Distance of two bars, px. */
  private spacing(): number {
    return this.chart?.timeScale().options().barSpacing ?? 1;
  }

  private placeCircles(): readonly DrawnCircle[] {
    const { prints = [], p99 = 0 } = this.thinned ?? {};
    return prints.flatMap((print): readonly DrawnCircle[] => {
      const place = this.source.placeOf(print.ms);
      const x = place === null ? null : this.xOf(place);
      const y = this.series?.priceToCoordinate(print.join.price) ?? null;
      if (x === null || y === null) return [];
      return [{ print, x, y, radius: radius(print.join.size, p99) }];
    });
  }

  /** Alerts and hits stand above their bar, the rest below; the second of a bar further out. */
  private placeGroups(): readonly DrawnGroup[] {
    const lanes = new Map<string, number>();
    return this.grouped.flatMap((group): readonly DrawnGroup[] => {
      const x = this.xOf(group.bar + 0.5);
      const range = this.source.rangeAt(group.bar);
      if (x === null || range === null) return [];
      const isAbove = group.mark.kind === "alert" || group.mark.kind === "hit";
      const edge = this.series?.priceToCoordinate(isAbove ? range.high : range.low) ?? null;
      if (edge === null) return [];
      const key = `${group.bar}/${isAbove ? "above" : "below"}`;
      const lane = lanes.get(key) ?? 0;
      lanes.set(key, lane + 1);
      const away = 12 + lane * LANE_PX;
      return [{ group, x, y: edge + (isAbove ? -away : away), width: 14 }];
    });
  }

  private drawGround(context: CanvasRenderingContext2D, width: number, height: number): void {
    const colours = this.source.colours();
    const breaks = this.source.breaks().flatMap(({ bar, text }) => {
      const x = this.xOf(bar);
      return x === null || x < 0 || x > width ? [] : [{ x, text }];
    });
    drawBreaks(context, breaks, height, colours);
    const profile = this.source.layers().profile ? this.source.profile() : null;
    if (profile !== null) {
      drawProfile(context, profile, width, (price) => this.series?.priceToCoordinate(price) ?? null, colours);
    }
  }
}

