/**
 * What `/ops/pipeline`, `/health` and `/ops/losses` answer, and the rows made of it (terminal, 6.10).
 *
 * A stage without data is null and reads `not reported`; it is never 0.
 */
import type { Nanos } from "../../generated";
import { MISSING, duration } from "../../ui/number";

export interface Spread {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

export interface Topic {
  readonly records: number;
  readonly rate: number | null;
  readonly lag: number | null;
  readonly watermark_ts: Nanos | null;
  readonly dead_letters: number;
  readonly dead_letter_rate: number | null;
}

export interface Flow {
  readonly records_behind: number;
  readonly lag_s: number | null;
  readonly stalled_s: number;
  readonly status: string;
}

export interface Channel {
  readonly state: string;
  readonly cause: string | null;
  readonly rate: number;
  readonly lag: number;
  readonly newest_ts: Nanos | null;
  readonly dropped: number;
  readonly duplicates: number;
  readonly rejected: number;
}

export interface Pipeline {
  readonly checked_ts: Nanos;
  readonly topics: Readonly<Record<string, Topic>>;
  readonly flows: Readonly<Record<string, Flow>>;
  readonly stages: Readonly<Record<string, Readonly<Record<string, Spread>>>>;
  readonly channels: Readonly<Record<string, Channel>>;
}

export interface Dependency {
  readonly status: string;
  readonly latency_ms: number | null;
  readonly since: Nanos;
  readonly detail: string;
}

export interface HealthReport {
  readonly status: string;
  readonly checked_ts?: Nanos;
  readonly dependencies?: Readonly<Record<string, Dependency>>;
}

export interface Loss {
  readonly kind: string;
  readonly where: string;
  readonly count: number;
  readonly from_ts: Nanos | null;
  readonly to_ts: Nanos | null;
}

export interface LossLedger {
  readonly since_ts: Nanos;
  readonly data: readonly Loss[];
}

/** Stages in the order a record goes through them; the last is all of them together. */
export const STAGES = [
  "source→ingest",
  "ingest→raw append",
  "raw→derived append",
  "append→frame",
  "frame→receive",
  "receive→paint",
  "whole",
] as const;
export const SPANS = ["1m", "5m", "session"] as const;

export interface LadderRow {
  readonly stage: string;
  /** One for each of `SPANS`; null where the stage has none. */
  readonly spans: readonly (Spread | null)[];
}

function known(spread: Spread | undefined): Spread | null {
  return spread === undefined || (spread.p50 === null && spread.p95 === null && spread.p99 === null) ? null : spread;
}

/** The ladder: every stage of the specification, then what else the gateway names. */
export function ladderRows(stages: Pipeline["stages"]): readonly LadderRow[] {
  const others = Object.keys(stages).filter((name) => !(STAGES as readonly string[]).includes(name));
  return [...STAGES, ...others].map((stage) => ({
    stage,
    spans: SPANS.map((span) => known(stages[stage]?.[span])),
  }));
}

/** Text of one percentile: `12 ms`, below 10 with one digit; a missing one is `–`. */
export function stageText(ms: number | null): string {
  if (ms === null) return MISSING;
  return ms < 9.95 ? `${ms.toFixed(1)} ms` : duration(ms);
}

/** A moment of the ladder, for the plots. */
export interface Sample {
  readonly at: number;
  readonly stages: Readonly<Record<string, Spread | null>>;
}

const PLOT_MS = 15 * 60_000;

/** Add a sample and let those older than fifteen minutes go. */
export function withSample(before: readonly Sample[], pipeline: Pipeline, now: number): readonly Sample[] {
  const stages = Object.fromEntries(
    Object.entries(pipeline.stages).map(([name, spans]) => [name, known(spans["1m"])]),
  );
  return [...before.filter((each) => now - each.at <= PLOT_MS), { at: now, stages }];
}

export function deadLetters(topics: Pipeline["topics"]): number {
  return Object.values(topics).reduce((sum, topic) => sum + topic.dead_letters, 0);
}

const KIND_WORDS: Readonly<Record<string, string>> = {
  dead_letters: "dead-lettered",
  dropped: "dropped for a slow tab",
  gap: "gap",
  log: "left the log unread",
  late: "late",
  disconnect: "feed or socket disconnect",
  duplicates_removed: "duplicates removed",
};

export function lossWords(kind: string): string {
  return KIND_WORDS[kind] ?? kind.replaceAll("_", " ");
}

export type Condition = "fine" | "quiet" | "poor" | "bad";

/** How much a status should catch the eye. */
export function conditionOf(status: string): Condition {
  if (status === "ok" || status === "live") return "fine";
  if (status === "degraded" || status === "stale" || status === "starting") return "poor";
  return status === "down" ? "bad" : "quiet";
}
