/** The one status line, 22 px: feeds, paint, rate, lag, losses. */
import { config } from "../stores/config";
import { health, worstPaint } from "../stores/health";
import { useStore } from "../stores/store";
import { MISSING, compact, count } from "../ui/number";
import { Extras } from "./extras";

interface FigureProps {
  readonly name: string;
  readonly value: string;
  readonly title?: string;
  readonly tone?: string;
}

function Figure({ name, value, title, tone = "" }: FigureProps) {
  return (
    <span className="figure" title={title}>
      <span>{name}</span> <b className={tone}>{value}</b>
    </span>
  );
}

const ms = (value: number | undefined): string => (value === undefined ? MISSING : `${value.toFixed(0)} ms`);

export function StatusLine() {
  const state = useStore(health);
  const feeds = useStore(config, (value) => value.feeds);
  const paint = worstPaint(state.paint);
  const lags = Object.values(state.channels).flatMap(({ lag }) => (typeof lag === "number" ? [lag] : []));
  const lag = lags.length === 0 ? null : Math.max(...lags);
  return (
    <footer className="status-line">
      {feeds.length === 0 ? (
        <Figure name="feeds" value={MISSING} title="not reported by the gateway" />
      ) : (
        feeds.map((feed) => (
          <span key={feed} className={feed.startsWith("synthetic") ? "figure synthetic" : "figure"}>
            {feed.startsWith("synthetic") ? "SYNTHETIC" : feed}
          </span>
        ))
      )}
      <Figure
        name="to paint p50"
        value={ms(paint?.p50)}
        title="receipt in this tab to painted row, slowest pane"
      />
      <Figure name="p99" value={ms(paint?.p99)} />
      <Figure name="rows/s" value={state.rowsPerSecond === null ? MISSING : count(state.rowsPerSecond)} />
      <Figure name="lag" value={lag === null ? MISSING : compact(lag)} title="records behind the log, worst channel" />
      <Figure
        name="dropped"
        value={count(state.dropped)}
        tone={state.dropped > 0 ? "warn-text" : ""}
        title="records this tab was told it did not get"
      />
      <Figure
        name="frame p95"
        value={state.frameWork === null ? MISSING : `${state.frameWork.p95.toFixed(1)} ms`}
        title={`main-thread work a frame; ${state.framesPerSecond ?? "–"} frames/s; tapes at most ${state.commitRate}/s`}
      />
      <span className="status-rest" />
      <Extras place="status" />
    </footer>
  );
}
