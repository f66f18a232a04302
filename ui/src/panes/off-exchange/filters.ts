/** Filters of the equity tapes beyond the symbol: notional, size, session; kept in the URL. */
import { useMemo } from "react";
import { setParams } from "../../app/router";
import { usePane } from "../../app/usePane";
import { notionalOf } from "./tradeColumns";
import type { Trade } from "./tradeColumns";

export const NOTIONAL_STEPS = [0, 10_000, 50_000, 250_000, 1_000_000] as const;
export const SIZE_STEPS = [0, 100, 1_000, 10_000] as const;
export const SESSIONS = ["pre", "rth", "post", "closed"] as const;
export type Session = (typeof SESSIONS)[number];
export type Place = "all" | "off" | "on";

export interface PrintFilter {
  /** $. */
  readonly minNotional: number;
  /** Shares. */
  readonly minSize: number;
  readonly sessions: readonly Session[];
  /** Off exchange, on exchange, or both. */
  readonly place: Place;
}

const number = (text: string | undefined): number => {
  const value = Number(text ?? "0");
  return Number.isFinite(value) && value > 0 ? value : 0;
};

export function filterOf(params: Readonly<Record<string, string>>): PrintFilter {
  const sessions = SESSIONS.filter((each) => (params.session ?? "").split(",").includes(each));
  const place = params.off_exchange === "true" ? "off" : params.off_exchange === "false" ? "on" : "all";
  return {
    minNotional: number(params.min_notional),
    minSize: number(params.min_size),
    sessions: sessions.length === 0 ? SESSIONS : sessions,
    place,
  };
}

export function setFilter(filter: PrintFilter): void {
  const all = filter.sessions.length === SESSIONS.length || filter.sessions.length === 0;
  setParams({
    min_notional: filter.minNotional === 0 ? null : String(filter.minNotional),
    min_size: filter.minSize === 0 ? null : String(filter.minSize),
    session: all ? null : filter.sessions.join(","),
    off_exchange: filter.place === "all" ? null : String(filter.place === "off"),
  });
}

/**
 * Whether a print is shown; null when every one is. The gateway filters joins by symbol and place only, and no
 * print by session, so notional, size and session act here.
 */
export function keepOf(filter: PrintFilter): ((trade: Trade) => boolean) | null {
  const { minNotional, minSize, sessions } = filter;
  if (minNotional === 0 && minSize === 0 && sessions.length === SESSIONS.length) return null;
  const wanted = new Set<string>(sessions);
  return (trade) => notionalOf(trade) >= minNotional && trade.size >= minSize && wanted.has(trade.session);
}

/** Symbol, run and filter of a pane, all following the URL. */
export function usePrintFilter(paneId: string) {
  const { symbol, run, params } = usePane(paneId);
  const filter = useMemo(() => filterOf(params), [params]);
  const keep = useMemo(() => keepOf(filter), [filter]);
  return { symbol, run, filter, keep };
}
