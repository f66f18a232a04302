/**
 * What makes a replay unmistakable on every page: the badge with its controls in the control bar,
 * and a hatched frame round the screen. The badge opens the whole transport.
 */
import { useState } from "react";
import { route, runOf } from "../../app/router";
import { useStore } from "../../stores/store";
import { Button, useFocusWithin } from "../../ui/primitives";
import { zone } from "../../ui/time";
import { Transport, useRunTime } from "./Transport";
import { badgeText, canMove, isPlaying } from "./model";
import type { Run } from "./model";
import { backToLive, changeSpeed, replay, seekBy, step, togglePlay } from "./store";
import "./replay.css";

export function useShownRun(): { readonly name: string | null; readonly run: Run | null } {
  const name = useStore(route, runOf);
  const run = useStore(replay, (value) => (name === null ? null : (value.runs[name] ?? null)));
  return { name, run };
}

export function ReplayBar() {
  const { name, run } = useShownRun();
  const at = useRunTime(run);
  const shown = useStore(zone);
  const problem = useStore(replay, (value) => value.problem);
  const page = useStore(route, (value) => value.page);
  const [isOpen, setOpen] = useState(false);
  if (name === null) return null;
  const plays = run !== null && isPlaying(run);
  const off = run === null || !canMove(run);
  return (
    <span className="replay-bar">
      <button
        type="button"
        className="replay-badge"
        aria-expanded={isOpen}
        title={problem === null ? "seek, step and speed" : `${problem.message} (${problem.code})`}
        onClick={() => setOpen((before) => !before)}
      >
        {badgeText(run, problem?.status === 404 ? `${name} is gone` : name, at, shown)}
      </button>
      <Button disabled={off} aria-label="step back one second" title="step back one second (,)" onClick={() => seekBy(-1000)}>
        ◂
      </Button>
      <Button disabled={off} aria-label={plays ? "pause" : "play"} title={plays ? "pause (Space)" : "play (Space)"} onClick={togglePlay}>
        {plays ? "❚❚" : "▶"}
      </Button>
      <Button disabled={off} aria-label="step one event" title="step one event (.)" onClick={() => void step("event")}>
        ▸
      </Button>
      <Button disabled={off} aria-label="slower" title="slower (<)" onClick={() => changeSpeed(-1)}>
        −
      </Button>
      <Button disabled={off} aria-label="faster" title="faster (>)" onClick={() => changeSpeed(1)}>
        +
      </Button>
      <Button aria-label="back to live" title="back to live (Esc Esc)" onClick={backToLive}>
        Live
      </Button>
      {isOpen && run !== null && page !== "replay" && <Under run={run} onClose={() => setOpen(false)} />}
    </span>
  );
}

function Under({ run, onClose }: { readonly run: Run; readonly onClose: () => void }) {
  const { root, onKeyDown } = useFocusWithin<HTMLDivElement>(onClose, false);
  return (
    // Escape is heard for everything inside.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div ref={root} className="replay-under" role="dialog" aria-label="replay clock" tabIndex={-1} onKeyDown={onKeyDown}>
      <Transport run={run} />
    </div>
  );
}

export function ReplayFrame() {
  const { name } = useShownRun();
  return name === null ? null : <div className="replay-frame" aria-hidden="true" />;
}
