/** Rows of the quotes table and the symbols in it. */
import { describe, expect, it } from "vitest";
import type { EquityJoin, EquityPrint, EquityQuote } from "../../generated";
import { columns, isLate, putJoin } from "./columns";
import { QUOTE_COLUMNS, QuoteBook, quoteRow } from "./quotes";
import { symbolsOf } from "./watchlist";

const NOW_MS = 1_795_105_800_000;

const quote = (part: Partial<EquityQuote> = {}): EquityQuote =>
  ({ underlying_id: "NVDA", source_ts: `${NOW_MS}000000`, bid: 140.5, ask: 140.6, bid_size: 300, ask_size: 1200, consolidated: true, ...part }) as EquityQuote;

describe("row of a quote", () => {
  it("shows sizes, prices, spread and age", () => {
    const row = quoteRow("NVDA", quote(), NOW_MS + 1_000);
    expect(row.cells).toEqual(["NVDA", "300", "140.50", "140.60", "1,200", "0.10", "7.1", "NBBO", "11:30:00.000"]);
    expect(row).toMatchObject({ isOld: false, isCrossed: false });
  });

  it("says that there is no quote instead of showing zeros", () => {
    expect(quoteRow("NVDA", undefined, NOW_MS).cells).toEqual(["NVDA", ...QUOTE_COLUMNS.slice(1).map(() => "–")]);
  });

  it("knows no spread where a side is missing", () => {
    expect(quoteRow("NVDA", quote({ bid: null }), NOW_MS).cells.slice(2, 7)).toEqual(["–", "140.60", "1,200", "–", "–"]);
  });

  it("is old after five seconds and crossed where the bid reaches the ask", () => {
    expect(quoteRow("NVDA", quote(), NOW_MS + 5_001).isOld).toBe(true);
    expect(quoteRow("NVDA", quote({ bid: 140.6 }), NOW_MS).isCrossed).toBe(true);
  });
});

describe("quotes held", () => {
  it("are the newest of each symbol", () => {
    const book = new QuoteBook();
    expect(book.put(quote())).toBe(true);
    expect(book.put(quote({ source_ts: `${NOW_MS - 1}000000`, bid: 1 }))).toBe(false);
    expect(book.get("NVDA")?.bid).toBe(140.5);
  });
});

describe("watchlist", () => {
  it("has pinned symbols first and each once", () => {
    expect(symbolsOf({ symbols: ["A", "B", "C"], pinned: ["C"] })).toEqual(["C", "A", "B"]);
    expect(symbolsOf({})).toEqual([]);
  });
});

describe("equity prints", () => {
  const print = (part: Partial<EquityPrint> = {}): EquityPrint =>
    ({ trace_id: "p1", conditions: [], off_exchange_flag: true, price: 10, size: 5, ...part }) as EquityPrint;
  const cell = (id: string, of: EquityPrint): string | undefined => columns.find((each) => each.id === id)?.text(of, undefined);

  it("show the quote of their join, and none before it is known", () => {
    expect(cell("quote", print())).toBe("–");
    putJoin({ print_trace_id: "p1", revision: 1, bid: 10, ask: 10.02, nbbo_side: "A", quality_flags: ["late_report"] } as unknown as EquityJoin);
    putJoin({ print_trace_id: "p1", revision: 0, bid: 1, ask: 2, nbbo_side: "B" } as EquityJoin);
    expect(cell("quote", print())).toBe("10.00\u2009×\u200910.02");
    expect(cell("placement", print())).toBe("A");
    expect(cell("late", print())).toBe("late");
    expect(cell("placement", print({ trace_id: "p2" }))).toBe("–");
  });

  it.each([
    [["Z"], true],
    [["@", "U"], true],
    [["@", "T"], false],
    [[], false],
  ])("with conditions %j are late: %s", (conditions, late) => {
    expect(isLate(print({ conditions }))).toBe(late);
  });
});
