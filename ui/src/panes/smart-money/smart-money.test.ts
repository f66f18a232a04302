import { describe, expect, it } from "vitest";
import type { SmartMoneyEvent } from "../../generated";
import { directionText, shortReasons } from "./columns";
import { abstentionOf, columnsOf } from "./mix";

describe("smart money", () => {
  it("gives the reason in place of a direction where the event abstained", () => {
    const event = {
      abstained: true, primary_direction: "unknown", abstention_reasons: ["conflicting_evidence"], suppressed_reasons: [],
    } as unknown as SmartMoneyEvent;
    expect(directionText(event)).toBe("abstained: conflicting evidence");
    expect(directionText({ ...event, abstained: false, primary_direction: "bearish" })).toBe("▼ bearish");
  });

  it("shows two reasons and how many more", () => {
    expect(shortReasons(["a_b", "c", "d", "e"])).toBe("a b, c +2");
    expect(shortReasons(["a_b"])).toBe("a b");
    expect(shortReasons([])).toBe("");
  });

  it("stacks an interval in the order of the profiles, oldest interval first", () => {
    const columns = columnsOf(
      [
        { window_start: "2", name: "b", events: 1, premium: 0 },
        { window_start: "1", name: "new", events: 2, premium: 0 },
        { window_start: "1", name: "a", events: 3, premium: 0 },
      ],
      ["a", "b"],
    );
    expect(columns.map((column) => [column.start, column.total])).toEqual([["1", 5], ["2", 1]]);
    expect(columns[0]?.parts.map((part) => part.name)).toEqual(["a", "new"]);
  });

  it("knows no abstention rate of an hour without events", () => {
    const [hour] = columnsOf(
      [
        { window_start: "1", name: "abstained", events: 3, premium: 0 },
        { window_start: "1", name: "named", events: 1, premium: 0 },
      ],
      [],
    );
    expect(hour === undefined ? null : abstentionOf(hour)).toBe(0.75);
    expect(abstentionOf({ start: "1", total: 0, parts: [] })).toBeNull();
  });
});
