import { expect, test } from "vitest";
import { contractLabel, contractLabelOf, directionGlyph, profileCode, sideLetters } from "./market";

test.each([
  ["AA", "AA"],
  ["A", "A"],
  ["MID", "M"],
  ["B", "B"],
  ["BB", "BB"],
  ["MISSING", "–"],
  ["STALE", "S"],
  [null, "–"],
])("side %s is written %s", (side, letters) => {
  expect(sideLetters(side)).toBe(letters);
});

test("a contract reads as traders say it", () => {
  expect(contractLabel(501, "C", "2026-11-21")).toBe("501C 21 Nov");
  expect(contractLabel(2.5, "P", "2027-01-15", "2026-11-21")).toBe("2.5P 15 Jan ’27");
  expect(contractLabelOf("NVDA-2026-11-21-501-C")).toBe("501C 21 Nov");
  expect(contractLabelOf("something else")).toBe("something else");
});

test("what is not known is said so", () => {
  expect(profileCode("institutional_directional")).toBe("I");
  expect(profileCode("a new profile")).toBe("?");
  expect(profileCode(null)).toBeNull();
  expect(directionGlyph("sideways")).toBe("○");
});
