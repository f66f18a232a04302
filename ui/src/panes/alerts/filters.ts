/** Filters of the alerts page as the URL holds them, with the names REST takes. */
import type { Filters } from "../../wire/streams";

const LISTS = ["severity", "direction", "state", "outcome", "classifier", "profile", "kind"] as const;

/** What the gateway is asked for; parameters of other panes are left alone. */
export function alertFilters(
  params: Readonly<Record<string, string>>,
  symbol: string | null,
): Filters {
  const asked: Record<string, string | number | readonly string[]> = {};
  for (const name of LISTS) {
    const values = (params[name] ?? "").split(",").filter((value) => value !== "");
    if (values.length > 0) asked[name] = values;
  }
  const score = Number(params.min_score ?? "");
  if (Number.isFinite(score) && score > 0) asked.min_score = score;
  if (symbol !== null) asked.underlying_ids = [symbol];
  return asked;
}
