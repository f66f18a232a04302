import { describe, expect, test } from "vitest";
import { change, compact, count, duration, fixed, money, moneyExact, percent, price } from "./number";

test.each([
  [412_350, "$412k"],
  [1_240_000, "$1.24M"],
  [999_499, "$999k"],
  [999_500, "$1M"],
  [12_345, "$12.3k"],
  [10_000, "$10k"],
  [1_234, "$1.23k"],
  [950, "$950"],
  [-38_120, "−$38.1k"],
  [2_500_000_000, "$2.5B"],
  [0, "0"],
  [null, "–"],
  [undefined, "–"],
  [Number.NaN, "–"],
])("money %s is %s", (value, text) => {
  expect(money(value)).toBe(text);
});

test.each([
  [12.35, "12.35"],
  [0.005, "0.005"],
  [501.2, "501.20"],
  [1234.5, "1,234.50"],
  [-0.25, "−0.25"],
  [0, "0.00"],
  [null, "–"],
])("price %s is %s", (value, text) => {
  expect(price(value)).toBe(text);
});

describe("figures", () => {
  test("missing is a dash and zero is 0", () => {
    expect(count(0)).toBe("0");
    expect(count(null)).toBe("–");
    expect(compact(0)).toBe("0");
    expect(percent(null)).toBe("–");
    expect(fixed(Number.POSITIVE_INFINITY, 2)).toBe("–");
  });

  test("a rounded zero has no sign", () => {
    expect(fixed(-0.001, 2)).toBe("0.00");
    expect(change(0.001)).toBe("0.00");
  });

  test("carry grouping, sign and unit", () => {
    expect(count(1284)).toBe("1,284");
    expect(change(0.42)).toBe("+0.42");
    expect(change(-1.3)).toBe("−1.30");
    expect(percent(0.184, 1)).toBe("18.4 %");
    expect(duration(87)).toBe("87 ms");
    expect(duration(1200)).toBe("1.20 s");
    expect(moneyExact(412_350)).toBe("$412,350.00");
  });
});
