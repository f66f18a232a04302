/** What an export asks of the gateway. Pure. */
import type { ExportRequest } from "../../app/intents";
import { queryString } from "../../wire/rest";
import type { Parameter } from "../../wire/rest";
import { nanosOf, parseWallTime } from "../replay/model";

export type Format = "csv" | "parquet" | "jsonl";

/** Nanoseconds of a typed time or a stamp as it stands; null where it is neither; empty stays empty. */
export function boundOf(text: string, beside: number): string | null {
  const typed = text.trim();
  if (typed === "" || /^\d{19}$/.test(typed)) return typed;
  const ms = parseWallTime(typed, beside);
  return ms === null ? null : nanosOf(ms);
}

/** Address of an export; what restricts nothing is left out. */
export function exportUrl(request: ExportRequest, range: { readonly from: string; readonly to: string }, format: Format): string {
  const filters = Object.entries(request.filters).map(([name, value]): [string, Parameter] => [name, value]);
  return `/export/${request.stream}${queryString({
    ...Object.fromEntries(filters),
    start_ts: range.from,
    end_ts: range.to,
    run: request.run,
    format,
  })}`;
}
