/** A small plot of one stage's p50 and p99 over fifteen minutes. */
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { look } from "../../app/look";
import { useStore } from "../../stores/store";
import type { Sample } from "./model";

const HEIGHT = 22;
const SPAN_S = 900;

function dataOf(samples: readonly Sample[], stage: string): uPlot.AlignedData {
  return [
    samples.map((each) => each.at / 1000),
    samples.map((each) => each.stages[stage]?.p50 ?? null),
    samples.map((each) => each.stages[stage]?.p99 ?? null),
  ];
}

function optionsOf(width: number): uPlot.Options {
  const css = getComputedStyle(document.documentElement);
  const colour = (name: string): string => css.getPropertyValue(name).trim();
  return {
    width,
    height: HEIGHT,
    padding: [2, 0, 2, 0],
    legend: { show: false },
    cursor: { show: false },
    axes: [{ show: false }, { show: false }],
    scales: {
      x: { range: (_, __, max) => [max - SPAN_S, max] },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.05 : 1] },
    },
    series: [
      {},
      { stroke: colour("--accent"), width: 1.5, points: { show: false }, spanGaps: false },
      { stroke: colour("--faint"), width: 1, points: { show: false }, spanGaps: false },
    ],
  };
}

export function StagePlot({ samples, stage }: { readonly samples: readonly Sample[]; readonly stage: string }) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const { theme, colours } = useStore(look);
  const newest = useRef(samples);
  useEffect(() => {
    newest.current = samples;
    plot.current?.setData(dataOf(samples, stage));
  }, [samples, stage]);
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const made = new uPlot(optionsOf(element.clientWidth), dataOf(newest.current, stage), element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
    // Its colours are those of the theme, so another theme is another plot.
  }, [stage, theme, colours]);
  return <div ref={host} className="stage-plot" role="img" aria-label={`${stage}: p50 and p99 of the last 15 minutes`} />;
}
