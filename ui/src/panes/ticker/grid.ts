/** Strike by expiry: cells of net premium, and the filter a click on one makes. */
import type { IsoDate } from "../../generated";
import type { GridCell } from "../../generated/rest";
import { createStore } from "../../stores/store";
import type { Filters } from "../../wire/streams";

export interface GridView {
  readonly expiries: readonly IsoDate[];
  /** From the top. */
  readonly strikes: readonly number[];
  readonly cell: (strike: number, expiry: IsoDate) => GridCell | undefined;
  /** Largest |net premium|, $. */
  readonly most: number;
  /** Strikes that have premium and no row. */
  readonly left: number;
}

const key = (strike: number, expiry: IsoDate): string => `${expiry}/${strike}`;

/** The strikes with most premium, at most `mostStrikes`, in order; every expiry. */
export function gridView(cells: readonly GridCell[], mostStrikes: number): GridView {
  const byKey = new Map(cells.map((cell) => [key(cell.strike, cell.expiry), cell]));
  const premium = new Map<number, number>();
  for (const cell of cells) premium.set(cell.strike, (premium.get(cell.strike) ?? 0) + cell.premium);
  const ranked = [...premium].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const strikes = ranked.slice(0, mostStrikes).map(([strike]) => strike).sort((a, b) => b - a);
  const shown = new Set(strikes);
  return {
    expiries: [...new Set(cells.map((cell) => cell.expiry))].sort(),
    strikes,
    cell: (strike, expiry) => byKey.get(key(strike, expiry)),
    most: cells.reduce((most, cell) => (shown.has(cell.strike) ? Math.max(most, Math.abs(cell.net_premium)) : most), 0),
    left: ranked.length - strikes.length,
  };
}

/** Strength of a cell's colour, 0 to 0.4: the root, so that small ones are still seen. */
export function heat(net: number, most: number): number {
  return most > 0 ? 0.4 * Math.sqrt(Math.abs(net) / most) : 0;
}

/** What the grid was clicked for; either may be open. */
export interface GridChoice {
  readonly symbol: string;
  readonly expiry: IsoDate | null;
  readonly strike: number | null;
}

export const gridChoice = createStore<GridChoice | null>(null);

/** Contract ids as the gateway writes them: `NVDA-2026-11-27-140-C`. */
export function contractIds(symbol: string, strike: number, expiry: IsoDate): readonly string[] {
  const text = String(Number(strike.toFixed(3)));
  return [`${symbol}-${expiry}-${text}-C`, `${symbol}-${expiry}-${text}-P`];
}

/** Filters of the options tape for a choice; every contract the grid knows of it. */
export function flowFilters(symbol: string, choice: GridChoice | null, cells: readonly GridCell[]): Filters {
  const all: Filters = { view: "raw", underlying_ids: [symbol] };
  if (choice?.symbol !== symbol) return all;
  const chosen = cells.filter(
    (cell) =>
      (choice.expiry === null || cell.expiry === choice.expiry) &&
      (choice.strike === null || cell.strike === choice.strike),
  );
  // A list has at most a hundred values; the cells of most premium come first.
  const ids = [...chosen]
    .sort((a, b) => b.premium - a.premium)
    .slice(0, 50)
    .flatMap((cell) => contractIds(symbol, cell.strike, cell.expiry));
  return ids.length === 0 ? all : { ...all, option_contract_id: ids };
}
