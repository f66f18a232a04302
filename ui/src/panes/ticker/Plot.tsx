/** A small plot over time in the terminal's looks (uPlot). */
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { look } from "../../app/look";
import { compact } from "../../ui/number";
import { clockOf, zone } from "../../ui/time";
import { readColours, withAlpha } from "../chart/palette";
import type { ChartColours } from "../chart/palette";

export interface PlotSeries {
  readonly label: string;
  /** Token of its colour. */
  readonly tone: string;
  /** `bars` stand on zero; `step` holds a value to the next. */
  readonly look: "line" | "bars" | "dashed";
  readonly scale: "left" | "right";
  readonly text: (value: number) => string;
}

export interface PlotData {
  /** Ascending, seconds UTC. */
  readonly seconds: readonly number[];
  /** One list a series; null where nothing is known. */
  readonly values: readonly (readonly (number | null)[])[];
}

interface PlotProps {
  readonly label: string;
  readonly series: readonly PlotSeries[];
  readonly data: PlotData;
}

/** The library numbers an axis' place clockwise from the top; its enum exists in its types only. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
const RIGHT = 1 as uPlot.Axis.Side;

function optionsOf(host: HTMLElement, colours: ChartColours, series: readonly PlotSeries[]): uPlot.Options {
  const grid = { stroke: withAlpha(colours.line, 0.6), width: 1 };
  const font = `11px ${colours.font}`;
  const axis = { stroke: colours.faint, font, grid, ticks: { show: false } };
  const bars = uPlot.paths.bars?.({ size: [0.7, 12], align: 0 });
  return {
    width: Math.max(40, host.clientWidth),
    height: Math.max(40, host.clientHeight),
    legend: { show: false },
    cursor: { y: false, points: { size: 5 } },
    scales: { x: { time: true }, left: {}, right: {} },
    axes: [
      { ...axis, size: 20, gap: 2, space: 70, values: (_, splits) => splits.map((at) => clockOf(at * 1000).slice(0, 5)) },
      { ...axis, scale: "left", size: 52, gap: 2, values: (_, splits) => splits.map((value) => compact(value)) },
      ...(series.some(({ scale }) => scale === "right")
        ? [{ ...axis, scale: "right", side: RIGHT, size: 52, gap: 2, grid: { show: false }, values: (_: uPlot, splits: number[]) => splits.map((value) => compact(value)) }]
        : []),
    ],
    series: [
      {},
      ...series.map(({ label, tone, look: drawn, scale }): uPlot.Series => {
        const stroke = colours.of(tone);
        return {
          label,
          scale,
          stroke,
          width: drawn === "bars" ? 0 : 1.5,
          points: { show: false },
          spanGaps: false,
          ...(drawn === "dashed" ? { dash: [3, 3] } : {}),
          ...(drawn === "bars" ? { fill: withAlpha(stroke, 0.6), ...(bars ? { paths: bars } : {}) } : {}),
        };
      }),
    ],
  };
}

export function Plot({ label, series, data }: PlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLParagraphElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(data);
  useEffect(() => {
    latest.current = data;
    plot.current?.setData(aligned(data));
  }, [data]);
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const make = (): void => {
      plot.current?.destroy();
      const options = optionsOf(element, readColours(element), series);
      options.hooks = { setCursor: [(made) => writeReadout(readout.current, made, series, latest.current)] };
      plot.current = new uPlot(options, aligned(latest.current), element);
      writeReadout(readout.current, plot.current, series, latest.current);
    };
    make();
    const observer = new ResizeObserver(() =>
      plot.current?.setSize({ width: Math.max(40, element.clientWidth), height: Math.max(40, element.clientHeight) }),
    );
    observer.observe(element);
    const leave = [look.subscribe(() => queueMicrotask(make)), zone.subscribe(make)];
    return () => {
      for (const each of leave) each();
      observer.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [series]);
  useEffect(() => {
    if (plot.current !== null) writeReadout(readout.current, plot.current, series, data);
  }, [data, series]);
  return (
    <div className="plot">
      <p className="plot-readout" ref={readout} />
      <div className="plot-host" ref={host} role="img" aria-label={label} />
    </div>
  );
}

function aligned({ seconds, values }: PlotData): uPlot.AlignedData {
  return [[...seconds], ...values.map((list) => [...list])];
}

/** Values under the cursor, else the newest: a word and a number each, in the series' colour. */
function writeReadout(
  line: HTMLElement | null,
  plot: uPlot,
  series: readonly PlotSeries[],
  { seconds, values }: PlotData,
): void {
  if (line === null) return;
  const at = plot.cursor.idx ?? seconds.length - 1;
  const second = seconds[at];
  const parts = [document.createElement("span")];
  const head = parts[0];
  if (head !== undefined) head.textContent = second === undefined ? "" : `${clockOf(second * 1000).slice(0, 5)} ${zone.get()}`;
  series.forEach(({ label, tone, text }, index) => {
    const part = document.createElement("span");
    const value = values[index]?.[at] ?? null;
    part.style.color = `var(--${tone})`;
    part.textContent = `${label} ${value === null ? "–" : text(value)}`;
    parts.push(part);
  });
  line.replaceChildren(...parts);
}
