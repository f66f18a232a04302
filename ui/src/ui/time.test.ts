import { describe, expect, test } from "vitest";
import { clockOf, dateOf, dayOf, millis, stampExact, timeOf } from "./time";

const nanos = (iso: string, fraction = "000000000"): string =>
  `${Date.parse(iso) / 1000}${fraction}`;

describe("times of day", () => {
  test("are Eastern with the fraction cut from the digits, never rounded", () => {
    const ns = nanos("2026-11-19T19:32:07Z", "123999999");
    expect(timeOf(ns, 3, "ET")).toBe("14:32:07.123");
    expect(timeOf(ns, 9, "ET")).toBe("14:32:07.123999999");
    expect(timeOf(ns, 0, "ET")).toBe("14:32:07");
    expect(timeOf(ns, 3, "UTC")).toBe("19:32:07.123");
  });

  test.each([
    ["2026-03-08T06:59:59Z", "01:59:59", "before the spring change"],
    ["2026-03-08T07:00:00Z", "03:00:00", "at the spring change"],
    ["2026-11-01T05:59:59Z", "01:59:59", "before the autumn change"],
    ["2026-11-01T06:00:00Z", "01:00:00", "at the autumn change"],
    ["2026-07-01T13:30:00Z", "09:30:00", "in summer"],
    ["2026-01-15T14:30:00Z", "09:30:00", "in winter"],
    ["2026-01-15T05:00:00Z", "00:00:00", "at midnight"],
  ])("%s is %s Eastern (%s)", (iso, text) => {
    expect(timeOf(nanos(iso), 0, "ET")).toBe(text);
    expect(clockOf(Date.parse(iso), "ET")).toBe(text);
  });

  test("take the date of the zone shown", () => {
    const ns = nanos("2026-11-20T03:00:00Z");
    expect(dateOf(ns, "ET")).toBe("2026-11-19");
    expect(dateOf(ns, "UTC")).toBe("2026-11-20");
    expect(stampExact(ns, "ET")).toBe("2026-11-19 22:00:00.000000000 ET");
  });

  test.each([null, undefined, "", "0", "1763650800123", "not a time"])("%s is missing", (value) => {
    expect(timeOf(value)).toBe("–");
    expect(millis(value)).toBeNaN();
  });
});

test("the offset of New York agrees with the zone database on every hour of the change days", () => {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: "America/New_York", timeStyle: "medium" });
  for (const day of ["2026-03-08", "2026-11-01", "2027-03-14"]) {
    for (let half = 0; half < 48; half += 1) {
      const ms = Date.parse(`${day}T00:00:00Z`) + half * 1_800_000;
      expect(clockOf(ms, "ET")).toBe(format.format(ms));
    }
  }
});

test("a day carries its year only where it is another", () => {
  expect(dayOf("2026-11-21")).toBe("21 Nov");
  expect(dayOf("2026-11-21", "2026-01-02")).toBe("21 Nov");
  expect(dayOf("2027-01-15", "2026-11-21")).toBe("15 Jan ’27");
  expect(dayOf(null)).toBe("–");
});
