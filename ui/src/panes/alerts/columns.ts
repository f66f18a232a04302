/** Columns of the alerts tape (terminal specification, 6.3). */
import type { FlowAlert } from "../../generated";
import { contractLabelOf, directionGlyph, profileCode, profileName } from "../../ui/market";
import { MISSING, count, money, moneyExact, percent } from "../../ui/number";
import { dateOf } from "../../ui/time";
import { by, dim, symbolColumn, timeColumn } from "../grid/columns";
import type { TapeColumn, Tint } from "../grid/columns";
import { profileClasses } from "../grid/links";
import { isSeen } from "./acks";
import { outcomeOf, severityGlyph, whatFired } from "./words";

type Column = TapeColumn<FlowAlert>;

const RANK: Readonly<Record<string, number>> = { high: 3, medium: 2, low: 1 };

function contractOf(alert: FlowAlert): string {
  if (alert.option_contract_id !== null) return contractLabelOf(alert.option_contract_id, dateOf(alert.first_ts, "ET"));
  return alert.structure_type?.replaceAll("_", " ") ?? MISSING;
}

export function tintOf(alert: FlowAlert): Tint | null {
  const code = profileCode(alert.primary_profile_id);
  return code === null || alert.state === "retracted"
    ? null
    : { code, probability: alert.confidence.probability };
}

const isGone = (alert: FlowAlert): boolean => alert.state === "retracted";

export const columns: readonly Column[] = [
  timeColumn<FlowAlert>(92),
  symbolColumn<FlowAlert>(52, { strong: (alert) => !isSeen(alert), struck: isGone }),
  {
    id: "contract",
    title: "contract",
    width: 104,
    text: contractOf,
    classes: { struck: isGone },
    order: by((alert) => alert.option_contract_id ?? ""),
  },
  {
    id: "severity",
    title: "severity",
    width: 72,
    text: (alert) => `${severityGlyph(alert.severity)} ${alert.severity}`,
    classes: {
      crit: (alert) => alert.severity === "high",
      warn: (alert) => alert.severity === "medium",
      dim: (alert) => alert.severity === "low",
    },
    order: by((alert) => RANK[alert.severity] ?? 0),
  },
  {
    id: "score",
    title: "score",
    width: 40,
    align: "right",
    text: (alert) => String(alert.score),
    tip: (alert) => `peak ${alert.peak_score}`,
    classes: { strong: () => true, struck: isGone },
    order: by((alert) => alert.score),
  },
  {
    id: "kind",
    title: "fired",
    name: "kind of alert; for option flow its classifiers",
    width: 138,
    text: whatFired,
    tip: (alert) => alert.hits.map((hit) => `${hit.classifier_id} ${percent(hit.confidence)}`).join("\n"),
    order: by((alert) => alert.kind),
  },
  {
    id: "profile",
    title: "profile",
    width: 46,
    text: (alert) => profileCode(alert.primary_profile_id) ?? MISSING,
    tip: (alert) => (alert.primary_profile_id === null ? "no profile is named" : profileName(alert.primary_profile_id)),
    classes: profileClasses((alert) => alert.primary_profile_id),
  },
  {
    id: "direction",
    title: "direction",
    width: 74,
    text: (alert) => `${directionGlyph(alert.direction)} ${alert.direction}`,
    classes: {
      up: (alert) => alert.direction === "bullish",
      down: (alert) => alert.direction === "bearish",
      dim: (alert) => alert.direction !== "bullish" && alert.direction !== "bearish",
    },
    order: by((alert) => alert.direction),
  },
  {
    id: "confidence",
    title: "conf.",
    name: "confidence: probability of the primary profile",
    width: 44,
    align: "right",
    text: (alert) => percent(alert.confidence.probability),
    classes: dim,
    order: by((alert) => alert.confidence.probability),
  },
  {
    id: "premium",
    title: "premium",
    width: 62,
    align: "right",
    text: (alert) => money(alert.total_premium),
    tip: (alert) => moneyExact(alert.total_premium),
    order: by((alert) => alert.total_premium),
  },
  {
    id: "state",
    title: "state",
    width: 62,
    text: (alert) => alert.state,
    classes: { warn: isGone, dim: (alert) => alert.state === "open" },
    order: by((alert) => alert.state),
  },
  {
    id: "outcome",
    title: "open interest",
    name: "what the next open interest said: of the whole market, not of this order",
    width: 84,
    text: outcomeOf,
    classes: { faint: (alert) => alert.settlement === null },
    order: by(outcomeOf),
  },
  {
    id: "repeats",
    title: "repeats",
    name: "similar events held back while it cooled down",
    width: 50,
    align: "right",
    text: (alert) => count(alert.suppressed_count),
    classes: { faint: (alert) => alert.suppressed_count === 0 },
    order: by((alert) => alert.suppressed_count),
  },
  { id: "headline", title: "headline", width: 420, text: (alert) => alert.headline, classes: { dim: () => true, struck: isGone } },
];
