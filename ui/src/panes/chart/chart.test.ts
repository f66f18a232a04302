/** Bars, axis, circles, marks, levels and rows of the chart. */
import { describe, expect, it } from "vitest";
import type { DarkInference, EquityCandle, EquityJoin, EquityProfile, FlowAlert, SmartMoneyEvent } from "../../generated";
import { BarBook, MOST_BARS, drawPrices, heikinAshi } from "./bars";
import type { Prices } from "./bars";
import { MOST_PRINTS, PrintBook, radius, thinPrints } from "./circles";
import { DAY_MS, axisSeconds, barText, stepInterval, tickText } from "./interval";
import { nearestLevels, profileLevels } from "./lines";
import { alertMark, classifierCode, inferredMark, smartMark, thinMarks } from "./marks";
import type { Mark, MarkKind } from "./marks";
import { barRows } from "./rows";

const nanos = (ms: number): string => `${ms}000000`;
/** 19 November 2026, 09:30 in New York. */
const OPEN_MS = Date.UTC(2026, 10, 19, 14, 30);
const MINUTE = 60_000;

function bar(at: number, part: Partial<EquityCandle> = {}): EquityCandle {
  const start = OPEN_MS + at * MINUTE;
  return {
    trace_id: `candle:t:NVDA:60000:${nanos(start)}`,
    source_ts: nanos(start + MINUTE),
    window_start: nanos(start),
    window_end: nanos(start + MINUTE),
    revision: 0,
    closed: true,
    session: "rth",
    open: 10,
    high: 12,
    low: 9,
    close: 11,
    vwap: 10.5,
    volume: 500,
    off_exchange_volume: 200,
    trade_count: 7,
    ...part,
  } as EquityCandle;
}

function join(at: number, size: number, part: Partial<EquityJoin> = {}): EquityJoin {
  const id = `join:${at}:${size}`;
  return { trace_id: id, source_ts: nanos(OPEN_MS + at), size, price: 10, revision: 0, cancelled: false, eligible_volume: true, ...part } as EquityJoin;
}

describe("bars", () => {
  it("appends, revises by revision and ignores what is older", () => {
    const book = new BarBook();
    expect(book.put(bar(0))).toEqual({ kind: "appended", index: 0 });
    expect(book.put(bar(1))).toEqual({ kind: "appended", index: 1 });
    expect(book.put(bar(0, { revision: 2, close: 12 }))).toEqual({ kind: "revised", index: 0 });
    expect(book.put(bar(0, { revision: 1, close: 99 }))).toEqual({ kind: "ignored" });
    expect(book.bars.map((each) => each.close)).toEqual([12, 11]);
  });

  it("says that bars moved when one comes between others", () => {
    const book = new BarBook();
    book.put(bar(0));
    book.put(bar(2));
    expect(book.put(bar(1)).kind).toBe("moved");
    expect(book.bars.map((each) => each.window_start)).toEqual([0, 1, 2].map((at) => bar(at).window_start));
  });

  it("puts a page of older bars in front, each once and in order", () => {
    const book = new BarBook();
    book.put(bar(5));
    expect(book.prepend([bar(4), bar(3), bar(5)])).toBe(2);
    expect(book.bars.map((each) => each.window_start)).toEqual([3, 4, 5].map((at) => bar(at).window_start));
  });

  it("finds the bar an instant lies in", () => {
    const book = new BarBook();
    for (const at of [0, 1, 4]) book.put(bar(at));
    expect(book.indexAt(nanos(OPEN_MS - 1))).toBe(-1);
    expect(book.indexAt(nanos(OPEN_MS + MINUTE))).toBe(1);
    expect(book.indexAt(nanos(OPEN_MS + 3 * MINUTE))).toBe(1);
    expect(book.indexAt(nanos(OPEN_MS + 9 * MINUTE))).toBe(2);
  });

  it("lets the oldest go past its bound", () => {
    const book = new BarBook();
    for (let at = 0; at < MOST_BARS; at += 1) book.put(bar(at));
    expect(book.put(bar(MOST_BARS)).kind).toBe("moved");
    expect(book.bars.length).toBeLessThan(MOST_BARS);
    expect(book.last?.window_start).toBe(bar(MOST_BARS).window_start);
  });
});

