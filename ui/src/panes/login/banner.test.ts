import { expect, test } from "vitest";
import { bannerOf } from "./banner";
import type { DependencyHealth } from "../../generated/rest";

const check = (status: DependencyHealth["status"], detail = ""): DependencyHealth => ({ status, detail, latency_ms: null, since: "1" });

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

test("many channels that are down are counted", () => {
  const down = { state: "down", cause: "the log does not answer" } as const;
  const names = ["options", "nbbo", "flow", "alerts", "news"];
  const found = bannerOf(null, { ...Object.fromEntries(names.map((name) => [name, down])), signals: { state: "live" } });
  expect(found?.text).toBe("no new records on 5 of 6 channels: the log does not answer. The other channels go on.");
});
