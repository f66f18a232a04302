/** The seek slider: the run's range with its volume and alerts under the hand. */
import { useEffect, useState } from "react";
import type { Candles, Mix } from "../../generated/rest";
import { route } from "../../app/router";
import { useStore } from "../../stores/store";
import { millis, zone } from "../../ui/time";
import { get } from "../../wire/rest";
import { nanosOf, stampOf } from "./model";
import type { Bounds } from "./model";

interface Marks {
  /** Share of the range and of the tallest bar. */
  readonly volume: readonly { readonly at: number; readonly height: number }[];
  readonly alerts: readonly { readonly at: number; readonly text: string }[];
}

const NONE: Marks = { volume: [], alerts: [] };
const FIVE_MINUTES = 300_000;
const DAY_MS = 86_400_000;

/** Bars of the symbol shown (else SPY) and alerts of the range, as the recorded session has them. */
async function read(bounds: Bounds, symbol: string, signal: AbortSignal): Promise<Marks> {
  const range = { start_ts: nanosOf(bounds.from), end_ts: nanosOf(bounds.to) };
  const share = (ns: string): number => (millis(ns) - bounds.from) / (bounds.to - bounds.from);
  const step = bounds.to - bounds.from > DAY_MS ? 12 * FIVE_MINUTES : FIVE_MINUTES;
  const bars = get<Candles>(
    "/candles",
    { underlying_id: symbol, interval_ms: step, limit: 500, ...range },
    { signal },
  ).catch(() => ({ data: [] }));
  const mix = get<Mix>("/flow/mix", { by: "severity", interval_ms: step, ...range }, { signal }).catch(() => ({ data: [] }));
  const [{ data: candles }, { data: alerts }] = await Promise.all([bars, mix]);
  const tallest = Math.max(1, ...candles.map((bar) => bar.volume));
  return {
    volume: candles.map((bar) => ({ at: share(bar.window_start), height: bar.volume / tallest })),
    alerts: alerts
      .filter((each) => each.events > 0)
      .map((each) => ({ at: share(each.window_start), text: `${each.events} ${each.name} alerts` })),
  };
}

interface SeekProps {
  readonly bounds: Bounds;
  readonly at: number;
  readonly onSeek: (ms: number) => void;
}

export function SeekSlider({ bounds, at, onSeek }: SeekProps) {
  const shown = useStore(zone);
  const symbol = useStore(route, (value) => value.params.sym) ?? "SPY";
  const [marks, setMarks] = useState(NONE);
  // While the hand is on it the slider shows where it would go, not where the run is.
  const [held, setHeld] = useState<number | null>(null);
  const { from, to } = bounds;
  useEffect(() => {
    const aborter = new AbortController();
    read({ from, to }, symbol, aborter.signal).then(setMarks, () => undefined);
    return () => aborter.abort();
  }, [from, to, symbol]);
  const letGo = (): void => {
    if (held !== null) onSeek(held);
    setHeld(null);
  };
  const value = Math.min(to, Math.max(from, held ?? at));
  return (
    <div className="seek">
      <svg viewBox="0 0 1000 20" preserveAspectRatio="none" aria-hidden="true">
        {marks.volume.map((bar) => (
          <rect key={bar.at} x={bar.at * 1000} y={20 - bar.height * 18} width={5} height={bar.height * 18} className="seek-volume" />
        ))}
        {marks.alerts.map((mark) => (
          <rect key={`${mark.at}/${mark.text}`} x={mark.at * 1000} y={0} width={2} height={5} className="seek-alert">
            <title>{mark.text}</title>
          </rect>
        ))}
      </svg>
      <input
        type="range"
        aria-label="event time of the run"
        aria-valuetext={stampOf(value, shown)}
        min={from}
        max={to}
        step={1000}
        value={value}
        onChange={(event) => setHeld(Number(event.target.value))}
        onPointerUp={letGo}
        onKeyUp={letGo}
        onBlur={letGo}
      />
      <span className="seek-ends">
        <span>{stampOf(from, shown)}</span>
        {held !== null && <b>go to {stampOf(held, shown)}</b>}
        <span>{stampOf(to, shown)}</span>
      </span>
    </div>
  );
}
