import { describe, expect, it } from "vitest";
import type { FlowAlert } from "../../generated";
import { isMuted, united } from "./acks";
import { alertFilters } from "./filters";
import { scoreBar } from "./score";
import { snoozeUntil } from "./snooze";
import { BUCKET_MS, bucketsOf, totalOf } from "./strip";

describe("score bar", () => {
  const components = [
    { name: "premium", raw: 0.95, points: 23.8 },
    { name: "aggressor", raw: 1, points: 15 },
    { name: "noise", raw: 0.4, points: -12 },
    { name: "absorbed", raw: 1, points: -10 },
    { name: "structure", raw: 0, points: 0 },
  ];

  it("has a segment an entry, and their points sum to the score", () => {
    const { segments, sum } = scoreBar(components);
    expect(segments.map((each) => each.name)).toEqual(components.map((each) => each.name));
    expect(sum).toBeCloseTo(16.8);
  });

  it("draws what adds right of zero and what takes off left of it, without overlap", () => {
    const { segments, zero } = scoreBar(components);
    const [premium, aggressor, noise, absorbed] = segments;
    expect(premium?.from).toBeCloseTo(zero);
    expect(aggressor?.from).toBeCloseTo(zero + (premium?.width ?? 0));
    expect((noise?.from ?? 0) + (noise?.width ?? 0)).toBeCloseTo(zero);
    expect((absorbed?.from ?? 0) + (absorbed?.width ?? 0)).toBeCloseTo(noise?.from ?? 0);
    expect(absorbed?.from).toBeCloseTo(0);
    expect(segments.reduce((all, each) => all + each.width, 0)).toBeCloseTo(1);
  });

  it("draws nothing for an alert of no points", () => {
    expect(scoreBar([]).segments).toEqual([]);
    expect(scoreBar([{ name: "premium", raw: 0, points: 0 }]).segments[0]?.width).toBe(0);
  });
});

describe("severity strip", () => {
  const at = (ms: number, severity: string, state = "open") =>
    ({ first_ts: `${1_795_104_000_000 + ms}000000`, severity, state }) as unknown as FlowAlert;
  const stored = (ms: number, name: string, events: number) => ({
    window_start: `${1_795_104_000_000 + ms}000000`, name, events,
  });

  it("counts wholly held buckets from what is held and older ones from the store", () => {
    const buckets = bucketsOf(
      [at(BUCKET_MS - 1000, "high"), at(2 * BUCKET_MS, "high"), at(2 * BUCKET_MS + 5, "low")],
      [stored(0, "high", 40), stored(2 * BUCKET_MS, "high", 99)],
    );
    expect(buckets.map(({ high, low }) => [high, low])).toEqual([[40, 0], [1, 1]]);
    expect(totalOf(buckets, "high")).toBe(41);
  });

  it("leaves retracted alerts and unknown severities out", () => {
    expect(totalOf(bucketsOf([at(0, "high", "retracted"), at(0, "odd"), at(0, "low")], []), "high")).toBe(0);
  });

  it("is empty without alerts", () => {
    expect(bucketsOf([], [])).toEqual([]);
  });
});

describe("filters", () => {
  it("takes its own parameters with the names REST uses and leaves others alone", () => {
    const params = { severity: "high,medium", min_score: "70", view: "raw", ws: "2" };
    expect(alertFilters(params)).toEqual({ severity: ["high", "medium"], min_score: 70 });
    expect(alertFilters({ min_score: "much" })).toEqual({});
  });
});

describe("acknowledgements", () => {
  const alert = {
    alert_id: "al:1", first_ts: "1795104000000000000", underlying_id: "MU",
    hits: [{ classifier_id: "spike" }, { classifier_id: "sweep" }],
  };

  it("mutes a symbol until its hour is over", () => {
    const until_ts = snoozeUntil({ last_ts: "1795104000000000000" });
    expect(until_ts).toBe("1795107600000000000");
    expect(isMuted(alert, [{ kind: "symbol", value: "MU", until_ts }])).toBe(true);
    expect(isMuted({ ...alert, first_ts: until_ts }, [{ kind: "symbol", value: "MU", until_ts }])).toBe(false);
  });

  it("mutes by classifier only what nothing else fired on", () => {
    const muted = [{ kind: "classifier", value: "spike", until_ts: null }] as const;
    expect(isMuted(alert, muted)).toBe(false);
    expect(isMuted({ ...alert, hits: [{ classifier_id: "spike" }] }, muted)).toBe(true);
    expect(isMuted({ ...alert, hits: [] }, muted)).toBe(false);
  });

  it("keeps what either tab acknowledged", () => {
    const one = { trade_date: "2026-11-19", seen: ["a", "b"], muted: [] };
    const other = { trade_date: "2026-11-19", seen: ["b", "c"], muted: [{ kind: "symbol", value: "MU", until_ts: null }] } as const;
    expect(united(one, other).seen.toSorted()).toEqual(["a", "b", "c"]);
    expect(united(one, other).muted).toEqual(other.muted);
  });
});
