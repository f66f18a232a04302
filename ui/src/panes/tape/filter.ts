/**
 * The options tape's filter: one value, shown as chips, as text and as the gateway's object.
 *
 * Text grammar, words in any order: a symbol (`nvda`), `put` or `call`, `stock`, `etf`, `index`,
 * `all`; `>250k` and `<2m` for premium, `size>100`, `dte<8`, `dte>2`, `dte:0-7`; `side:a,aa`,
 * `view:raw`, `cond:I,S`, `venue:C`, `source:synthetic`. Bounds include their value, as the
 * gateway's do.
 */
import type { OptionsTape } from "../../generated";
import { compact } from "../../ui/number";
import { sideLetters } from "../../ui/market";
import type { Filters } from "../../wire/streams";

export const ALL_SIDES = ["AA", "A", "MID", "B", "BB", "MISSING", "STALE"] as const;
export type Side = (typeof ALL_SIDES)[number];
export type Security = "stock" | "etf" | "index" | "all";
export type OptionType = "call" | "put";

export interface TapeFilter {
  readonly view: "signal" | "raw";
  readonly security: Security;
  readonly side: readonly Side[];
  readonly type: readonly OptionType[];
  readonly min_notional: number;
  readonly max_notional: number | null;
  readonly min_size: number | null;
  readonly dte_min: number | null;
  readonly dte_max: number | null;
  readonly underlying_ids: readonly string[];
  readonly conditions: readonly string[];
  readonly exchange: readonly string[];
  readonly source: readonly string[];
}

const NO_BOUNDS = {
  max_notional: null,
  min_size: null,
  dte_min: null,
  dte_max: null,
  underlying_ids: [],
  conditions: [],
  exchange: [],
  source: [],
} as const;

export const ALL: TapeFilter = {
  ...NO_BOUNDS,
  view: "raw",
  security: "all",
  side: ALL_SIDES,
  type: ["call", "put"],
  min_notional: 0,
};

const SMART_MONEY: TapeFilter = {
  ...ALL,
  view: "signal",
  security: "stock",
  side: ["AA", "A", "MID", "MISSING", "STALE"],
  min_notional: 10_000,
};

export const PRESETS: Readonly<Record<string, TapeFilter>> = {
  "smart-money": SMART_MONEY,
  balanced: { ...SMART_MONEY, min_notional: 5_000 },
  all: ALL,
};
export const FIRST_PRESET = "smart-money";

/** The steps of the premium menu, dollars. */
export const NOTIONAL_STEPS = [0, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000] as const;

/** Compile to the gateway's filter object; what restricts nothing is left out. */
export function toFilters(filter: TapeFilter): Filters {
  const out: Record<string, Filters[string]> = { view: filter.view };
  if (filter.security !== "all") out.security = filter.security;
  if (filter.side.length < ALL_SIDES.length) out.side = filter.side;
  if (filter.type.length === 1) out.type = filter.type;
  if (filter.min_notional > 0) out.min_notional = filter.min_notional;
  for (const name of ["max_notional", "min_size", "dte_min", "dte_max"] as const) {
    const value = filter[name];
    if (value !== null) out[name] = value;
  }
  for (const name of ["underlying_ids", "conditions", "exchange", "source"] as const) {
    if (filter[name].length > 0) out[name] = filter[name];
  }
  return out;
}

/** Hide at once what a raised premium floor will hide, before the gateway answers. */
export function keepOf(filter: TapeFilter): ((print: OptionsTape) => boolean) | null {
  const { min_notional: floor } = filter;
  return floor > 0 ? (print) => print.notional >= floor : null;
}

/** Dollars of `250k`, `1.5m`, `40000`; null where it is none. */
export function dollarsOf(text: string): number | null {
  const match = /^\$?(\d+(?:\.\d+)?)([kmb]?)$/i.exec(text);
  if (match === null) return null;
  const scale = { "": 1, k: 1e3, m: 1e6, b: 1e9 }[(match[2] ?? "").toLowerCase()] ?? 1;
  return Number(match[1]) * scale;
}

