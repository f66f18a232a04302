import { expect, test } from "vitest";
import { conditionOf, deadLetters, ladderRows, stageText, withSample } from "./model";
import type { Pipeline, Spread, Topic } from "./model";

const NONE: Spread = { p50: null, p95: null, p99: null };
const pipeline = (stages: Pipeline["stages"]): Pipeline => ({
  checked_ts: "1763650800000000000", topics: {}, flows: {}, channels: {}, stages,
});

test("every stage of the specification has a row, in the order of a record's way", () => {
  expect(ladderRows({}).map((row) => row.stage)).toEqual([
    "source→ingest", "ingest→raw append", "raw→derived append", "append→frame", "frame→receive", "receive→paint", "whole",
  ]);
});

test("a stage without data is null in every span, and never 0", () => {
  const rows = ladderRows({ "append→frame": { "1m": NONE, "5m": { p50: 0, p95: 0, p99: 1 } } });
  const row = rows.find((each) => each.stage === "append→frame");
  expect(row?.spans).toEqual([null, { p50: 0, p95: 0, p99: 1 }, null]);
  expect(rows.filter((each) => each.stage !== "append→frame").flatMap((each) => each.spans)).toEqual(Array(18).fill(null));
});

test("a stage this terminal does not know is shown too", () => {
  expect(ladderRows({ "socket→moon": {} }).at(-1)?.stage).toBe("socket→moon");
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
  const topic = (dead_letters: number): Topic => ({
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