describe("Heikin-Ashi", () => {
  const prices = (open: number, high: number, low: number, close: number): Prices => ({ open, high, low, close });

  it("begins between open and close and goes on from the bar before", () => {
    const first = heikinAshi(prices(10, 14, 8, 12), null);
    expect(first).toEqual({ open: 11, high: 14, low: 8, close: 11 });
    const second = heikinAshi(prices(12, 13, 11.5, 12.5), first);
    expect(second).toEqual({ open: 11, high: 13, low: 11, close: 12.25 });
  });

  it("changes the bars behind a revised one and none before it", () => {
    const bars = [bar(0), bar(1), bar(2)];
    const drawn: (Prices | null)[] = [];
    drawPrices(bars, drawn, 0, true);
    const [first, , third] = drawn;
    drawPrices([bars[0], bar(1, { close: 9, low: 9 }), bars[2]].filter((each) => each !== undefined), drawn, 1, true);
    expect(drawn[0]).toBe(first);
    expect(drawn[2]).not.toEqual(third);
    expect(drawn).toHaveLength(3);
  });

  it("leaves true prices alone and shows nothing for a bar without prices", () => {
    const drawn: (Prices | null)[] = [];
    drawPrices([bar(0), bar(1, { open: null, high: null, low: null, close: null }), bar(2)], drawn, 0, false);
    expect(drawn).toEqual([prices(10, 12, 9, 11), null, prices(10, 12, 9, 11)]);
  });
});

describe("axis", () => {
  it("stands on the exchange's wall clock, in winter and in summer", () => {
    expect(tickText(axisSeconds(OPEN_MS, MINUTE, "ET"), 3)).toBe("09:30");
    expect(tickText(axisSeconds(Date.UTC(2026, 6, 1, 13, 30), MINUTE, "ET"), 3)).toBe("09:30");
    expect(tickText(axisSeconds(OPEN_MS, MINUTE, "UTC"), 3)).toBe("14:30");
  });

  it("keeps a day's bar on its date in both zones", () => {
    const midnight = Date.UTC(2026, 10, 19, 5);
    for (const zone of ["ET", "UTC"] as const) {
      expect(barText(axisSeconds(midnight, DAY_MS, zone), DAY_MS, zone)).toBe("19 Nov 2026");
    }
  });

  it.each([
    [0, "2026"],
    [1, "Nov"],
    [2, "19 Nov"],
    [3, "09:30"],
    [4, "09:30:00"],
  ])("labels a mark of kind %i as %s", (kind, text) => {
    expect(tickText(axisSeconds(OPEN_MS, 1_000, "ET"), kind)).toBe(text);
  });

  it("shows seconds only where bars are shorter than a minute", () => {
    expect(barText(axisSeconds(OPEN_MS, 1_000, "ET"), 1_000, "ET")).toBe("19 Nov 09:30:00 ET");
    expect(barText(axisSeconds(OPEN_MS, MINUTE, "ET"), MINUTE, "ET")).toBe("19 Nov 09:30 ET");
  });

  it("steps through the intervals and holds at the ends", () => {
    expect(stepInterval(60_000, 1)).toBe(300_000);
    expect(stepInterval(60_000, -1)).toBe(5_000);
    expect(stepInterval(1_000, -1)).toBe(1_000);
    expect(stepInterval(DAY_MS, 1)).toBe(DAY_MS);
  });
});

