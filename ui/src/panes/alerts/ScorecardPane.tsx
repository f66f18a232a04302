/** How alerts turned out: hit rate with its interval beside the base rate, and calibration. */
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { CalibrationBin, Scorecard } from "../../generated/rest";
import { route, setParams } from "../../app/router";
import { look } from "../../app/look";
import { useStore } from "../../stores/store";
import { PaneFrame, PaneState, Scroller, Toggles } from "../../ui/primitives";
import { change, count, percent } from "../../ui/number";
import { helpOf } from "../../ui/reasons";
import { get } from "../../wire/rest";
import "../evidence/evidence.css";
import "./alerts.css";

const BY = [
  { value: "classifier", text: "classifier" },
  { value: "profile", text: "profile" },
  { value: "score_band", text: "score" },
] as const;
const HORIZONS = ["5m", "15m", "60m", "close", "next_close", "opened"].map((value) => ({
  value,
  text: value.replace("_", " "),
}));

export default function ScorecardPane() {
  const params = useStore(route, (value) => value.params);
  const by = BY.find((each) => each.value === params.by)?.value ?? "classifier";
  const horizon = HORIZONS.find((each) => each.value === params.horizon)?.value ?? "60m";
  const run = params.run ?? null;
  const [card, setCard] = useState<Scorecard | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    get<Scorecard>("/flow/scorecard", { by, horizon, run }, { signal: abort.signal }).then(
      (answer) => {
        setCard(answer);
        setProblem(null);
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setProblem(String(error));
      },
    );
    return () => abort.abort();
  }, [by, horizon, run, round]);
  return (
    <PaneFrame
      title="Scorecard"
      status={<span title={helpOf("scorecard") ?? ""}>settled alerts of the session; the past, no forecast</span>}
      bar={
        <div className="scorecard-bar">
          <Toggles label="Group by" options={BY} chosen={[by]} onToggle={(value) => setParams({ by: value === "classifier" ? null : value })} />
          <Toggles label="Horizon" options={HORIZONS} chosen={[horizon]} onToggle={(value) => setParams({ horizon: value === "60m" ? null : value })} />
        </div>
      }
    >
      {problem !== null && (
        <PaneState title="The scorecard could not be read." detail={problem} tone="crit" actions={[{ text: "Retry", run: () => setRound(round + 1) }]} />
      )}
      {card !== null && problem === null && <Body card={card} />}
    </PaneFrame>
  );
}

function Body({ card }: { readonly card: Scorecard }) {
  const { overall } = card;
  if (overall === null || overall.alerts === 0) {
    return <PaneState title="No alerts of options in this range." detail="Alerts settle the next day, when open interest is published." />;
  }
  const rows = [{ ...overall, name: "all" }, ...card.data];
  return (
    <Scroller className="scorecard evidence" label="outcomes by group">
      {overall.n === 0 && (
        <p className="dim">
          {count(overall.alerts)} alerts, none settled yet: alerts settle after the close, when returns and the next open
          interest are known.
        </p>
      )}
      <table className="mini-tape">
        <thead>
          <tr>
            {["group", "alerts", "known", "hit rate", "95 % interval", "base rate", "mean bps", "opened of"].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((group) => {
            const opened = group.oi_outcomes.opened ?? 0;
            const judged = opened + (group.oi_outcomes.closed ?? 0) + (group.oi_outcomes.inconclusive ?? 0);
            return (
              <tr key={group.name} className={group.is_enough ? "" : "too-few"} title={group.is_enough ? undefined : `n ${group.n}: fewer than 30, too few to say anything`}>
                <td>{group.name.replaceAll("_", " ")}</td>
                <td>{count(group.alerts)}</td>
                <td>
                  {count(group.n)} <span className="dim">{percent(group.known_share)}</span>
                </td>
                <td>{percent(group.hit_rate)}</td>
                <td className="dim">{group.low === null ? "–" : `${percent(group.low)} to ${percent(group.high)}`}</td>
                <td>{percent(group.base_rate)}</td>
                <td>{change(group.mean_signed_bps, 1)}</td>
                <td className="dim">
                  {count(opened)} / {count(judged)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {overall.calibration.length > 0 && <Calibration bins={overall.calibration} />}
    </Scroller>
  );
}

function Calibration({ bins }: { readonly bins: readonly CalibrationBin[] }) {
  const host = useRef<HTMLDivElement>(null);
  const theme = useStore(look, (value) => value.theme);
  useEffect(() => {
    const at = host.current;
    if (at === null) return;
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    const axis = { stroke: colour("--dim"), grid: { stroke: colour("--line"), width: 1 }, font: "11px Inter Variable" };
    const share = { auto: false, range: [0, 1] as [number, number] };
    const plot = new uPlot(
      {
        width: Math.max(220, at.clientWidth),
        height: 160,
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { ...share, time: false }, y: share },
        axes: [{ ...axis, label: "stated probability" }, { ...axis, label: "hit rate" }],
        series: [
          {},
          { stroke: colour("--edge"), width: 1, points: { show: false } },
          { stroke: colour("--accent"), width: 1.5, points: { show: true, size: 6 } },
        ],
      },
      [bins.map((bin) => bin.mean_probability), bins.map((bin) => bin.mean_probability), bins.map((bin) => bin.hit_rate)],
      at,
    );
    return () => plot.destroy();
  }, [bins, theme]);
  return (
    <figure className="calibration">
      <figcaption className="dim">Calibration: a point on the grey line did what it said. n {bins.map((bin) => bin.n).join(", ")}.</figcaption>
      <div ref={host} />
    </figure>
  );
}
