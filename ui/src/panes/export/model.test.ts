import { expect, test } from "vitest";
import { boundOf, exportUrl } from "./model";

const DAY = Date.parse("2026-11-19T19:00:00Z");

test("an export asks for the tape's own filters over the range", () => {
  const request = { stream: "options", filters: { side: ["AA", "A"], min_notional: 25000 }, run: "r1", visible: null };
  expect(decodeURIComponent(exportUrl(request, { from: "1763650800000000000", to: "" }, "parquet"))).toBe(
    "/export/options?side=AA,A&min_notional=25000&start_ts=1763650800000000000&run=r1&format=parquet",
  );
});

test.each([
  ["", ""],
  ["1763650800000000000", "1763650800000000000"],
  ["09:30", "1795098600000000000"],
  ["yesterday", null],
])("the bound `%s` is %s", (text, expected) => {
  expect(boundOf(text, DAY)).toBe(expected);
});
