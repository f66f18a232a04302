import { expect, test } from "vitest";
import { pane, row } from "../../app/layout";
import { parseRoute, routeUrl } from "../../app/router";
import type { Route } from "../../app/router";
import { parseWorkspace } from "./state";

const WHOLE = {
  v: 1,
  key: 3,
  place: { page: "ticker", rest: "NVDA", params: { sym: "NVDA", side: "AA,A" } },
  layouts: { ticker: row(0.5, pane("chart"), pane("alerts")) },
  columns: { "options-tape": [{ id: "time", width: 92 }] },
  groups: { chart: "A" },
  symbols: { A: "NVDA" },
  zone: "UTC",
};

test("a workspace comes back from its document as it was", () => {
  const expected = Object.fromEntries(Object.entries(WHOLE).filter(([name]) => name !== "v"));
  expect(parseWorkspace(JSON.parse(JSON.stringify(WHOLE)) as typeof WHOLE)).toEqual(expected);
});

test.each([
  ["no number", { ...WHOLE, key: undefined }],
  ["a number that has no key", { ...WHOLE, key: 10 }],
  ["no place", { ...WHOLE, place: { page: 7 } }],
])("one with %s is none", (_, body) => {
  expect(parseWorkspace(body)).toBeNull();
});

test("what does not belong in it is left out, and the rest holds", () => {
  const found = parseWorkspace({
    ...WHOLE,
    layouts: { tape: "x", ticker: WHOLE.layouts.ticker },
    groups: { chart: "Z", alerts: "B" },
    symbols: { A: 7, Q: "X" },
    zone: "Mars",
    columns: [],
  });
  expect(found).toMatchObject({ layouts: { ticker: WHOLE.layouts.ticker }, groups: { alerts: "B" }, symbols: {}, zone: "ET", columns: {} });
  expect(Object.keys(found?.layouts ?? {})).toEqual(["ticker"]);
});

test.each([
  "/app/tape?ws=1&sym=NVDA&view=signal&side=AA,A&min_notional=25000&run=monday-r1&t=1763650800000000000&e=al:x",
  "/app/ticker/BRK.B?ws=3",
  "/app/off-exchange",
])("%s is read and written as it stands, below 2 KB", (url) => {
  const [path = "", search = ""] = url.split("?");
  const route: Route = parseRoute(path, search);
  expect(decodeURIComponent(routeUrl(route))).toBe(url);
  expect(routeUrl(route).length).toBeLessThan(2048);
});
