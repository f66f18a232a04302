/**
 * What `/ops/pipeline`, `/health` and `/ops/losses` answer, and the rows made of it (terminal, 6.10).
 *
 * A stage without data is null and reads `not reported`; it is never 0.
 */
import type { PipelineBody, SpanPercentiles } from "../../generated/rest";
import { MISSING, duration } from "../../ui/number";

/** All stages together; it stands last. */
export const WHOLE = "whole";
export const SPANS = ["1m", "5m", "session"] as const;

export interface LadderRow {
  readonly stage: string;
  /** One for each of `SPANS`; null where the stage has none. */
  readonly spans: readonly (SpanPercentiles | null)[];
}

function known(spread: SpanPercentiles | undefined): SpanPercentiles | null {
  return spread === undefined || (spread.p50 === null && spread.p95 === null && spread.p99 === null) ? null : spread;
}

/** The ladder: the stages in the order in which the gateway names them. */
export function ladderRows(stages: PipelineBody["stages"]): readonly LadderRow[] {
  const names = Object.keys(stages).filter((name) => name !== WHOLE);
  return [...names, WHOLE].map((stage) => ({
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
  readonly stages: Readonly<Record<string, SpanPercentiles | null>>;
}

const PLOT_MS = 15 * 60_000;

/** Add a sample and let those older than fifteen minutes go. */
export function withSample(before: readonly Sample[], pipeline: PipelineBody, now: number): readonly Sample[] {
  const stages = Object.fromEntries(
    Object.entries(pipeline.stages).map(([name, spans]) => [name, known(spans["1m"])]),
  );
  return [...before.filter((each) => now - each.at <= PLOT_MS), { at: now, stages }];
}

export function deadLetters(topics: PipelineBody["topics"]): number {
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
