/** Low, medium, high with counts, and alerts by five minutes; a press filters. */
import { useRef } from "react";
import type { KeyboardEvent } from "react";
import { useStore } from "../../stores/store";
import { count } from "../../ui/number";
import { clockOf, zone } from "../../ui/time";
import { buckets } from "./feed";
import { BUCKET_MS, totalOf } from "./strip";
import { SEVERITIES, severityGlyph } from "./words";
import type { Severity } from "./words";

/** Five minutes each: a session of six and a half hours. */
const BARS = 78;

interface SeverityStripProps {
  readonly chosen: readonly Severity[];
  readonly onToggle: (severity: Severity) => void;
}

export function SeverityStrip({ chosen, onToggle }: SeverityStripProps) {
  const root = useRef<HTMLDivElement>(null);
  const all = useStore(buckets);
  const newest = all.at(-1)?.start ?? 0;
  const shown = all.filter(({ start }) => start > newest - BARS * BUCKET_MS);
  useStore(zone);
  const most = Math.max(1, ...shown.map((bucket) => bucket.high + bucket.medium + bucket.low));
  const walk = (event: KeyboardEvent): void => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    const buttons = [...(root.current?.querySelectorAll<HTMLElement>("button") ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLElement);
    buttons[(at + by + buttons.length) % buttons.length]?.focus();
  };
  return (
    <div className="severity-strip" role="toolbar" aria-label="Severity" ref={root} onKeyDown={walk}>
      {SEVERITIES.map((severity) => (
        <button
          key={severity}
          type="button"
          className={`severity-${severity}`}
          aria-pressed={chosen.includes(severity)}
          onClick={() => onToggle(severity)}
        >
          <span>{severityGlyph(severity)}</span> {severity} <b>{count(totalOf(all, severity))}</b>
        </button>
      ))}
      <svg
        className="severity-plot"
        viewBox={`0 0 ${BARS * 4} 24`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Alerts by five minutes, ${shown.length} intervals with any, at most ${most} in one`}
      >
        {shown.map((bucket) => {
          const x = (BARS - 1 - (newest - bucket.start) / BUCKET_MS) * 4;
          let y = 24;
          return (
            <g key={bucket.start}>
              <title>
                {`${clockOf(bucket.start)} ${zone.get()} · high ${bucket.high} · medium ${bucket.medium} · low ${bucket.low}`}
              </title>
              {SEVERITIES.toReversed().map((severity) => {
                const height = (bucket[severity] / most) * 23;
                y -= height;
                return <rect key={severity} className={`bar-${severity}`} x={x} y={y} width={3} height={height} />;
              })}
            </g>
          );
        })}
      </svg>
      <span className="severity-scale">5 min · max {count(most)}</span>
    </div>
  );
}
