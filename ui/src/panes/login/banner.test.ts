import { expect, test } from "vitest";
import { bannerOf } from "./banner";
import type { Dependency } from "../health/model";

const check = (status: string, detail = ""): Dependency => ({ status, detail, latency_ms: null, since: "1" });

test("nothing is said while all that is needed works", () => {
  expect(bannerOf(null, {})).toBeNull();
  expect(bannerOf({ status: "degraded", dependencies: { kafka: check("degraded") } }, { options: { state: "stale" } })).toBeNull();
});

test("what is down is named with what still works", () => {
  const found = bannerOf({ status: "down", dependencies: { clickhouse: check("down", "refused"), redis: check("down") } }, {});
  expect(found?.word).toBe("DOWN");
  expect(found?.text).toContain("clickhouse: refused.");
  expect(found?.text).toContain("Live panes go on");
  expect(found?.text).toContain("redis");
});

test("channels that are down are named when the checks say nothing", () => {
  const found = bannerOf(null, { options: { state: "down", cause: "flow options stands still" }, nbbo: { state: "live" } });
  expect(found).toEqual({ word: "DEGRADED", text: "no new options: flow options stands still. The other channels go on." });
});
