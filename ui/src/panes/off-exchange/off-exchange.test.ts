/** Off-exchange filters, levels, words and inferences. */
import { describe, expect, it } from "vitest";
import type { DarkInference, EquityJoin } from "../../generated";
import { SESSIONS, filterOf, keepOf } from "./filters";
import { inferenceOf, inferenceText, putInference } from "./inferences";
import { placement, reportingDelayMs } from "./joinColumns";
import { levelRows, rowHeight } from "./levels";
import { HONEST_LINE, facility, facilityCode } from "./words";

const join = (part: Partial<EquityJoin>): EquityJoin =>
  ({ price: 10, size: 100, session: "rth", nbbo_side: "MID", retail_proxy: null, ...part }) as EquityJoin;

describe("filter of prints", () => {
  it("keeps every print when nothing is asked", () => {
    expect(keepOf(filterOf({}))).toBeNull();
  });

  it("counts its bounds as inside", () => {
    const keep = keepOf(filterOf({ min_notional: "1000", min_size: "100" }));
    expect(keep?.(join({}))).toBe(true);
    expect(keep?.(join({ price: 9.99 }))).toBe(false);
    expect(keep?.(join({ price: 20, size: 99 }))).toBe(false);
  });

  it("keeps only the sessions asked for, and all where none is known", () => {
    const keep = keepOf(filterOf({ session: "pre,post" }));
    expect(keep?.(join({ session: "rth" }))).toBe(false);
    expect(keep?.(join({ session: "post" }))).toBe(true);
    expect(filterOf({ session: "night" }).sessions).toEqual(SESSIONS);
  });

  it("takes a negative or unreadable bound as none", () => {
    expect(filterOf({ min_notional: "-5", min_size: "x" })).toMatchObject({ minNotional: 0, minSize: 0 });
  });
});

describe("levels", () => {
  const level = (price: number, volume: number) => ({ price, volume, notional: 1, print_count: 1, share: 0.1, first_ts: "", last_ts: "" });
  const levels = { row_e4: 1_000, start_ts: "", end_ts: "", data: [level(10, 5), level(10.2, 7), level(10.1, 9)] };

  it("stand by price from the top with the row of spot marked", () => {
    const rows = levelRows(levels, 10.15);
    expect(rows.map(({ price }) => price)).toEqual([10.2, 10.1, 10]);
    expect(rows.map(({ isSpot }) => isSpot)).toEqual([false, true, false]);
    expect(rows[0]?.distance).toBeCloseTo(0.1);
  });

  it("have no distance without a spot", () => {
    expect(levelRows(levels, null).every(({ distance, isSpot }) => distance === null && !isSpot)).toBe(true);
  });

  it.each([
    [650, 5_000],
    [140, 1_000],
    [9, 50],
    [0.5, 1],
    [null, 1_000],
  ])("of a price of %s are %i ten-thousandths high", (price, height) => {
    expect(rowHeight(price)).toBe(height);
  });
});

describe("words", () => {
  it("name the facility and say when the feed does not", () => {
    expect(facility("Q")).toBe("Nasdaq TRF Carteret");
    expect(facility(null)).toBe("facility not told by the feed");
    expect(facility("X")).toBe("X");
    expect(facilityCode(null)).toBe("–");
  });

  it("say what off-exchange is and is not", () => {
    expect(HONEST_LINE).toBe(
      "Off-exchange includes wholesalers as well as dark pools; a print has no direction by itself.",
    );
  });

  it("give the retail proxy its caveat and no side", () => {
    expect(placement.tip?.(join({ retail_proxy: "buy" }), undefined)).toContain("not a side");
    expect(placement.classes).not.toHaveProperty("up");
  });
});

describe("reporting delay", () => {
  it("runs from execution to report", () => {
    expect(reportingDelayMs(join({ source_ts: "1795105800250000000", join_ts: "1795105800000000000" }))).toBe(250);
  });

  it("is not known where the times make none", () => {
    expect(reportingDelayMs(join({ source_ts: "1795105800000000000", join_ts: "1795105801000000000" }))).toBeNull();
  });
});

describe("inferences", () => {
  const inference = (part: Partial<DarkInference>): DarkInference =>
    ({ trace_id: "dark:absorbed_block:1", revision: 0, kind: "absorbed_block", status: "provisional", confidence: 0.61, evidence_refs: [{ kind: "equity_join", id: "join:1" }], ...part }) as unknown as DarkInference;

  it("name their prints, follow their revisions, and stop when withdrawn", () => {
    putInference(inference({}));
    expect(inferenceText("join:1")).toBe("absorbed block 61 %");
    putInference(inference({ revision: 1, status: "confirmed", confidence: 0.8 }));
    putInference(inference({ revision: 0 }));
    expect(inferenceOf("join:1")?.status).toBe("confirmed");
    putInference(inference({ revision: 2, status: "withdrawn" }));
    expect(inferenceOf("join:1")).toBeNull();
    expect(inferenceText("join:2")).toBe("");
  });
});
