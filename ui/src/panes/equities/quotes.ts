/** The newest quote of each symbol: conflated, so a row says what stands, not what passed. */
import type { EquityQuote } from "../../generated";
import { MISSING, count, fixed, price } from "../../ui/number";
import { millis, timeOf } from "../../ui/time";

/** Quotes older than this are dimmed. */
const OLD_MS = 5_000;

export const QUOTE_COLUMNS = [
  { id: "symbol", title: "symbol", isNumber: false },
  { id: "bid-size", title: "bid size", isNumber: true },
  { id: "bid", title: "bid", isNumber: true },
  { id: "ask", title: "ask", isNumber: true },
  { id: "ask-size", title: "ask size", isNumber: true },
  { id: "mid", title: "spread", isNumber: true },
  { id: "bps", title: "bps", isNumber: true },
  { id: "scope", title: "scope", isNumber: false },
  { id: "time", title: "time", isNumber: false },
] as const;

export interface QuoteRow {
  readonly symbol: string;
  /** Texts of `QUOTE_COLUMNS`, in order. */
  readonly cells: readonly string[];
  readonly isOld: boolean;
  /** Bid above or at the ask. */
  readonly isCrossed: boolean;
}

export class QuoteBook {
  private readonly newest = new Map<string, EquityQuote>();

  /** Returns whether the quote is newer than the one held. */
  put(quote: EquityQuote): boolean {
    const held = this.newest.get(quote.underlying_id);
    if (held !== undefined && held.source_ts > quote.source_ts) return false;
    this.newest.set(quote.underlying_id, quote);
    return true;
  }

  get(symbol: string): EquityQuote | undefined {
    return this.newest.get(symbol);
  }
}

/** One row a symbol; a symbol without a quote says so instead of showing zeros. */
export function quoteRow(symbol: string, quote: EquityQuote | undefined, nowMs: number): QuoteRow {
  if (quote === undefined) {
    const cells = [symbol, ...QUOTE_COLUMNS.slice(1).map(() => MISSING)];
    return { symbol, cells, isOld: true, isCrossed: false };
  }
  const { bid, ask } = quote;
  const spread = bid === null || ask === null ? null : ask - bid;
  const middle = bid === null || ask === null ? null : (ask + bid) / 2;
  return {
    symbol,
    cells: [
      symbol,
      count(quote.bid_size),
      price(bid),
      price(ask),
      count(quote.ask_size),
      spread === null ? MISSING : price(Math.round(spread * 10_000) / 10_000),
      spread === null || middle === null || middle <= 0 ? MISSING : fixed((spread / middle) * 10_000, 1),
      quote.consolidated ? "NBBO" : "venue",
      timeOf(quote.source_ts),
    ],
    isOld: nowMs - millis(quote.source_ts) > OLD_MS,
    isCrossed: spread !== null && spread <= 0,
  };
}