describe("circles", () => {
  it.each([
    [100, 100, 10],
    [400, 100, 12],
    [25, 100, 5],
    [1, 100, 2],
    [50, 0, 2],
  ])("a print of %d shares beside a p99 of %d has a radius of %d px", (size, p99, px) => {
    expect(radius(size, p99)).toBe(px);
  });

  it("draws every print of a quiet view and sizes by the 99th percentile", () => {
    const prints = Array.from({ length: 100 }, (_, at) => ({ ms: at, join: join(at, at + 1) }));
    expect(thinPrints(prints)).toEqual({ shown: prints, folded: 0, p99: 99 });
  });

  it("keeps the largest 400, of equal ones the newest, in time order", () => {
    const prints = Array.from({ length: 1_000 }, (_, at) => ({ ms: at, join: join(at, at < 100 ? 50 : 10) }));
    const { shown, folded } = thinPrints(prints);
    expect(shown).toHaveLength(400);
    expect(folded).toBe(600);
    expect(shown.slice(0, 100).map(({ ms }) => ms)).toEqual(prints.slice(0, 100).map(({ ms }) => ms));
    expect(shown.slice(100).map(({ ms }) => ms)).toEqual(prints.slice(700).map(({ ms }) => ms));
  });

  it("gives a bar its largest prints only, whatever the others have", () => {
    const prints = Array.from({ length: 12 }, (_, at) => ({ ms: at, join: join(at, at < 8 ? at + 1 : 1) }));
    const { shown, folded, p99 } = thinPrints(prints, { barOf: (ms) => (ms < 8 ? 0 : 1), most: 3 });
    expect(shown.map(({ ms }) => ms)).toEqual([5, 6, 7, 8, 9, 10]);
    expect(folded).toBe(6);
    expect(p99).toBe(8);
  });

  it("shows nothing for an empty view", () => {
    expect(thinPrints([])).toEqual({ shown: [], folded: 0, p99: 0 });
  });

  it("holds prints in time order, takes cancelled ones back and leaves out what is no volume", () => {
    const book = new PrintBook();
    book.put([join(5, 1), join(3, 2), join(4, 3, { eligible_volume: false })]);
    expect(book.prints.map(({ join: each }) => each.size)).toEqual([2, 1]);
    book.put([join(3, 2, { cancelled: true, revision: 1 })]);
    expect(book.prints.map(({ join: each }) => each.size)).toEqual([1]);
    expect(book.between(OPEN_MS + 5, OPEN_MS + 6)).toHaveLength(1);
    expect(book.between(OPEN_MS + 6, OPEN_MS + 9)).toHaveLength(0);
  });

  it("lets the oldest prints go past its bound", () => {
    const book = new PrintBook();
    book.put(Array.from({ length: MOST_PRINTS + 1 }, (_, at) => join(at, 1)));
    expect(book.prints.length).toBeLessThanOrEqual(MOST_PRINTS);
    expect(book.prints.at(-1)?.ms).toBe(OPEN_MS + MOST_PRINTS);
  });
});

