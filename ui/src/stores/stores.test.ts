import { describe, expect, test } from "vitest";
import { clockReading } from "./clock";
import { due } from "./loop";
import { Governor } from "./governor";
import { Samples } from "./percentiles";
import { Ring } from "./ring";
import { createStore } from "./store";
import type { OptionsTape } from "../generated";

const record = (id: number, revision = 0) =>
  ({ trace_id: `t${id}`, seq: id, source_ts: `${1_763_650_800_000_000_000 + id}`, revision }) as unknown as OptionsTape;

describe("a ring", () => {
  test("holds the newest records and forgets the rest by id too", () => {
    const ring = new Ring<OptionsTape>(3);
    for (let id = 0; id < 5; id += 1) ring.put(record(id), 0);
    expect([0, 1, 2].map((age) => ring.at(age)?.id)).toEqual(["t4", "t3", "t2"]);
    expect(ring.at(3)).toBeUndefined();
    expect(ring.get("t1")).toBeUndefined();
    expect(ring.size).toBe(3);
  });

  test("takes a greater revision in place and nothing else of a known id", () => {
    const ring = new Ring<OptionsTape>(3);
    ring.put(record(1, 1), 0);
    ring.put(record(2, 0), 0);
    expect(ring.put(record(1, 1), 0)).toBe("ignored");
    expect(ring.put(record(1, 0), 0)).toBe("ignored");
    expect(ring.put(record(1, 2), 0)).toBe("revised");
    expect(ring.at(1)?.record.revision).toBe(2);
    expect(ring.newest).toBe(1);
  });
});

describe("the governor", () => {
  const rates = (governor: Governor, workMs: number, fromMs: number, untilMs: number): number[] => {
    const seen = new Set<number>();
    for (let ms = fromMs; ms < untilMs; ms += 16) {
      governor.frame(workMs, ms);
      seen.add(governor.rate);
    }
    return [...seen];
  };

  test("steps 60, 30, 15, 8 while frames are too much work and stays there", () => {
    expect(rates(new Governor(), 20, 1000, 9000)).toEqual([60, 30, 15, 8]);
  });

  test("stays while the work is just bearable", () => {
    expect(rates(new Governor(), 12, 1000, 9000)).toEqual([60]);
  });

  test("steps back one at a time after five calm seconds", () => {
    const governor = new Governor();
    rates(governor, 20, 1000, 9000);
    expect(rates(governor, 2, 9000, 13_000)).toEqual([8]);
    expect(rates(governor, 2, 13_000, 16_000)).toEqual([8, 15]);
  });
});

test("a frame commits every dirty urgent pane and the one tape that waited longest", () => {
  const pane = (name: string, kind: "urgent" | "tape", lastCommit: number, dirty = true) => ({
    name, kind, lastCommit, isDirty: () => dirty, commit: () => null,
  });
  const all = [
    pane("options", "tape", 30), pane("equities", "tape", 20), pane("alerts", "urgent", 90),
    pane("chart", "urgent", 80), pane("clean", "urgent", 0, false),
  ];
  expect(due(all, 100, 0).map((each) => each.name)).toEqual(["chart", "alerts", "equities"]);
  expect(due(all, 100, 125).map((each) => each.name)).toEqual(["chart", "alerts"]);
});

test("a tape kept waiting for long goes before what is urgent", () => {
  const pane = (name: string, kind: "tape" | "urgent", lastCommit: number) =>
    ({ name, kind, lastCommit, isDirty: () => true, commit: () => null });
  const all = [pane("options", "tape", 1000), pane("chart", "urgent", 1400)];
  expect(due(all, 1499, 0).map((each) => each.name)).toEqual(["chart", "options"]);
  expect(due(all, 1500, 0).map((each) => each.name)).toEqual(["options", "chart"]);
});

test("percentiles are measured values and missing while there are none", () => {
  const samples = new Samples(4);
  expect(samples.percentiles()).toBeNull();
  for (const value of [9, 1, 2, 3, 4]) samples.add(value);
  expect(samples.percentiles()).toEqual({ p50: 2, p95: 4, p99: 4 });
});

test("a store wakes its listeners only for another value", () => {
  const store = createStore({ a: 1 });
  let woken = 0;
  const stop = store.subscribe(() => (woken += 1));
  store.set((before) => before);
  store.patch({ a: 2 });
  stop();
  store.patch({ a: 3 });
  expect(woken).toBe(1);
});

test("the clock follows the wall while events are recent, else shows event time", () => {
  const wall = Date.parse("2026-11-19T19:32:07Z");
  const at = (ms: number) => `${ms}000000`;
  expect(clockReading({ eventTs: at(wall - 9_000), offsetMs: 0 }, wall)).toEqual({ ms: wall, isWall: true });
  expect(clockReading({ eventTs: at(wall - 11_000), offsetMs: 0 }, wall)).toEqual({ ms: wall - 11_000, isWall: false });
  expect(clockReading({ eventTs: null, offsetMs: 500 }, wall).ms).toBe(wall + 500);
});
