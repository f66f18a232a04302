/** What the gateway rests on: each check with its reason and since when. */
import { useStore } from "../../stores/store";
import { Chip } from "../../ui/primitives";
import { MISSING, duration } from "../../ui/number";
import { timeOf, zone } from "../../ui/time";
import { HealthSheet } from "./HealthSheet";
import { conditionOf } from "./model";
import { system } from "./store";

const TONES = { fine: "up", quiet: "dim", poor: "warn", bad: "crit" } as const;

export default function DependenciesPane() {
  const report = useStore(system, (value) => value.report);
  const shown = useStore(zone);
  return (
    <HealthSheet title="Dependencies" label="dependencies" status={report === null ? "" : `gateway ${report.status}`}>
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
    </HealthSheet>
  );
}