const SIDE_WORDS: Readonly<Record<string, Side>> = {
  aa: "AA", a: "A", m: "MID", mid: "MID", b: "B", bb: "BB",
  missing: "MISSING", none: "MISSING", "-": "MISSING", "–": "MISSING", stale: "STALE", s: "STALE",
};

export interface Parsed {
  readonly filter: TapeFilter;
  /** Words that mean nothing here. */
  readonly unknown: readonly string[];
}

type Change = (filter: TapeFilter, value: string) => TapeFilter | null;

function listOf(name: "underlying_ids" | "conditions" | "exchange" | "source", upper = true): Change {
  return (filter, value) => {
    const items = value.split(",").filter((item) => item !== "");
    return { ...filter, [name]: upper ? items.map((item) => item.toUpperCase()) : items };
  };
}

const wholeOf = (text: string): number | null => (/^\d{1,6}$/.test(text) ? Number(text) : null);

const NAMED: Readonly<Record<string, Change>> = {
  side: (filter, value) => {
    if (value === "all") return { ...filter, side: ALL_SIDES };
    const sides = value.split(",").map((word) => SIDE_WORDS[word.toLowerCase()]);
    if (sides.some((side) => side === undefined)) return null;
    return { ...filter, side: ALL_SIDES.filter((side) => sides.includes(side)) };
  },
  view: (filter, value) => (value === "raw" || value === "signal" ? { ...filter, view: value } : null),
  security: (filter, value) =>
    value === "stock" || value === "etf" || value === "index" || value === "all"
      ? { ...filter, security: value }
      : null,
  type: (filter, value) => {
    const types = value.split(",").filter((word) => word === "call" || word === "put");
    return types.length === 0 ? null : { ...filter, type: types };
  },
  dte: (filter, value) => {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(value);
    if (match === null) return null;
    const from = Number(match[1]);
    return { ...filter, dte_min: from, dte_max: match[2] === undefined ? from : Number(match[2]) };
  },
  sym: listOf("underlying_ids"),
  cond: listOf("conditions"),
  venue: listOf("exchange"),
  source: listOf("source", false),
  preset: (_, value) => PRESETS[value] ?? null,
};

function bounded(filter: TapeFilter, name: string, sign: string, text: string): TapeFilter | null {
  const isFloor = sign.startsWith(">");
  if (name === "" || name === "premium" || name === "notional") {
    const dollars = dollarsOf(text);
    if (dollars === null) return null;
    return isFloor ? { ...filter, min_notional: dollars } : { ...filter, max_notional: dollars };
  }
  const value = wholeOf(text);
  if (value === null) return null;
  if (name === "size") return isFloor ? { ...filter, min_size: value } : null;
  if (name === "dte") return isFloor ? { ...filter, dte_min: value } : { ...filter, dte_max: value };
  return null;
}

function word(filter: TapeFilter, text: string): TapeFilter | null {
  const lower = text.toLowerCase();
  if (lower === "put" || lower === "puts") return { ...filter, type: ["put"] };
  if (lower === "call" || lower === "calls") return { ...filter, type: ["call"] };
  if (lower === "raw" || lower === "signal") return { ...filter, view: lower };
  if (lower === "stock" || lower === "etf" || lower === "index" || lower === "all") {
    return { ...filter, security: lower };
  }
  const named = /^([a-z]+):(.+)$/i.exec(text);
  if (named !== null) {
    return NAMED[(named[1] ?? "").toLowerCase()]?.(filter, named[2] ?? "") ?? null;
  }
  const bound = /^([a-z]*)(>=?|<=?)(.+)$/i.exec(text);
  if (bound !== null) {
    return bounded(filter, (bound[1] ?? "").toLowerCase(), bound[2] ?? "", bound[3] ?? "");
  }
  if (/^[a-z][a-z.]{0,5}$/i.test(text)) {
    const symbol = text.toUpperCase();
    const before = filter.underlying_ids;
    return before.includes(symbol) ? filter : { ...filter, underlying_ids: [...before, symbol] };
  }
  return null;
}

