import { expect, test } from "vitest";
import { PRESETS, parseFilter, toFilters, ALL } from "../tape/filter";
import { filterOfParams } from "../tape/url";
import { isPreset, paramsOfPreset, tapePresets } from "./presetFilters";

const saved = (stream: string, filters: object) => ({ id: "1", name: "mine", version: 1, updated_ts: "0", body: { v: 1, stream, filters } });

test.each(["puts all >40k side:a,aa view:raw", "nvda calls stock >0 dte<8 side:all view:signal", "all >0 side:all view:raw"])(
  "a filter kept as a preset is the same filter when it is shown again: %s",
  (text) => {
    const { filter } = parseFilter(text, PRESETS["smart-money"] ?? ALL);
    const params = Object.entries(paramsOfPreset(toFilters(filter))).filter((each): each is [string, string] => each[1] !== null);
    expect(filterOfParams(Object.fromEntries(params))).toEqual(filter);
    expect(isPreset(saved("options", toFilters(filter)), toFilters(filter))).toBe(true);
    expect(isPreset(saved("options", toFilters(filter)), toFilters({ ...filter, min_notional: 7 }))).toBe(false);
  },
);

test("presets of other streams are not the tape's", () => {
  expect(tapePresets([saved("alerts", {}), saved("options", {})]).map(({ body }) => body.stream)).toEqual(["options"]);
});
