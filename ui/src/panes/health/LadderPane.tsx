/** How long a record takes from the exchange to the screen, stage by stage. */
import { useStore } from "../../stores/store";
import { PaneFrame } from "../../ui/primitives";
import { clockOf, zone } from "../../ui/time";
import { StagePlot } from "./Plot";
import { SPANS, ladderRows, stageText } from "./model";
import type { Spread } from "./model";
import { system, useWatch } from "./store";
import { ProblemLine } from "./ProblemLine";
import "./health.css";

const PERCENTS = ["p50", "p95", "p99"] as const;
const SPAN_WORDS: Readonly<Record<string, string>> = { "1m": "1 minute", "5m": "5 minutes", session: "session" };

function cells(span: string, spread: Spread | null) {
  if (spread === null) {
    return (
      <td key={span} colSpan={3} className="unreported">
        not reported
      </td>
    );
  }
  return PERCENTS.map((name) => (
    <td key={`${span}-${name}`} className={name === "p50" ? "num first" : "num"}>
      {stageText(spread[name])}
    </td>
  ));
}

export default function LadderPane() {
  useWatch();
  const { pipeline, samples, problem } = useStore(system);
  const shown = useStore(zone);
  const since = samples[0]?.at;
  return (
    <PaneFrame
      title="Latency ladder"
      status={since === undefined ? "" : `plots since ${clockOf(since, shown)} ${shown}: p50 and (faint) p99 of a minute`}
      actions={<ProblemLine problem={problem} />}
    >
      <div className="sheet" role="region" aria-label="latency by stage">
        <table className="plain-table ladder">
          <thead>
            <tr>
              <th rowSpan={2}>stage</th>
              {SPANS.map((span) => (
                <th key={span} colSpan={3} className="span">
                  {SPAN_WORDS[span]}
                </th>
              ))}
              <th rowSpan={2}>15 minutes</th>
            </tr>
            <tr>
              {SPANS.flatMap((span) =>
                PERCENTS.map((name) => (
                  <th key={`${span}-${name}`} className={name === "p50" ? "num first" : "num"}>
                    {name}
                  </th>
                )),
              )}
            </tr>
          </thead>
          <tbody>
            {ladderRows(pipeline?.stages ?? {}).map((row) => (
              <tr key={row.stage} className={row.stage === "whole" ? "whole" : ""}>
                <td>{row.stage.replace("→", " → ")}</td>
                {row.spans.map((spread, at) => cells(SPANS[at] ?? "", spread))}
                <td className="wide">
                  {row.spans.some((spread) => spread !== null) && <StagePlot samples={samples} stage={row.stage} />}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </PaneFrame>
  );
}
