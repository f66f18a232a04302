import { describe, expect, it } from "vitest";
import type { TapeColumn, TapeRow } from "./columns";
import { cellText, rowRules } from "./slots";
import type { Slot } from "./slots";

interface Print {
  readonly price: number;
  readonly reversed: boolean;
}

const price: TapeColumn<Print> = { id: "price", title: "price", width: 50, text: (print) => print.price.toFixed(2) };
const record = (value: number, reversed = false): TapeRow<Print> => ({
  kind: "record",
  id: "p",
  record: { price: value, reversed },
  receivedAt: 0,
});
const slot = (row: TapeRow<Print> | null, rest: Partial<Slot<Print>> = {}): Slot<Print> => ({
  key: "slot:0",
  row,
  link: undefined,
  tint: null,
  fresh: false,
  selected: false,
  ...rest,
});
const gap: TapeRow<Print> = { kind: "gap", id: "g", count: 1312, from: null, to: null, note: "not shown" };
const child: TapeRow<Print> = { kind: "child", id: "c", parent: "p", cells: { price: "1.50" } };

const held = (of: Slot<Print>, hasTint = true): readonly string[] =>
  Object.entries(rowRules<Print>(hasTint, { reversed: (print) => print.reversed }))
    .filter(([, rule]) => rule(of))
    .map(([name]) => name);

describe("text of a cell", () => {
  it("is the column's, of a record", () => expect(cellText(price, false, slot(record(2.5)))).toBe("2.50"));
  it("is empty without a row", () => expect(cellText(price, true, slot(null))).toBe(""));
  it("says a gap in the first column only", () => {
    expect(cellText(price, true, slot(gap))).toBe("1,312 records not shown · load");
    expect(cellText(price, false, slot(gap))).toBe("");
  });
  it("is what a child brings for the column", () => expect(cellText(price, false, slot(child))).toBe("1.50"));
});

describe("classes of a row", () => {
  it("are none of a plain record", () => expect(held(slot(record(1)))).toEqual([]));
  it("tell its condition", () => {
    expect(held(slot(record(1, true), { fresh: true, selected: true }))).toEqual(["fresh", "selected", "reversed"]);
    expect(held(slot(gap))).toEqual(["row-gap"]);
    expect(held(slot(child))).toEqual(["row-child"]);
  });
  it("tell the profile and its probability in tenths", () => {
    const tinted = slot(record(1), { tint: { code: "I", probability: 0.64 } });
    expect(held(tinted)).toEqual(["tint-i", "tint-p6"]);
    expect(held(tinted, false)).toEqual([]);
  });
});
