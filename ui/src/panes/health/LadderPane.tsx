/** How long a record takes from the exchange to the screen, stage by stage. */
import { useStore } from "../../stores/store";
import type { SpanPercentiles } from "../../generated/rest";
import { clockOf, zone } from "../../ui/time";
import { HealthSheet } from "./HealthSheet";
import { StagePlot } from "./Plot";
import { SPANS, WHOLE, ladderRows, stageText } from "./model";
import { system } from "./store";

const PERCENTS = ["p50", "p95", "p99"] as const;
const SPAN_WORDS: Readonly<Record<string, string>> = { "1m": "1 minute", "5m": "5 minutes", session: "session" };

function cells(span: string, spread: SpanPercentiles | null) {
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
  const { pipeline, samples } = useStore(system);
  const shown = useStore(zone);
  const since = samples[0]?.at;
  return (
    <HealthSheet
      title="Latency ladder"
      label="latency by stage"
      status={since === undefined ? "" : `plots since ${clockOf(since, shown)} ${shown}: p50 and (faint) p99 of a minute`}
    >
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
            <tr key={row.stage} className={row.stage === WHOLE ? "whole" : ""}>
              <td>{row.stage.replace("→", " → ")}</td>
              {row.spans.map((spread, at) => cells(SPANS[at] ?? "", spread))}
              <td className="wide">
                {row.spans.some((spread) => spread !== null) && <StagePlot samples={samples} stage={row.stage} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </HealthSheet>
  );
}
