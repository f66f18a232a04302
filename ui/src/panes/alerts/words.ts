/** Words and glyphs of alerts. */
import type { FlowAlert } from "../../generated";

export const SEVERITIES = ["high", "medium", "low"] as const;
export type Severity = (typeof SEVERITIES)[number];

const GLYPHS: Readonly<Record<string, string>> = { high: "■", medium: "◧", low: "□" };

/** Glyph of a severity: the fuller the square, the more severe; `?` for one not known. */
export function severityGlyph(severity: string): string {
  return GLYPHS[severity] ?? "?";
}

/** Open interest outcome in words; an alert not settled yet is pending where it can be settled. */
export function outcomeOf(alert: FlowAlert): string {
  if (alert.settlement !== null) return alert.settlement.outcome.replaceAll("_", " ");
  return isOfOptions(alert) ? "pending" : "not applicable";
}

/** Whether the alert is of option flow; others have no open interest to be judged by. */
export function isOfOptions(alert: FlowAlert): boolean {
  return alert.kind === "options" || alert.kind === "";
}

/** What fired: the classifiers of an option alert, the kind of any other. */
export function whatFired(alert: FlowAlert): string {
  if (!isOfOptions(alert)) return alert.kind;
  const names = [...new Set(alert.hits.map((hit) => hit.classifier_id.replaceAll("_", " ")))];
  const [first, ...more] = names;
  if (first === undefined) return "profile";
  return more.length === 0 ? first : `${first} +${more.length}`;
}
