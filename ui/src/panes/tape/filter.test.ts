import { expect, test } from "vitest";
import { ALL, PRESETS, dollarsOf, formatFilter, keepOf, parseFilter, presetOf, toFilters } from "./filter";
import type { TapeFilter } from "./filter";
import { filterOfParams, paramsOfFilter } from "./url";
import type { OptionsTape } from "../../generated";

const parsed = (text: string): TapeFilter => {
  const { filter, unknown } = parseFilter(text, ALL);
  expect(unknown).toEqual([]);
  return filter;
};

test("the specification's example compiles to the gateway's object", () => {
  expect(toFilters(parsed("nvda put >250k dte<8 side:a,aa view:raw"))).toEqual({
    view: "raw",
    side: ["AA", "A"],
    type: ["put"],
    min_notional: 250_000,
    dte_max: 8,
    underlying_ids: ["NVDA"],
  });
});

test("the default preset shows stocks of 10,000 up and hides B and BB", () => {
  expect(toFilters(PRESETS["smart-money"] ?? ALL)).toEqual({
    view: "signal",
    security: "stock",
    side: ["AA", "A", "MID", "MISSING", "STALE"],
    min_notional: 10_000,
  });
  expect(toFilters(PRESETS.balanced ?? ALL)).toMatchObject({ min_notional: 5_000 });
  expect(toFilters(PRESETS.all ?? ALL)).toEqual({ view: "raw" });
});

test.each([
  ["250k", 250_000],
  ["$1.5m", 1_500_000],
  ["40000", 40_000],
  ["2b", 2_000_000_000],
  ["k", null],
  ["-5", null],
])("%s is %s dollars", (text, dollars) => {
  expect(dollarsOf(text)).toBe(dollars);
});

test.each([
  "nvda",
  "call etf >0 size>100",
  "dte:0-7 cond:I,S venue:C source:synthetic",
  "tsla amd >12345 <2m side:b,bb,-,s",
  "view:signal stock >1m",
])("`%s` survives being written and read again", (text) => {
  const filter = parsed(text);
  expect(parseFilter(formatFilter(filter), PRESETS["smart-money"] ?? ALL)).toEqual({ filter, unknown: [] });
});

test("words without a meaning are told, and the rest still counts", () => {
  const { filter, unknown } = parseFilter("nvda side:up dte>x 12:30 put", ALL);
  expect(unknown).toEqual(["side:up", "dte>x", "12:30"]);
  expect(filter.type).toEqual(["put"]);
});

test("a preset is known again", () => {
  expect(presetOf(PRESETS.balanced ?? ALL)).toBe("balanced");
  expect(presetOf(parsed("nvda"))).toBeNull();
});

test.each(["nvda put >250k dte<8 side:a,aa view:raw", "stock >10k", "all >0 view:raw", "tsla <5m cond:I"])(
  "`%s` comes back from the URL",
  (text) => {
    const filter = parsed(text);
    const params = Object.entries(paramsOfFilter(filter, "smart-money")).filter(
      (entry): entry is [string, string] => entry[1] !== null,
    );
    expect(filterOfParams(Object.fromEntries(params))).toEqual(filter);
  },
);

test("a hostile URL gives the default filter", () => {
  const params = { view: "<script>", min_notional: "-1e9", side: "XX", security: "bond", preset: "none", type: "x" };
  const filter = filterOfParams(params);
  expect(filter).toEqual({ ...PRESETS["smart-money"], side: [] });
});

test("a raised floor hides rows before the gateway answers", () => {
  const keep = keepOf(parsed(">25k"));
  expect(keep?.({ notional: 24_999 } as OptionsTape)).toBe(false);
  expect(keep?.({ notional: 25_000 } as OptionsTape)).toBe(true);
  expect(keepOf(ALL)).toBeNull();
});
