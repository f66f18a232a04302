/** Whether a field was measured, derived from what was measured, or inferred. */
import type { Kind } from "./refs";

export type Origin = "measured" | "derived" | "inferred";

export const MARKS: Readonly<Record<Origin, string>> = { measured: "●", derived: "◔", inferred: "◌" };
export const ORIGIN_WORDS: Readonly<Record<Origin, string>> = {
  measured: "measured: as the feed sent it",
  derived: "derived: computed from what was measured",
  inferred: "inferred: a judgement that can be wrong",
};

/** Kinds whose every field came from a feed. */
const RAW: ReadonlySet<Kind> = new Set(["quotes", "equity_prints", "equity_quotes", "events", "open_interest", "news"]);
/** Kinds that are judgements throughout. */
const JUDGED: ReadonlySet<Kind> = new Set(["alert", "hits", "smart_money", "dark", "signals", "states"]);

/** Of an option print: what the feed sent, before it was joined and enriched. */
const PRINT_MEASURED = /^(source_ts|ingest_ts|seq|trace_id|source|option_contract_id|underlying_id|root|right|exchange|expiry|multiplier|size|strike|price|adjusted|flex|conditions|raw_conditions|source_trade_id|nbbo_(bid|ask)(_size|_venue)?|nbbo_ts|venue_(bid|ask)(_size)?|underlying_(bid|ask|ts)|provider_iv|vendor_aggressor|oi|oi_as_of)$/;
const INFERRED = /aggressor_(side|method|probability)|^(buy_probability|expected_|side_conf|direction|structure|sweep_kind|order_shape|is_block|is_split|opening_sides|profile|package_)|probability|confidence/;
const COUNTED = /^(source_ts|ingest_ts|first_ts|last_ts|start_ts|end_ts|seq|trace_id|total_premium|total_size|packet_count|underlying_id|option_contract_id|members?)$/;

export function originOf(kind: Kind, field: string): Origin {
  if (RAW.has(kind)) return "measured";
  if (kind === "prints") return PRINT_MEASURED.test(field) ? "measured" : INFERRED.test(field) ? "inferred" : "derived";
  if (JUDGED.has(kind)) return COUNTED.test(field) ? "derived" : "inferred";
  return INFERRED.test(field) ? "inferred" : "derived";
}

const UNITS: readonly (readonly [RegExp, string])[] = [
  [/_e4$/, "1/10,000 $"],
  [/_ms(_|$)/, "ms"],
  [/_bps$|^bps$/, "bps"],
  [/(ratio|share|probability|coverage|pct)$/, "0 to 1"],
  [/(premium|notional|dollar_)/, "$"],
  [/(^|_)(price|bid|ask|mid|strike|spread|vwap)$/, "$ a unit"],
  [/(^|_)(size|oi|volume)$/, "contracts"],
  [/dte_days|days_to/, "days"],
  [/_z$|_rz$|_z_eff$/, "standard deviations"],
  [/^(iv|execution_iv|provider_iv)$/, "a year, 0.2 = 20 %"],
];

/** Unit of a field; empty where it has none or its value says so itself. */
export function unitOf(field: string, value: unknown): string {
  if (typeof value !== "number") return "";
  return UNITS.find(([pattern]) => pattern.test(field))?.[1] ?? "";
}
