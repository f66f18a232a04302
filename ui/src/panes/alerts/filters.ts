/** Filters of the alerts page as the URL holds them, with the names REST takes. */
import type { FilterValue, Filters } from "../../wire/streams";
import type { Choice } from "../grid/ParamChoices";

const LISTS = ["severity", "direction", "state", "outcome", "classifier", "profile", "kind"] as const;

/** Choices in the head of the tape. */
export const CHOICES: readonly Choice[] = [
  { name: "min_score", label: "score", options: ["45", "60", "70", "85"], mark: "≥ " },
  { name: "direction", label: "direction", options: ["bullish", "bearish", "neutral", "mixed", "unknown"] },
  { name: "state", label: "state", options: ["open", "updated", "retracted", "settled"] },
  { name: "outcome", label: "outcome", options: ["opened", "closed", "inconclusive", "not_applicable", "no_data"] },
];

/** Parameters without any filter of alerts. */
export const CLEARED: Readonly<Record<string, null>> = Object.fromEntries(["min_score", ...LISTS].map((name) => [name, null]));

/** What the gateway is asked for beyond the symbol; parameters of other panes are left alone. */
export function alertFilters(params: Readonly<Record<string, string>>): Filters {
  const asked: Record<string, FilterValue> = {};
  for (const name of LISTS) {
    const values = (params[name] ?? "").split(",").filter((value) => value !== "");
    if (values.length > 0) asked[name] = values;
  }
  const score = Number(params.min_score ?? "");
  if (Number.isFinite(score) && score > 0) asked.min_score = score;
  return asked;
}
