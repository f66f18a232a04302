/** A symbol's figures, each with its age and what it rests on. */
import { useEffect, useState } from "react";
import type { PaneProps } from "../../app/panes";
import type { TickerSummary } from "../../generated/rest";
import { clock, clockReading } from "../../stores/clock";
import { Chip, Scroller } from "../../ui/primitives";
import { basisText, figuresOf } from "./summary";
import type { Figure } from "./summary";
import { useAnswer } from "../../app/useAnswer";
import { useTicker } from "./symbol";
import "./ticker.css";

const AGAIN_MS = 30_000;
const NAMES = ["last", "change", "volume", "off-exchange", "call premium", "put premium", "net premium", "put/call", "IV", "next event"];

/** Event time, looked at once a second: ages grow by themselves. */
function useEventMs(): number {
  const [ms, setMs] = useState(() => clockReading(clock.get(), Date.now()).ms);
  useEffect(() => {
    const timer = window.setInterval(() => setMs(clockReading(clock.get(), Date.now()).ms), 1_000);
    return () => window.clearInterval(timer);
  }, []);
  return ms;
}

export default function HeaderPane({ pane }: PaneProps) {
  const { symbol, run } = useTicker(pane.id);
  const { body, problem } = useAnswer<TickerSummary>(`/tickers/${encodeURIComponent(symbol)}`, { run }, AGAIN_MS);
  const now = useEventMs();
  const figures: readonly (Figure | null)[] = body === null ? NAMES.map(() => null) : figuresOf(body);
  return (
    <Scroller className="ticker-header" label="figures of the symbol">
      <h2>{symbol}</h2>
      {problem !== null && <Chip tone="warn" outlined title={problem.code}>{problem.title}</Chip>}
      <dl className={problem === null ? "" : "old"}>
        {figures.map((figure, at) => (
          <div key={NAMES[at]} title={figure?.tip}>
            <dt>{NAMES[at]}</dt>
            <dd className={figure?.tone ?? "plain"}>{figure?.text ?? ""}</dd>
            <dd className="basis">{figure === null ? "" : basisText(figure, now)}</dd>
          </div>
        ))}
      </dl>
    </Scroller>
  );
}