/** Read text into a filter; what is not said stays as in `base`, symbols start empty. */
export function parseFilter(text: string, base: TapeFilter): Parsed {
  let filter: TapeFilter = { ...base, ...NO_BOUNDS };
  filter = { ...filter, type: ["call", "put"], min_notional: base.min_notional };
  const unknown: string[] = [];
  for (const part of text.split(/\s+/).filter((each) => each !== "")) {
    const next = word(filter, part);
    if (next === null) unknown.push(part);
    else filter = next;
  }
  return { filter, unknown };
}

const short = (dollars: number): string => compact(dollars).toLowerCase();

/** Write a filter as text that reads back into it, whatever the base. */
export function formatFilter(filter: TapeFilter): string {
  const { dte_min: from, dte_max: to } = filter;
  const parts = [
    ...(filter.underlying_ids.length > 0 ? [`sym:${filter.underlying_ids.join(",").toLowerCase()}`] : []),
    ...(filter.type.length === 1 ? filter.type : []),
    `security:${filter.security}`,
    `>${exactDollars(filter.min_notional)}`,
    ...(filter.max_notional === null ? [] : [`<${exactDollars(filter.max_notional)}`]),
    ...(filter.min_size === null ? [] : [`size>${filter.min_size}`]),
    ...(from === null ? [] : [`dte>${from}`]),
    ...(to === null ? [] : [`dte<${to}`]),
    `side:${filter.side.length === ALL_SIDES.length ? "all" : filter.side.join(",").toLowerCase()}`,
    ...(filter.conditions.length > 0 ? [`cond:${filter.conditions.join(",")}`] : []),
    ...(filter.exchange.length > 0 ? [`venue:${filter.exchange.join(",")}`] : []),
    ...(filter.source.length > 0 ? [`source:${filter.source.join(",")}`] : []),
    `view:${filter.view}`,
  ];
  return parts.join(" ");
}

/** `250k` where that says it exactly, else the dollars themselves. */
function exactDollars(dollars: number): string {
  const text = short(dollars);
  return dollarsOf(text) === dollars ? text : String(dollars);
}

/** One phrase a chip, for the head of the pane and the control bar. */
export function phrases(filter: TapeFilter): readonly { readonly id: string; readonly text: string }[] {
  const { dte_min: from, dte_max: to } = filter;
  const out: { id: string; text: string }[] = [{ id: "view", text: filter.view }];
  const add = (id: string, text: string | false): void => {
    if (text !== false) out.push({ id, text });
  };
  add("symbols", filter.underlying_ids.length > 0 && filter.underlying_ids.join(" "));
  add("security", { stock: "stocks", etf: "ETFs", index: "indices", all: "every security" }[filter.security]);
  add("side", filter.side.length === ALL_SIDES.length ? "every side" : filter.side.map(sideLetters).join(" "));
  add("type", filter.type.length === 2 ? "calls, puts" : `${filter.type[0] ?? "no"}s`);
  add("notional", filter.min_notional > 0 ? `≥ $${compact(filter.min_notional)}` : "any premium");
  add("max", filter.max_notional !== null && `≤ $${compact(filter.max_notional)}`);
  add("size", filter.min_size !== null && `size ≥ ${filter.min_size}`);
  add("dte", (from !== null || to !== null) && `DTE ${from ?? 0}–${to ?? "…"}`);
  add("conditions", filter.conditions.length > 0 && `condition ${filter.conditions.join(" ")}`);
  add("exchange", filter.exchange.length > 0 && `venue ${filter.exchange.join(" ")}`);
  add("source", filter.source.length > 0 && filter.source.join(" "));
  return out;
}

/** The preset a filter is, if it is one. */
export function presetOf(filter: TapeFilter): string | null {
  const text = formatFilter(filter);
  return Object.entries(PRESETS).find(([, preset]) => formatFilter(preset) === text)?.[0] ?? null;
}