describe("marks", () => {
  const mark = (id: string, kind: MarkKind, at: number, score: number): Mark =>
    ({ id, ref: id, kind, ms: at, score, glyph: "x", tone: "dim", text: id, isFaint: false });
  const barOf = (each: Mark): number => each.ms;

  it("draws one a bar and kind: the highest score, the rest folded", () => {
    const groups = thinMarks([mark("a", "alert", 1, 5), mark("b", "alert", 1, 9), mark("c", "hit", 1, 1), mark("d", "alert", 2, 1)], barOf);
    expect(groups.map(({ mark: each, folded }) => [each.id, folded.map(({ id }) => id)])).toEqual([
      ["b", ["a"]],
      ["c", []],
      ["d", []],
    ]);
  });

  it("lets narrow bars share a mark, which stands at its own bar", () => {
    const groups = thinMarks([mark("a", "alert", 4, 1), mark("b", "alert", 6, 9), mark("c", "alert", 8, 3)], barOf, 4);
    expect(groups.map(({ mark: each, bar: at }) => [each.id, at])).toEqual([["b", 6], ["c", 8]]);
  });

  it("draws at most 120 and counts every other in a group of its kind", () => {
    const kinds: readonly MarkKind[] = ["hit", "alert"];
    const all = Array.from({ length: 400 }, (_, at) => mark(`m${at}`, kinds[at % 2] ?? "hit", at, at));
    const groups = thinMarks(all, barOf);
    expect(groups).toHaveLength(120);
    expect(groups.every(({ mark: each }) => each.kind === "alert")).toBe(true);
    expect(groups.reduce((sum, { folded }) => sum + 1 + folded.length, 0)).toBe(400);
  });

  it("thins ten thousand marks with nothing lost", () => {
    const all = Array.from({ length: 10_000 }, (_, at) => mark(`m${at}`, "hit", at % 700, at));
    const groups = thinMarks(all, barOf);
    expect(groups).toHaveLength(120);
    expect(groups.reduce((sum, { folded }) => sum + 1 + folded.length, 0)).toBe(10_000);
  });

  it("does not draw what was taken back", () => {
    expect(alertMark({ state: "retracted" } as FlowAlert)).toBeNull();
    for (const status of ["withdrawn", "rejected"]) {
      expect(inferredMark({ status } as DarkInference)).toBeNull();
    }
  });

  it("never lets an abstained event stand before one that is clear", () => {
    const event = (abstained: boolean, probability: number): SmartMoneyEvent =>
      ({ abstained, abstention_reasons: ["stale_quote"], primary_profile_id: "vol_seller", primary_direction: "bearish", confidence: { probability }, start_ts: nanos(OPEN_MS) }) as unknown as SmartMoneyEvent;
    const clear = smartMark(event(false, 0.4));
    const abstained = smartMark(event(true, 0.9));
    expect(clear?.score).toBeGreaterThan(abstained?.score ?? 9);
    expect([clear?.glyph, abstained?.glyph]).toEqual(["V▼", "V"]);
    expect(abstained?.text).toContain("abstained: stale quote");
  });

  it("marks no bar with an event that names no profile", () => {
    expect(smartMark({ primary_profile_id: null } as SmartMoneyEvent)).toBeNull();
  });

  it("shortens a classifier to its initials", () => {
    expect(classifierCode("large_bullish_call_sweep")).toBe("LBC");
    expect(classifierCode("straddle")).toBe("S");
  });
});

describe("levels", () => {
  it("draws the twelve nearest the price, nearest first, each price once", () => {
    const levels = Array.from({ length: 30 }, (_, at) => ({ price: at, title: "LVN", kind: "lvn" as const }));
    const near = nearestLevels([{ price: 10, title: "POC", kind: "poc" }, ...levels], 10.2);
    expect(near).toHaveLength(12);
    expect(near[0]).toEqual({ price: 10, title: "POC", kind: "poc" });
    expect(near.map(({ price }) => price)).toEqual([10, 11, 9, 12, 8, 13, 7, 14, 6, 15, 5, 16]);
  });

  it("reads value area and nodes of a profile and leaves out what it has none of", () => {
    const profile = { poc: 10, vah: 12, val: null, lvns: [11] } as unknown as EquityProfile;
    expect(profileLevels(profile).map(({ title }) => title)).toEqual(["POC", "VAH", "LVN"]);
    expect(profileLevels(null)).toEqual([]);
  });
});

describe("table of bars", () => {
  it("has a row a bar with its change against the close before it", () => {
    const rows = barRows([{ bar: bar(1, { close: 10.5, closed: false }), marks: ["low alert"] }, { bar: bar(0), marks: [] }], MINUTE, "ET");
    expect(rows.map(({ time, change, glyph, isForming }) => [time, change, glyph, isForming])).toEqual([
      ["19 Nov 09:31 ET", -0.5, "▼ ", true],
      ["19 Nov 09:30 ET", null, "", false],
    ]);
    expect(rows[0]?.marks).toEqual(["low alert"]);
  });

  it("knows no change where a bar has no price", () => {
    const rows = barRows([{ bar: bar(1), marks: [] }, { bar: bar(0, { close: null }), marks: [] }], MINUTE, "ET");
    expect(rows[0]).toMatchObject({ change: null, direction: "flat" });
  });
});
