/** What the gateway rests on: each check with its reason and since when. */
import { useStore } from "../../stores/store";
import { Chip, PaneFrame } from "../../ui/primitives";
import { MISSING, duration } from "../../ui/number";
import { timeOf, zone } from "../../ui/time";
import { conditionOf } from "./model";
import { system, useWatch } from "./store";
import { ProblemLine } from "./ProblemLine";
import "./health.css";

const TONES = { fine: "up", quiet: "dim", poor: "warn", bad: "crit" } as const;

export default function DependenciesPane() {
  useWatch();
  const { report, problem } = useStore(system);
  const shown = useStore(zone);
  return (
    <PaneFrame title="Dependencies" status={report === null ? "" : `gateway ${report.status}`} actions={<ProblemLine problem={problem} />}>
      <div className="sheet" role="region" aria-label="dependencies">
        <table className="plain-table">
          <thead>
            <tr>
              <th>check</th>
              <th>state</th>
              <th className="num">took</th>
              <th className="num">since {shown}</th>
              <th>found</th>
            </tr>
          </thead>
          <tbody>
            {Object.entries(report?.dependencies ?? {}).map(([name, each]) => (
              <tr key={name}>
                <td>{name}</td>
                <td>
                  <Chip outlined tone={TONES[conditionOf(each.status)]}>
                    {each.status}
                  </Chip>
                </td>
                <td className="num">{each.latency_ms === null ? MISSING : duration(each.latency_ms)}</td>
                <td className="num">{timeOf(each.since, 0, shown)}</td>
                <td className="wide">{each.detail}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </PaneFrame>
  );
}
