import { expect, test } from "vitest";
import { conditionOf, deadLetters, ladderRows, stageText, withSample } from "./model";
import type { PipelineBody, SpanPercentiles, TopicPipeline } from "../../generated/rest";

const NONE: SpanPercentiles = { p50: null, p95: null, p99: null };
const pipeline = (stages: PipelineBody["stages"]): PipelineBody => ({
  checked_ts: "1763650800000000000", topics: {}, flows: {}, channels: {}, clients: [], stages,
});

test("stages have rows in the order the gateway names them, and the whole way stands last", () => {
  const rows = ladderRows({ "source→ingest": {}, whole: {}, "append→frame": {} });
  expect(rows.map((row) => row.stage)).toEqual(["source→ingest", "append→frame", "whole"]);
  expect(ladderRows({}).map((row) => row.stage)).toEqual(["whole"]);
});

test("a stage without data is null in every span, and never 0", () => {
  const [row, whole] = ladderRows({ "append→frame": { "1m": NONE, "5m": { p50: 0, p95: 0, p99: 1 } } });
  expect(row?.spans).toEqual([null, { p50: 0, p95: 0, p99: 1 }, null]);
  expect(whole?.spans).toEqual([null, null, null]);
});

test.each([
  [null, "–"],
  [0, "0.0 ms"],
  [9.94, "9.9 ms"],
  [9.95, "10 ms"],
  [1200, "1.20 s"],
])("%s ms reads %s", (ms, text) => {
  expect(stageText(ms)).toBe(text);
});

test("plots hold fifteen minutes", () => {
  const first = withSample([], pipeline({ a: { "1m": { p50: 1, p95: 2, p99: 3 }, "5m": NONE } }), 1_000);
  expect(first).toEqual([{ at: 1_000, stages: { a: { p50: 1, p95: 2, p99: 3 } } }]);
  expect(withSample(first, pipeline({}), 1_000 + 900_000)).toHaveLength(2);
  expect(withSample(first, pipeline({}), 1_001 + 900_000)).toHaveLength(1);
});

test("dead letters are those of all topics", () => {
  const topic = (dead_letters: number): TopicPipeline => ({
    records: 9, rate: null, lag: null, watermark_ts: null, dead_letters, dead_letter_rate: null,
  });
  expect(deadLetters({ a: topic(2), b: topic(3) })).toBe(5);
});

test.each([
  ["ok", "fine"], ["quiet", "quiet"], ["unknown", "quiet"], ["closed", "quiet"],
  ["degraded", "poor"], ["stale", "poor"], ["down", "bad"],
])("%s is %s", (status, condition) => {
  expect(conditionOf(status)).toBe(condition);
});
