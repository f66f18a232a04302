/** Replay: runs, their shared clock, its keys, and the marks that say what is on screen is past. */
import { column, pane, row } from "../../app/layout";
import { registerCommands } from "../../app/commands";
import { registerExtra } from "../../app/extras";
import { registerPage, registerPane } from "../../app/panes";
import { ReplayBar, ReplayFrame } from "./ReplayBar";
import { backToLive, changeSpeed, seekBy, shownRun, startReplay, step, togglePlay } from "./store";
import type { StepBy } from "./store";

registerPane({ kind: "replay-clock", title: "Shared clock", load: () => import("./ClockPane") });
registerPane({ kind: "replay-runs", title: "Replay runs", load: () => import("./RunsPane") });
registerPane({ kind: "replay-new", title: "New replay run", load: () => import("./NewRunPane") });
registerPage({
  key: "r",
  path: "replay",
  title: "Replay",
  layout: column(0.24, pane("replay-clock"), row(0.72, pane("replay-runs"), pane("replay-new"))),
});
registerExtra("replay.bar", "bar", ReplayBar);
registerExtra("replay.frame", "overlay", ReplayFrame);

const when = (): boolean => shownRun() !== null;
const stepping = (by: StepBy, n: number, title: string) => ({
  id: `replay.step.${by}`,
  title: `Replay: step one ${title}`,
  group: "Replay",
  when,
  ...(by === "event" ? { keys: ["."] } : {}),
  run: () => void step(by, n),
});

registerCommands([
  { id: "replay.toggle", title: "Replay: play or pause", group: "Replay", keys: ["Space"], when, run: togglePlay },
  stepping("event", 1, "event"),
  stepping("ms", 1000, "second"),
  stepping("bar", 1, "bar"),
  stepping("alert", 1, "alert"),
  { id: "replay.back", title: "Replay: step back one second", group: "Replay", keys: [","], when, run: () => seekBy(-1000) },
  { id: "replay.slower", title: "Replay: slower", group: "Replay", keys: ["<"], when, run: () => changeSpeed(-1) },
  { id: "replay.faster", title: "Replay: faster", group: "Replay", keys: [">"], when, run: () => changeSpeed(1) },
  { id: "replay.live", title: "Replay: back to live", group: "Replay", keys: ["Esc Esc"], when, run: backToLive },
]);

// Not in tests, which have no address bar.
if (typeof location !== "undefined") startReplay();
