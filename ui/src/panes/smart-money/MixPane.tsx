/** Profiles by time, and how often the system would not name one, by the hour. */
import { useEffect, useState } from "react";
import { groupSymbols, paneGroups, symbolOf } from "../../app/intents";
import type { PaneProps } from "../../app/panes";
import { route } from "../../app/router";
import { useStore } from "../../stores/store";
import { PaneFrame, PaneState } from "../../ui/primitives";
import { profileCode, profileName } from "../../ui/market";
import { count, money, percent } from "../../ui/number";
import { clockOf, millis, zone } from "../../ui/time";
import { get } from "../../wire/rest";
import { abstentionOf, columnsOf } from "./mix";
import type { MixCount } from "./mix";
import "./smart-money.css";

const INTERVAL_MS = 300_000;
const HOUR_MS = 3_600_000;
const READ_EVERY_MS = 60_000;
const ORDER = ["institutional_directional", "retail_whale", "event_driven", "vol_seller", "arbitrage", "hedge_reactive", ""];

interface Mixes {
  readonly profiles: readonly MixCount[];
  readonly abstention: readonly MixCount[];
}

export default function MixPane({ pane }: PaneProps) {
  const run = useStore(route, (value) => value.params.run ?? null);
  useStore(groupSymbols);
  useStore(paneGroups);
  useStore(route);
  useStore(zone);
  const symbol = symbolOf(pane.id);
  const [mixes, setMixes] = useState<Mixes | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    const read = (): void => {
      if (document.hidden) return;
      const ask = (by: string, interval_ms: number) =>
        get<{ readonly data: readonly MixCount[] }>("/flow/mix", { by, interval_ms, underlying_id: symbol, run }, { signal: abort.signal });
      Promise.all([ask("profile", INTERVAL_MS), ask("abstention", HOUR_MS)]).then(
        ([profiles, abstention]) => {
          setMixes({ profiles: profiles.data, abstention: abstention.data });
          setProblem(null);
        },
        (error: unknown) => {
          if (!abort.signal.aborted) setProblem(String(error));
        },
      );
    };
    read();
    const timer = window.setInterval(read, READ_EVERY_MS);
    return () => {
      abort.abort();
      window.clearInterval(timer);
    };
  }, [symbol, run]);
  const status = problem === null ? "events by five minutes; grey named none" : <span className="warn">{problem}</span>;
  return (
    <PaneFrame title={symbol === null ? "Profile mix" : `Profile mix of ${symbol}`} status={status}>
      {mixes === null ? null : mixes.profiles.length === 0 ? (
        <PaneState title="No smart-money events stored in this session." />
      ) : (
        <Mix mixes={mixes} />
      )}
    </PaneFrame>
  );
}

function Mix({ mixes }: { readonly mixes: Mixes }) {
  const columns = columnsOf(mixes.profiles, ORDER);
  const hours = columnsOf(mixes.abstention, ["named", "abstained"]);
  const first = millis(columns[0]?.start ?? "");
  const slots = Math.max(12, Math.round((millis(columns.at(-1)?.start ?? "") - first) / INTERVAL_MS) + 1);
  const most = Math.max(1, ...columns.map((column) => column.total));
  const totals = ORDER.map((name) => ({
    name,
    events: mixes.profiles.reduce((sum, each) => sum + (each.name === name ? each.events : 0), 0),
    premium: mixes.profiles.reduce((sum, each) => sum + (each.name === name ? each.premium : 0), 0),
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
