/** The shared clock of a run and everything that moves it: in the pane and under the badge. */
import { useEffect, useState } from "react";
import type { SubmitEvent } from "react";
import { clock } from "../../stores/clock";
import { useStore } from "../../stores/store";
import { Button, Chip, Toggles } from "../../ui/primitives";
import { count, percent } from "../../ui/number";
import { clockOf, dateOf, zone } from "../../ui/time";
import { SeekSlider } from "./Marks";
import { SPEEDS, boundsOf, canMove, nanosOf, parseWallTime, runTime, speedText, verdictOf } from "./model";
import type { Run } from "./model";
import { backToLive, remove, replay, seek, seekBy, setSpeed, step, togglePlay } from "./store";
import type { StepBy } from "./store";

/** Event time of a run, read 10 times a second: the eye needs no more of a clock. */
export function useRunTime(run: Run | null): number | null {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (run === null) return;
    const timer = window.setInterval(() => setNow(Date.now()), 100);
    return () => window.clearInterval(timer);
  }, [run]);
  const offset = useStore(clock, (value) => value.offsetMs);
  return run === null ? null : runTime(run, now + offset);
}

const STEPS: readonly { readonly by: StepBy; readonly n: number; readonly text: string; readonly title: string }[] = [
  { by: "event", n: 1, text: "event", title: "one record on (.)" },
  { by: "ms", n: 1000, text: "second", title: "one second on" },
  { by: "bar", n: 1, text: "bar", title: "to the end of the next bar" },
  { by: "alert", n: 1, text: "alert", title: "to the next alert" },
];

export function Transport({ run }: { readonly run: Run }) {
  const at = useRunTime(run);
  const shown = useStore(zone);
  const problem = useStore(replay, (value) => value.problem);
  const bounds = boundsOf(run);
  const verdict = verdictOf(run);
  const moves = canMove(run);
  return (
    <div className="transport">
      <div className="transport-line">
        <span className="transport-clock">
          {at === null ? "–" : clockOf(at, shown)}
          <small>{at === null ? "" : `${dateOf(nanosOf(at), shown)} ${shown}`}</small>
        </span>
        <Chip outlined tone={run.live ? "warn" : "dim"}>
          {run.live ? run.state : run.state === "finished" ? "finished" : "stopped"}
        </Chip>
        {!HAS_ENDED.has(run.state) && <Controls run={run} at={at ?? bounds?.from ?? 0} />}
        <span className="transport-rest" />
        <Button look="bordered" title="stop the run and delete what it derived" onClick={() => void remove(run.run_id)}>
          End run
        </Button>
        <Button look="bordered" onClick={backToLive}>
          Back to live <kbd>Esc Esc</kbd>
        </Button>
      </div>
      {bounds !== null && moves && <SeekSlider bounds={bounds} at={at ?? bounds.from} onSeek={seek} />}
      <p className="transport-facts">
        <b>{run.run_id}</b> · from {run.source} · generation {run.generation} · {percent(run.progress)} read ·{" "}
        {Object.entries(run.records)
          .filter(([, records]) => records > 0)
          .map(([name, records]) => `${count(records)} ${name}`)
          .join(", ") || "no record yet"}
        {Object.entries(run.lag).map(([flow, lag]) => (lag > 0 ? ` · ${flow} ${count(lag)} behind` : ""))}
      </p>
      {verdict !== null && <Verdict run={run} text={verdict} />}
      {(problem !== null || run.error !== "") && (
        <p className="form-problem" role="alert">
          {problem !== null ? `${problem.message} (${problem.code})` : run.error}
        </p>
      )}
    </div>
  );
}

const HAS_ENDED: ReadonlySet<string> = new Set(["finished", "stopped", "failed", "deleted"]);

/** What moves a run; one that has ended is moved by nothing. */
function Controls({ run, at }: { readonly run: Run; readonly at: number }) {
  const moves = canMove(run);
  return (
    <>
      <Button look="primary" disabled={!moves} onClick={togglePlay}>
        {run.state === "paused" ? "Play" : "Pause"} <kbd>Space</kbd>
      </Button>
      <span className="transport-group">
        <span className="dim">step</span>
        <Button look="bordered" disabled={!moves} title="back one second (,)" onClick={() => seekBy(-1000)}>
          −1 s
        </Button>
        {STEPS.map(({ by, n, text, title }) => (
          <Button key={text} look="bordered" disabled={!moves} title={title} onClick={() => void step(by, n)}>
            {text}
          </Button>
        ))}
      </span>
      <Toggles
        label="speed"
        options={SPEEDS.map((speed) => ({ value: String(speed), text: speedText(speed) }))}
        chosen={[String(run.speed)]}
        onToggle={(value) => setSpeed(Number(value))}
      />
      <SeekTo at={at} disabled={!moves} />
    </>
  );
}

const VERDICT_TONE = { true: "up", false: "crit", unknown: "dim" } as const;
const VERDICT_MARK = { true: "=", false: "≠", unknown: "…" } as const;

/** What comparing the run with live found. */
export function Verdict({ run, text }: { readonly run: Run; readonly text: string }) {
  return (
    <Chip outlined tone={VERDICT_TONE[run.matches_live]} title={text}>
      {VERDICT_MARK[run.matches_live]} {text}
    </Chip>
  );
}

function SeekTo({ at, disabled }: { readonly at: number; readonly disabled: boolean }) {
  const shown = useStore(zone);
  const [text, setText] = useState("");
  const [isWrong, setWrong] = useState(false);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const ms = parseWallTime(text, at, shown);
    setWrong(ms === null);
    if (ms === null) return;
    seek(ms);
    setText("");
  };
  return (
    <form className="transport-group" onSubmit={submit}>
      <input
        className="field"
        aria-label={`go to ${shown} time`}
        aria-invalid={isWrong}
        placeholder={`go to, ${shown} 14:32:07`}
        spellCheck={false}
        disabled={disabled}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {isWrong && <span className="form-problem">expected 14:32:07 or 2026-11-19 14:32</span>}
    </form>
  );
}
