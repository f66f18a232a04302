import { expect, test } from "vitest";
import { BLANK, bodyOf, filtersText, formOf, parseFilters } from "./rule";

test("a rule comes back from its document as it was", () => {
  const form = {
    ...BLANK, name: "Big puts", stream: "options", filters: { side: ["AA"], min_notional: 250000 }, cooldown: "60",
    dedupe: "contract" as const, quietFrom: "16:00", quietTo: "09:30", perHour: "12", desktop: true,
    webhook: "https://hooks.example.com/a", secret: "0123456789abcdef", snoozeUntil: "1763650800000000000",
  };
  expect(formOf("Big puts", bodyOf(form))).toEqual(form);
});

test("what is left empty is the gateway's default, not nought", () => {
  expect(bodyOf({ ...BLANK, cooldown: "", perHour: "", quietFrom: "16:00", sound: null })).toMatchObject({
    cooldown_s: 300, max_per_hour: null, quiet_hours: null, actions: [],
  });
});

test("filters are text and back", () => {
  const filters = { side: ["AA", "A"], min_notional: 250000, view: "raw" };
  expect(parseFilters(filtersText(filters))).toEqual(filters);
  expect(parseFilters("severity = high")).toEqual({ severity: ["high"] });
  expect(parseFilters("")).toEqual({});
  expect(parseFilters("what is this")).toBeNull();
});
