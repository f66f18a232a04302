/** Columns of the smart-money tape (terminal specification, 6.2). */
import type { SmartMoneyEvent } from "../../generated";
import { directionGlyph, profileCode, profileName } from "../../ui/market";
import { MISSING, count, duration, fixed, money, moneyExact, percent } from "../../ui/number";
import { sentence } from "../../ui/reasons";
import { by, dim, symbolColumn, timeColumn } from "../grid/columns";
import type { TapeColumn, Tint } from "../grid/columns";
import { profileClasses } from "../grid/links";

type Column = TapeColumn<SmartMoneyEvent>;

const spoken = (code: string): string => code.replaceAll("_", " ");

/** The best-fitting profile: the primary one or, where none is named, the nearest. */
const best = (event: SmartMoneyEvent) => event.profile_scores[0];
const runnerUp = (event: SmartMoneyEvent) => event.profile_scores[1];

/** Two reasons and how many more. */
export function shortReasons(codes: readonly string[]): string {
  const more = codes.length - 2;
  return `${codes.slice(0, 2).map(spoken).join(", ")}${more > 0 ? ` +${more}` : ""}`;
}

/** Direction; for an abstained event why there is none. */
export function directionText(event: SmartMoneyEvent): string {
  if (!event.abstained) return `${directionGlyph(event.primary_direction)} ${event.primary_direction}`;
  return `abstained: ${spoken(event.suppressed_reasons[0] ?? event.abstention_reasons[0] ?? "no reason given")}`;
}

export function tintOf(event: SmartMoneyEvent): Tint | null {
  const code = profileCode(event.primary_profile_id);
  if (code === null || event.abstained) return null;
  return { code, probability: event.confidence.probability };
}

export const columns: readonly Column[] = [
  timeColumn<SmartMoneyEvent>(92),
  symbolColumn<SmartMoneyEvent>(52, { strong: (event) => !event.abstained }),
  {
    id: "kind",
    title: "event",
    width: 70,
    text: (event) => (event.features.structure_type === null ? spoken(event.event_kind).replace(" event", "") : spoken(event.features.structure_type)),
    classes: dim,
  },
  {
    id: "profile",
    title: "profile",
    name: "primary profile and its probability; in brackets the nearest where none is named",
    width: 66,
    text: (event) => {
      const code = profileCode(best(event)?.profile_id) ?? MISSING;
      return `${event.abstained ? `(${code})` : code} ${percent(best(event)?.probability)}`;
    },
    tip: (event) => (event.primary_profile_id === null ? "no profile is named" : profileName(event.primary_profile_id)),
    classes: {
      dim: (event) => event.abstained,
      ...profileClasses<SmartMoneyEvent>((event) => (event.abstained ? null : event.primary_profile_id)),
    },
    order: by((event) => best(event)?.probability ?? -1),
  },
  {
    id: "direction",
    title: "direction, or why none",
    width: 188,
    text: directionText,
    tip: (event) => (event.abstained ? event.abstention_reasons.map(sentence).join("\n") : null),
    classes: {
      up: (event) => event.primary_direction === "bullish",
      down: (event) => event.primary_direction === "bearish",
      dim: (event) => event.abstained,
    },
  },
  {
    id: "band",
    title: "band",
    width: 50,
    text: (event) => (event.abstained ? MISSING : (best(event)?.confidence_band ?? MISSING)),
    classes: dim,
  },
  {
    id: "runner-up",
    title: "runner-up",
    name: "second profile, and the margin to it",
    width: 76,
    text: (event) => `${profileCode(runnerUp(event)?.profile_id) ?? MISSING} by ${fixed(event.confidence.margin, 2)}`,
    classes: dim,
    order: by((event) => event.confidence.margin),
  },
  {
    id: "premium",
    title: "premium",
    width: 64,
    align: "right",
    text: (event) => money(event.features.total_premium),
    tip: (event) => moneyExact(event.features.total_premium),
    classes: { strong: (event) => event.features.total_premium >= 250_000 },
    order: by((event) => event.features.total_premium),
  },
  {
    id: "prints",
    title: "prints",
    width: 44,
    align: "right",
    text: (event) => count(event.features.print_count),
    order: by((event) => event.features.print_count),
  },
  {
    id: "window",
    title: "window",
    width: 56,
    align: "right",
    text: (event) => duration(event.event_window_ms),
    classes: dim,
  },
  {
    id: "mix",
    title: "buy / sell",
    name: "share of the size of aggressive buyers and sellers",
    width: 72,
    align: "right",
    text: ({ features: f }) => `${fixed(f.aggressor_buy_ratio * 100, 0)} / ${fixed(f.aggressor_sell_ratio * 100, 0)} %`,
  },
  {
    id: "coverage",
    title: "NBBO",
    width: 48,
    align: "right",
    text: ({ features: f }) => percent(f.nbbo_coverage_ratio),
    classes: { warn: ({ features: f }) => f.nbbo_coverage_ratio < 0.5, dim: () => true },
  },
  {
    id: "reasons",
    title: "reasons",
    width: 320,
    text: (event) => shortReasons(best(event)?.reasons ?? []),
    classes: dim,
  },
];
