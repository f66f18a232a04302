/** Every replay run and how it is doing. */
import { useEffect } from "react";
import { useStore } from "../../stores/store";
import { Button, Chip, Meter, PaneFrame, PaneState, Scroller } from "../../ui/primitives";
import { compact } from "../../ui/number";
import { clockOf, dateOf, millis, zone } from "../../ui/time";
import { useShownRun } from "./ReplayBar";
import { Verdict } from "./Transport";
import { nanosOf, speedText, verdictOf } from "./model";
import type { Run } from "./model";
import { backToLive, loadRuns, openRun, remove, replay } from "./store";
import "./replay.css";

const EVERY_MS = 10_000;

export default function RunsPane() {
  const { runs, hasWorker, problem } = useStore(replay);
  const { name } = useShownRun();
  useEffect(() => {
    const aborter = new AbortController();
    void loadRuns(aborter.signal);
    const timer = window.setInterval(() => void loadRuns(aborter.signal), EVERY_MS);
    return () => {
      aborter.abort();
      window.clearInterval(timer);
    };
  }, []);
  const list = Object.values(runs).filter((run) => run.state !== "deleted");
  return (
    <PaneFrame
      title="Runs"
      status={
        hasWorker === false ? (
          <Chip tone="warn" outlined title="start one: islandflow replay worker">
            no replay worker
          </Chip>
        ) : (
          `${list.length} of at most 4 at a time; deleted 24 h after last use`
        )
      }
    >
      <Scroller className="sheet" label="replay runs">
        <table className="plain-table">
          <thead>
            <tr>
              <th>run</th>
              <th>state</th>
              <th>clock</th>
              <th className="num">speed</th>
              <th>progress</th>
              <th className="num">records</th>
              <th>range</th>
              <th>against live</th>
              <th><span className="sr-only">actions</span></th>
            </tr>
          </thead>
          <tbody>
            {list.map((run) => (
              <RunRow key={run.run_id} run={run} isShown={run.run_id === name} />
            ))}
          </tbody>
        </table>
      </Scroller>
      {list.length === 0 && (
        <PaneState
          title={problem === null ? "There are no replay runs." : problem.title}
          detail={
            problem === null
              ? "A run sends a recorded session through the same flows; its records are its own."
              : `${problem.detail} (${problem.code}, request ${problem.requestId ?? "unknown"})`
          }
          actions={problem === null ? [] : [{ text: "Try again", run: () => void loadRuns() }]}
        />
      )}
    </PaneFrame>
  );
}

function RunRow({ run, isShown }: { readonly run: Run; readonly isShown: boolean }) {
  const shown = useStore(zone);
  const at = millis(run.clock.event_ts);
  const time = (ns: string | null, beside: string | null): string =>
    ns === null
      ? ""
      : `${beside !== null && dateOf(beside, shown) === dateOf(ns, shown) ? "" : `${dateOf(ns, shown)} `}${clockOf(millis(ns), shown)}`;
  const verdict = verdictOf(run);
  const records = Object.values(run.records).reduce((sum, each) => sum + each, 0);
  return (
    <tr className={isShown ? "chosen" : ""}>
      <td title={`from the ${run.source}`}>
        <b>{run.run_id}</b>
      </td>
      <td>
        <Chip outlined tone={run.error !== "" ? "crit" : run.live ? "accent" : "dim"} title={run.error}>
          {run.live || run.state === "finished" || run.state === "failed" ? run.state : `${run.state}, not running`}
        </Chip>
      </td>
      <td>{Number.isNaN(at) ? "–" : `${dateOf(nanosOf(at), shown)} ${clockOf(at, shown)} ${shown}`}</td>
      <td className="num">{speedText(run.speed)}</td>
      <td>
        <Meter value={run.progress} label={`progress of ${run.run_id}`} />
      </td>
      <td className="num">{compact(records)}</td>
      <td>
        {time(run.start_ts, null) || "first record"} – {time(run.end_ts, run.start_ts) || "end"}
      </td>
      <td className="run-verdict">{verdict === null ? <span className="dim">not compared</span> : <Verdict run={run} text={verdict} />}</td>
      <td className="row-buttons">
        {isShown ? (
          <Button look="bordered" onClick={backToLive}>
            Live
          </Button>
        ) : (
          <Button look="bordered" onClick={() => openRun(run.run_id)}>
            Open
          </Button>
        )}
        <Button onClick={() => void remove(run.run_id)} aria-label={`end ${run.run_id}`}>
          End
        </Button>
      </td>
    </tr>
  );
}
