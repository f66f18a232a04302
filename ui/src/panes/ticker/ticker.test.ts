/** Header figures, premium grid and delta of the ticker workspace. */
import { beforeEach, describe, expect, it } from "vitest";
import type { EquityOrderFlow } from "../../generated";
import { DeltaBook } from "./delta";
import { contractIds, flowFilters, gridView, heat } from "./grid";
import { basisText, figuresOf, shortAge } from "./summary";
import type { GridCell, TickerSummary } from "../../generated/rest";

const NOW_MS = 1_795_105_800_000;
const at = (secondsAgo: number): string => `${NOW_MS - secondsAgo * 1000}000000`;

const missing = { as_of: null, basis: "missing" as const };
const live = { as_of: at(3), basis: "live" as const };

function ticker(part: Partial<TickerSummary> = {}): TickerSummary {
  return {
    symbol: "NVDA",
    as_of: at(0),
    trade_date: "2026-11-19",
    last: { ...live, price: 140.59, source: "bars" },
    prev_close: { as_of: at(70_000), basis: "prior_close", price: 139 },
    change: { ...live, change_pct: 1.14 },
    session: { ...live, high: 141, low: 138, vwap: 140, volume: 1_234_567, off_exchange_share: 0.421 },
    premium: { ...live, call_premium: 2_000_000, put_premium: 500_000, net_premium: -412_350, excluded: 0 },
    put_call: { ...live, ratio: 0.42, put_size: 42, call_size: 100 },
    next_event: { ...missing, kind: null, event_ts: null, timing: null },
    ...part,
  } as TickerSummary;
}

const text = (name: string, of: TickerSummary): string | undefined => figuresOf(of).find((each) => each.name === name)?.text;

describe("header", () => {
  it("writes each figure with its sign and glyph", () => {
    const of = ticker();
    expect(text("last", of)).toBe("140.59");
    expect(text("change", of)).toBe("▲ +1.14 %");
    expect(text("off-exchange", of)).toBe("42.1 %");
    expect(text("net premium", of)).toBe("▼ −$412k");
    expect(text("put/call", of)).toBe("0.42");
  });

  const NO_PREMIUM = {
    call_premium: null, put_premium: null, net_premium: null, call_net_premium: null, put_net_premium: null,
    call_drift: null, put_drift: null, excluded: null,
  };

  it("shows what is not known as missing and never as zero", () => {
    const of = ticker({ premium: { ...missing, ...NO_PREMIUM } });
    expect(text("net premium", of)).toBe("–");
    expect(text("IV", of)).toBe("–");
    expect(text("next event", of)).toBe("–");
    expect(basisText(missing2(of), NOW_MS)).toBe("missing");
  });

  const missing2 = (of: TickerSummary) => figuresOf(of).find((each) => each.name === "IV") ?? { asOf: null, basis: "live" as const };

  it("says how old a figure is and what it rests on", () => {
    const [last] = figuresOf(ticker());
    expect(last && basisText(last, NOW_MS)).toBe("3s live");
  });

  it.each([
    [0, "0s"],
    [99, "99s"],
    [120, "2m"],
    [7_200, "2h"],
    [259_200, "3d"],
  ])("says %i seconds as %s", (seconds, said) => {
    expect(shortAge(at(seconds), NOW_MS)).toBe(said);
  });
});

describe("premium grid", () => {
  const cell = (strike: number, expiry: string, net: number, premium = Math.abs(net)): GridCell =>
    ({ strike, expiry, net_premium: net, premium, call_net_premium: net, put_net_premium: 0, excluded: 0, size: 1, print_count: 1 }) as GridCell;
  const cells = [cell(140, "2026-11-27", 900), cell(150, "2026-11-20", -100), cell(130, "2026-11-20", 10), cell(140, "2026-11-20", 400)];

  it("keeps the strikes of most premium, from the top, and says how many are left out", () => {
    const view = gridView(cells, 2);
    expect(view.strikes).toEqual([150, 140]);
    expect(view.expiries).toEqual(["2026-11-20", "2026-11-27"]);
    expect(view.left).toBe(1);
    expect(view.most).toBe(900);
    expect(view.cell(140, "2026-11-27")?.net_premium).toBe(900);
    expect(view.cell(150, "2026-11-27")).toBeUndefined();
  });

  it("colours by the root of the share and nothing where all is zero", () => {
    expect(heat(900, 900)).toBeCloseTo(0.4);
    expect(heat(-225, 900)).toBeCloseTo(0.2);
    expect(heat(0, 0)).toBe(0);
  });

  it("writes contract ids with the strike's shortest digits", () => {
    expect(contractIds("NVDA", 142.5, "2026-11-27")).toEqual(["NVDA-2026-11-27-142.5-C", "NVDA-2026-11-27-142.5-P"]);
    expect(contractIds("SPY", 650, "2026-11-20")[0]).toBe("SPY-2026-11-20-650-C");
  });

  describe("as a filter of the tape", () => {
    const all = { view: "raw", underlying_ids: ["NVDA"] };
    let choice = { symbol: "NVDA", expiry: null as string | null, strike: null as number | null };
    beforeEach(() => {
      choice = { symbol: "NVDA", expiry: null, strike: null };
    });

    it("asks for every contract of a cell, a row or a column", () => {
      expect(flowFilters("NVDA", { ...choice, strike: 140, expiry: "2026-11-20" }, cells)).toEqual({
        ...all,
        option_contract_id: contractIds("NVDA", 140, "2026-11-20"),
      });
      expect(flowFilters("NVDA", { ...choice, strike: 140 }, cells).option_contract_id).toHaveLength(4);
      expect(flowFilters("NVDA", { ...choice, expiry: "2026-11-20" }, cells).option_contract_id).toHaveLength(6);
    });

    it("asks for all without a choice, or with another symbol's", () => {
      expect(flowFilters("NVDA", null, cells)).toEqual(all);
      expect(flowFilters("NVDA", { ...choice, symbol: "SPY", strike: 140 }, cells)).toEqual(all);
    });

    it("never asks for more than a list may hold", () => {
      const many = Array.from({ length: 200 }, (_, strike) => cell(strike, "2026-11-20", strike));
      const ids = flowFilters("NVDA", { ...choice, expiry: "2026-11-20" }, many).option_contract_id;
      expect(ids).toHaveLength(100);
      expect(ids).toContain("NVDA-2026-11-20-199-C");
    });
  });
});

describe("delta", () => {
  const flow = (minute: number, delta: number, revision = 0): EquityOrderFlow =>
    ({ window_start: at(-60 * minute), delta, cumulative_delta: delta, revision }) as EquityOrderFlow;

  it("splits by sign, in time order, newest revision of a minute", () => {
    const book = new DeltaBook();
    for (const each of [flow(1, -5), flow(0, 3), flow(1, -7, 1)]) book.put(each);
    expect(book.put(flow(1, 99, 0))).toBe(false);
    expect(book.plot().values).toEqual([
      [3, null],
      [null, -7],
      [3, -7],
    ]);
    expect(book.newest?.delta).toBe(-7);
  });
});
