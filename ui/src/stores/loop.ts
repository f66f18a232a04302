/**
 * The terminal's one animation-frame loop: drain the inbox, then commit panes (terminal, 2.3–2.5).
 *
 * A pane adds a committer. `urgent` ones (alerts, smart money, packets, charts) commit on the next
 * frame; `tape` ones at the governor's rate, never two in one frame. Commits end after 8 ms a
 * frame, what is left waits for the next. On a machine too slow for that every frame still commits
 * one pane, and a tape kept waiting for long is the first of them.
 */
import { Governor } from "./governor";
import { Samples } from "./percentiles";
import { patchHealth } from "./health";

const COMMIT_BUDGET_MS = 8;
const OVERDUE_MS = 500;
const REPORT_EVERY_MS = 1000;
/** Figures of a pane that left the screen, or rests, are told for so long. */
const PAINT_KEPT_MS = 60_000;

export interface Committer {
  readonly name: string;
  readonly kind: "urgent" | "tape";
  /** Whether there is anything to show that is not shown. */
  readonly isDirty: (now: number) => boolean;
  /** Bring the pane up to date; returns when the newest record now shown was received, or null. */
  readonly commit: (now: number) => number | null;
}

interface Paint {
  readonly samples: Samples;
  lastAt: number;
}

interface Member extends Committer {
  lastCommit: number;
  readonly paint: Paint;
}

const members = new Set<Member>();
const paints = new Map<string, Paint>();
const governor = new Governor();
const work = new Samples(600);
const drains: ((now: number) => number)[] = [];
let frames = 0;
let reportedAt = 0;
let started = false;
let shownThisFrame: { readonly member: Member; readonly receivedAt: number }[] = [];

export function addCommitter(committer: Committer): () => void {
  let paint = paints.get(committer.name);
  if (paint === undefined) paints.set(committer.name, (paint = { samples: new Samples(600), lastAt: 0 }));
  const member: Member = { ...committer, lastCommit: 0, paint };
  members.add(member);
  return () => members.delete(member);
}

/** Add what runs at the head of each frame; it returns milliseconds of work done since the last. */
export function addDrain(drain: (now: number) => number): void {
  drains.push(drain);
}

/** Receive-to-paint percentiles by committer name, of those that painted in the last `withinMs`. */
export function paintFigures(
  withinMs = PAINT_KEPT_MS,
  now = performance.now(),
): Readonly<Record<string, ReturnType<Samples["percentiles"]>>> {
  for (const [name, { lastAt }] of paints) {
    const isOnScreen = [...members].some((member) => member.name === name);
    if (!isOnScreen && now - lastAt > PAINT_KEPT_MS) paints.delete(name);
  }
  const recent = [...paints].filter(([, { lastAt }]) => lastAt > 0 && now - lastAt <= withinMs);
  return Object.fromEntries(recent.map(([name, { samples }]) => [name, samples.percentiles()]));
}

export function frameFigures(): ReturnType<Samples["percentiles"]> {
  return work.percentiles();
}

/** Choose what commits in a frame, in order: every dirty urgent pane, the tape that waited longest. */
export function due<M extends Committer & { readonly lastCommit: number }>(
  all: Iterable<M>,
  now: number,
  intervalMs: number,
): M[] {
  const chosen: M[] = [];
  let tape: M | null = null;
  for (const member of all) {
    if (!member.isDirty(now)) continue;
    if (member.kind === "urgent") chosen.push(member);
    // Half a frame of grace, else a rate of 30 lands on every third frame of 60.
    else if (now - member.lastCommit >= intervalMs - 8) {
      if (tape === null || member.lastCommit < tape.lastCommit) tape = member;
    }
  }
  chosen.sort((a, b) => a.lastCommit - b.lastCommit);
  if (tape !== null) {
    // Urgent panes that take up every frame would leave it waiting for good.
    if (now - tape.lastCommit >= OVERDUE_MS) chosen.unshift(tape);
    else chosen.push(tape);
  }
  return chosen;
}

function frame(now: number): void {
  requestAnimationFrame(frame);
  const began = performance.now();
  let before = 0;
  for (const drain of drains) before += drain(now);
  let committed = 0;
  for (const member of due(members, now, governor.intervalMs)) {
    if (committed > 0 && performance.now() - began >= COMMIT_BUDGET_MS) break;
    committed += 1;
    member.lastCommit = now;
    const receivedAt = member.commit(now);
    if (receivedAt !== null) shownThisFrame.push({ member, receivedAt });
  }
  frames += 1;
  afterPaint.port2.postMessage({ began, before });
}

// A message posted in a frame is handled after the browser has laid out and painted that frame, so
// it ends what the frame cost the main thread, and it is when the new rows can be seen.
const afterPaint = new MessageChannel();

function painted({ began, before }: { readonly began: number; readonly before: number }): void {
  const now = performance.now();
  const cost = now - began + before;
  work.add(cost);
  governor.frame(cost, now);
  for (const { member, receivedAt } of shownThisFrame) {
    member.paint.samples.add(now - receivedAt);
    member.paint.lastAt = now;
  }
  shownThisFrame = [];
  if (now - reportedAt < REPORT_EVERY_MS) return;
  const seconds = reportedAt === 0 ? 1 : (now - reportedAt) / 1000;
  patchHealth({
    framesPerSecond: Math.round(frames / seconds),
    frameWork: work.percentiles(),
    commitRate: governor.rate,
    paint: paintFigures(),
  });
  frames = 0;
  reportedAt = now;
}

export function startLoop(): void {
  if (started) return;
  started = true;
  afterPaint.port1.onmessage = (event: MessageEvent<{ began: number; before: number }>) =>
    painted(event.data);
  requestAnimationFrame(frame);
}
