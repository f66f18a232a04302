/**
 * Condition of the whole system, read from the gateway.
 *
 * Twice a minute always, so that the plots reach back when Health is opened and the status line has
 * its dead letters; every five seconds while a pane of Health is on screen. Nothing is read in a
 * hidden tab or without a connection.
 */
import { useEffect } from "react";
import type { HealthBody, Losses, PipelineBody } from "../../generated/rest";
import { createStore } from "../../stores/store";
import { Problem, get } from "../../wire/rest";
import { live } from "../../wire/live";
import { withSample } from "./model";
import type { Sample } from "./model";

const SLOW_MS = 30_000;
const FAST_MS = 5_000;
const LOSSES_EVERY_MS = 15_000;

export interface System {
  readonly pipeline: PipelineBody | null;
  readonly report: HealthBody | null;
  readonly losses: Losses | null;
  readonly samples: readonly Sample[];
  readonly problem: Problem | null;
}

export const system = createStore<System>({ pipeline: null, report: null, losses: null, samples: [], problem: null });

/** Panes of Health on screen. */
let watching = 0;
let readAt = 0;
let lossesAt = 0;

async function readHealth(): Promise<HealthBody> {
  const response = await fetch("/health", { credentials: "same-origin", headers: { Accept: "application/json" } });
  // 503 is an answer too: it says what is down.
  return (await response.json()) as HealthBody;
}

async function readSystem(): Promise<void> {
  const now = Date.now();
  readAt = now;
  try {
    const pipeline = await get<PipelineBody>("/ops/pipeline");
    system.set((before) => ({
      ...before,
      pipeline,
      samples: withSample(before.samples, pipeline, now),
      problem: null,
    }));
    if (watching > 0) system.patch({ report: await readHealth() });
    if (watching > 0 && now - lossesAt >= LOSSES_EVERY_MS) {
      lossesAt = now;
      system.patch({ losses: await get<Losses>("/ops/losses") });
    }
  } catch (cause) {
    if (cause instanceof Problem) system.patch({ problem: cause });
  }
}

function tick(): void {
  if (document.hidden || live.connection.get().state !== "live") return;
  if (Date.now() - readAt >= (watching > 0 ? FAST_MS : SLOW_MS)) void readSystem();
}

export function startSystem(): void {
  window.setInterval(tick, 1_000);
}

/** Keep the system's figures fresh while the component is on screen. */
export function useWatch(): void {
  useEffect(() => {
    watching += 1;
    if (watching === 1) void readSystem();
    return () => {
      watching -= 1;
    };
  }, []);
}
