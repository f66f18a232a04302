import { describe, expect, test } from "vitest";
import { badgeText, boundsOf, canMove, nanosOf, nextSpeed, parseWallTime, runTime, speedText, verdictOf } from "./model";
import type { Run } from "./model";

const AT = Date.UTC(2026, 10, 19, 19, 32, 7);
const run = (part: Partial<Run> = {}): Run => ({
  run_id: "monday-r1", state: "playing", live: true, generation: 1, speed: 10,
  clock: { event_ts: nanosOf(AT), wall_ts: nanosOf(1_800_000_000_000) },
  progress: 0.5, records: {}, lag: {}, digests: {}, matches_live: "unknown", comparison: "",
  start_ts: null, end_ts: null, visible_from_ts: null, source: "log", topic_namespace: "", error: "",
  ...part,
});

describe("the run's clock", () => {
  test("goes on at the run's speed between two statuses", () => {
    expect(runTime(run(), 1_800_000_000_500)).toBe(AT + 5_000);
  });

  test.each([
    ["stands while paused", run({ state: "paused" }), 9_000, AT],
    ["stands flat out", run({ speed: 0 }), 9_000, AT],
    ["stands when no process executes it", run({ live: false }), 9_000, AT],
    ["is foreseen for two seconds at most", run(), 60_000, AT + 20_000],
    ["never passes the run's end", run({ end_ts: nanosOf(AT + 1_000) }), 500, AT + 1_000],
    ["never goes back when clocks disagree", run(), -5_000, AT],
  ])("%s", (_, given, sinceMs, expected) => {
    expect(runTime(given, 1_800_000_000_000 + sinceMs)).toBe(expected);
  });

  test("is not known before the first record", () => {
    expect(runTime(run({ clock: { event_ts: null, wall_ts: nanosOf(1) } }), 2)).toBeNull();
  });
});

describe("the badge", () => {
  test("reads as the specification has it", () => {
    expect(badgeText(run(), "monday-r1", AT, "ET")).toBe("REPLAY 2026-11-19 14:32:07 ET ×10");
  });

  test.each([
    [run({ state: "paused" }), "REPLAY 2026-11-19 14:32:07 ET paused"],
    [run({ speed: 0 }), "REPLAY 2026-11-19 14:32:07 ET flat out"],
    [run({ state: "finished", live: false }), "REPLAY 2026-11-19 14:32:07 ET finished"],
    [run({ state: "finished", live: false, matches_live: "true" }), "REPLAY 2026-11-19 14:32:07 ET identical to live"],
    [run({ live: false }), "REPLAY 2026-11-19 14:32:07 ET stopped"],
  ])("says when it does not play", (given, expected) => {
    expect(badgeText(given, "x", AT, "ET")).toBe(expected);
  });
});

test.each([
  [1, 1, 2],
  [1, -1, 0.5],
  [100, 1, 0],
  [0, 1, 0],
  [0, -1, 100],
  [0.25, -1, 0.25],
  [7, 1, 10],
  [7, -1, 5],
] as const)("from ×%s a step of %s leads to %s", (speed, by, expected) => {
  expect(nextSpeed(speed, by)).toBe(expected);
});

test.each([
  ["playing", true, true], ["paused", true, true], ["created", true, false],
  ["warming", true, false], ["seeking", true, false], ["playing", false, false],
] as const)("a run that is %s, executed %s, takes commands: %s", (state, live, expected) => {
  expect(canMove(run({ state, live }))).toBe(expected);
});

test("speeds have words", () => {
  expect([speedText(0.25), speedText(0)]).toEqual(["×0.25", "flat out"]);
});

describe("a typed time", () => {
  const utc = (text: string): number => Date.parse(text);
  test.each([
    ["14:32:07", "2026-11-19T19:32:07Z"],
    ["9:30", "2026-11-19T14:30:00Z"],
    ["2026-07-01 09:30", "2026-07-01T13:30:00Z"],
    ["2026-11-19T14:32:07.25", "2026-11-19T19:32:07.250Z"],
    ["2026-03-08 01:59", "2026-03-08T06:59:00Z"],
    ["2026-03-08 03:00", "2026-03-08T07:00:00Z"],
    ["2026-11-01 01:30", "2026-11-01T05:30:00Z"],
    ["2026-11-01 02:00", "2026-11-01T07:00:00Z"],
  ])("%s is an instant of New York", (text, expected) => {
    expect(parseWallTime(text, AT)).toBe(utc(expected));
  });

  test.each(["", "25:00", "14:60", "2026-13-01 09:30", "2026-02-30 09:30", "noon"])("`%s` is none", (text) => {
    expect(parseWallTime(text, AT)).toBeNull();
  });

  test("is read in the zone shown", () => {
    expect(parseWallTime("14:32", AT, "UTC")).toBe(utc("2026-11-19T14:32:00Z"));
  });
});

test("the slider spans the run's range, or the session of its day", () => {
  expect(boundsOf(run({ start_ts: nanosOf(AT - 5), end_ts: nanosOf(AT + 5) }))).toEqual({ from: AT - 5, to: AT + 5 });
  expect(boundsOf(run())).toEqual({
    from: Date.parse("2026-11-19T14:30:00Z"),
    to: Date.parse("2026-11-19T21:00:00Z"),
  });
  expect(boundsOf(run({ clock: { event_ts: null, wall_ts: nanosOf(1) } }))).toBeNull();
});

test.each([
  ["unknown", "", null],
  ["unknown", "comparing with live", "comparing with live"],
  ["true", "48,112 of 48,112 derived records", "identical to live: 48,112 of 48,112 derived records"],
  ["false", "9 of 10 derived records are identical", "differs from live: 9 of 10 derived records are identical"],
] as const)("a comparison that is %s and says '%s' reads as it is", (matches_live, comparison, expected) => {
  expect(verdictOf(run({ matches_live, comparison }))).toBe(expected);
});
