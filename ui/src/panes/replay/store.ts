/**
 * The run that the screen shows (`run=` in the URL) and how every run is doing.
 *
 * Statuses come over the channel `replay-clock`; a paused run is silent, so the shown run is also
 * read once when it is opened. Commands answer with the status they led to.
 */
import { setParams, route } from "../../app/router";
import type { RunList } from "../../generated/rest";
import { clock, sawEventTime } from "../../stores/clock";
import { createStore } from "../../stores/store";
import { Problem, get, send } from "../../wire/rest";
import { live } from "../../wire/live";
import type { KeyedFrame } from "../../wire/frames";
import { nanosOf, nextSpeed, runTime } from "./model";
import type { Run } from "./model";

export interface Replay {
  /** By name; those heard of or read. */
  readonly runs: Readonly<Record<string, Run>>;
  /** Null before the list was read. */
  readonly hasWorker: boolean | null;
  /** Why the last command or read failed. */
  readonly problem: Problem | null;
}

const STANDS_WITHIN_MS = 10_000;
const MARKET_CHANNELS = ["options", "nbbo", "equities", "equity-quotes"] as const;

export const replay = createStore<Replay>({ runs: {}, hasWorker: null, problem: null });

/** Name of the run on screen; null when live. */
export function shownRun(): string | null {
  return route.get().params.run ?? null;
}

/** Take a status unless a newer one of the run is known. */
function put(run: Run): void {
  const before = replay.get().runs[run.run_id];
  if (before !== undefined && before.clock.wall_ts > run.clock.wall_ts) return;
  replay.set((now) => ({ ...now, runs: { ...now.runs, [run.run_id]: run } }));
}

export function forget(name: string): void {
  replay.set((now) => ({
    ...now,
    runs: Object.fromEntries(Object.entries(now.runs).filter(([each]) => each !== name)),
  }));
}

const failed = (cause: unknown): void => {
  if (cause instanceof Problem) replay.patch({ problem: cause });
};

export async function loadRuns(signal?: AbortSignal): Promise<void> {
  try {
    const found = await get<RunList>("/replay/runs", {}, signal === undefined ? {} : { signal });
    const runs = Object.fromEntries(found.data.map((run) => [run.run_id, run]));
    replay.set({ runs, hasWorker: found.has_worker, problem: null });
  } catch (cause) {
    failed(cause);
  }
}

async function loadShown(): Promise<void> {
  const name = shownRun();
  if (name === null) return;
  try {
    put(await get<Run>(`/replay/runs/${encodeURIComponent(name)}`));
    replay.patch({ problem: null });
  } catch (cause) {
    failed(cause);
  }
}

/** Ask something of a run; the answer is shown, a refusal is told. */
export async function ask(name: string, action: string, body: Readonly<Record<string, unknown>> = {}): Promise<boolean> {
  try {
    const { body: run } = await send<Run>("POST", `/replay/runs/${encodeURIComponent(name)}/${action}`, body);
    put(run);
    replay.patch({ problem: null });
    return true;
  } catch (cause) {
    failed(cause);
    return false;
  }
}

export async function create(body: Readonly<Record<string, unknown>>): Promise<Run> {
  const { body: run } = await send<Run>("POST", "/replay/runs", body);
  put(run);
  return run;
}

export async function remove(name: string): Promise<void> {
  try {
    await send("DELETE", `/replay/runs/${encodeURIComponent(name)}`);
    forget(name);
    if (shownRun() === name) backToLive();
  } catch (cause) {
    failed(cause);
  }
}

export function openRun(name: string): void {
  setParams({ run: name });
}

/** Leave the run, which goes on; every pane is where it was. */
export function backToLive(): void {
  setParams({ run: null, t: null });
  replay.patch({ problem: null });
}

const shown = (): Run | null => {
  const name = shownRun();
  return name === null ? null : (replay.get().runs[name] ?? null);
};

/** Event time of the run on screen now, ms. */
export function shownTime(): number | null {
  const run = shown();
  return run === null ? null : runTime(run, Date.now() + clock.get().offsetMs);
}

export function togglePlay(): void {
  const run = shown();
  if (run === null) return;
  void ask(run.run_id, run.state === "paused" ? "resume" : "pause");
}

export type StepBy = "event" | "ms" | "bar" | "alert";

/** Whether a run stands still, or does within a few seconds: a busy one is slow to say so. */
function stands(name: string): Promise<boolean> {
  const isPaused = (): boolean => replay.get().runs[name]?.state === "paused";
  if (isPaused()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const end = (found: boolean): void => {
      window.clearTimeout(timer);
      undo();
      resolve(found);
    };
    const timer = window.setTimeout(() => end(false), STANDS_WITHIN_MS);
    const undo = replay.subscribe(() => {
      if (isPaused()) end(true);
    });
  });
}

/** Step on; a run that plays is paused first, since only a standing one can step. */
export async function step(by: StepBy, n = 1): Promise<void> {
  const run = shown();
  if (run === null) return;
  // Asked and in effect are two things: until it says that it stands, a step would be refused.
  if (run.state === "playing" && !((await ask(run.run_id, "pause")) && (await stands(run.run_id)))) return;
  await ask(run.run_id, "step", { by, n });
}

export function seek(ms: number): void {
  const run = shown();
  if (run !== null) void ask(run.run_id, "seek", { ts: nanosOf(ms) });
}

export function seekBy(ms: number): void {
  const at = shownTime();
  if (at !== null) seek(at + ms);
}

export function setSpeed(speed: number): void {
  const run = shown();
  if (run !== null) void ask(run.run_id, "speed", { speed });
}

export function changeSpeed(by: 1 | -1): void {
  const run = shown();
  if (run === null) return;
  const next = nextSpeed(run.speed, by);
  if (next !== run.speed) setSpeed(next);
}

/** Hear the clocks of all runs, and read the run whenever another is opened. */
export function startReplay(): void {
  let known: string | null = null;
  const changed = (): void => {
    const name = shownRun();
    if (name === known) return;
    known = name;
    void loadShown();
  };
  route.subscribe(changed);
  changed();
  live.subscribe(
    { channel: "replay-clock", filters: {}, depth: 100 },
    {
      onFrame: (frame: KeyedFrame) => {
        if (frame.type !== "snapshot" && frame.type !== "events") return;
        for (const run of frame.items as unknown as readonly Run[]) put(run);
      },
    },
  );
  // A page without a tape has the market's time too; in a run the run's own is shown.
  live.onFrame((frame) => {
    if (frame.type !== "heartbeat" || shownRun() !== null) return;
    for (const name of MARKET_CHANNELS) {
      const newest = frame.channels[name]?.newest_ts;
      if (typeof newest === "string") sawEventTime(newest);
    }
  });
  live.connection.subscribe(() => {
    if (live.connection.get().state === "live") void loadShown();
  });
}
