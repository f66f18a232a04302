/** Profiles by time, and how often the system would not name one, by the hour. */
import type { Mix, MixCount } from "../../generated/rest";
import type { PaneProps } from "../../app/panes";
import { useAnswer } from "../../app/useAnswer";
import type { Answer } from "../../app/useAnswer";
import { usePane } from "../../app/usePane";
import { useStore } from "../../stores/store";
import { PaneFrame, PaneState } from "../../ui/primitives";
import { PROFILE_IDS, profileCode, profileName } from "../../ui/market";
import { count, money, percent } from "../../ui/number";
import { clockOf, millis, zone } from "../../ui/time";
import { abstentionOf, columnsOf } from "./mix";
import "./smart-money.css";

const INTERVAL_MS = 300_000;
const HOUR_MS = 3_600_000;
const READ_EVERY_MS = 60_000;
/** No profile stands last. */
const ORDER = [...PROFILE_IDS, ""];

export default function MixPane({ pane }: PaneProps) {
  const { symbol, run } = usePane(pane.id);
  useStore(zone);
  const profiles = useMix("profile", INTERVAL_MS, symbol, run);
  const abstention = useMix("abstention", HOUR_MS, symbol, run);
  const problem = profiles.problem ?? abstention.problem;
  const status = problem === null ? "events by five minutes; grey named none" : <span className="warn">{String(problem)}</span>;
  return (
    <PaneFrame title={symbol === null ? "Profile mix" : `Profile mix of ${symbol}`} status={status}>
      {profiles.body === null || abstention.body === null ? (
        problem !== null && <PaneState title={problem.title} detail={[problem.code, problem.requestId].filter(Boolean).join(" · ")} />
      ) : profiles.body.data.length === 0 ? (
        <PaneState title="No smart-money events stored in this session." />
      ) : (
        <MixPlot profiles={profiles.body.data} abstention={abstention.body.data} />
      )}
    </PaneFrame>
  );
}

function useMix(by: Mix["by"], interval_ms: number, symbol: string | null, run: string | null): Answer<Mix> {
  return useAnswer<Mix>("/flow/mix", { by, interval_ms, underlying_id: symbol, run }, READ_EVERY_MS);
}

interface MixPlotProps {
  readonly profiles: readonly MixCount[];
  readonly abstention: readonly MixCount[];
}

function MixPlot({ profiles, abstention }: MixPlotProps) {
  const columns = columnsOf(profiles, ORDER);
  const hours = columnsOf(abstention, ["named", "abstained"]);
  const first = millis(columns[0]?.start ?? "");
  const slots = Math.max(12, Math.round((millis(columns.at(-1)?.start ?? "") - first) / INTERVAL_MS) + 1);
  const most = Math.max(1, ...columns.map((column) => column.total));
  const totals = ORDER.map((name) => ({
    name,
    events: profiles.reduce((sum, each) => sum + (each.name === name ? each.events : 0), 0),
    premium: profiles.reduce((sum, each) => sum + (each.name === name ? each.premium : 0), 0),
  })).filter(({ events }) => events > 0);
  return (
    <div className="mix">
      <div className="mix-plot">
        <svg viewBox={`0 0 ${slots * 8} 100`} preserveAspectRatio="none" role="img" aria-label={`Events by profile, ${columns.length} intervals, at most ${most} in one`}>
          {columns.map((column) => {
            const x = ((millis(column.start) - first) / INTERVAL_MS) * 8;
            let y = 100;
            return (
              <g key={column.start}>
                <title>
                  {`${clockOf(millis(column.start))} ${zone.get()}: ${column.parts
                    .map((part) => `${part.name === "" ? "abstained" : profileName(part.name)} ${part.events}`)
                    .join(", ")}`}
                </title>
                {column.parts.map((part) => {
                  const height = (part.events / most) * 99;
                  y -= height;
                  const code = profileCode(part.name)?.toLowerCase() ?? "none";
                  return <rect key={part.name} className={`mix-${code}`} x={x} y={y} width={6.5} height={height} />;
                })}
              </g>
            );
          })}
        </svg>
        <p className="mix-axis">
          <span>{clockOf(first)}</span>
          <span>max {count(most)} in 5 min</span>
          <span>
            {clockOf(first + slots * INTERVAL_MS)} {zone.get()}
          </span>
        </p>
        <p className="mix-hours">
          abstained{" "}
          {hours.map((hour) => (
            <span key={hour.start} title={`${count(hour.total)} events`}>
              {clockOf(millis(hour.start)).slice(0, 5)} <b>{percent(abstentionOf(hour))}</b>
            </span>
          ))}
        </p>
      </div>
      <dl className="mix-legend">
        {totals.map(({ name, events, premium }) => {
          const code = profileCode(name);
          return (
            <div key={name}>
              <dt>
                <i className={`mix-${code?.toLowerCase() ?? "none"}`} /> {code ?? "–"} {name === "" ? "abstained" : profileName(name)}
              </dt>
              <dd>
                {count(events)} <span>{money(premium)}</span>
              </dd>
            </div>
          );
        })}
      </dl>
    </div>
  );
}
