/** Presets of the options tape as filters: which they are, and what shows one. Pure. */
import { filtersKey } from "../../wire/streams";
import type { Filters } from "../../wire/streams";
import type { Document } from "./documents";

/** URL parameters that show a preset of the options tape and nothing of the one before. */
export function paramsOfPreset(filters: Filters): Readonly<Record<string, string | null>> {
  const cleared: Readonly<Record<string, null>> = Object.fromEntries(
    ["view", "security", "side", "type", "min_notional", "max_notional", "min_size", "dte_min", "dte_max", "underlying_ids", "conditions", "exchange", "source"].map(
      (name) => [name, null],
    ),
  );
  const given = Object.entries(filters).map(([name, value]): [string, string] => [name, Array.isArray(value) ? value.join(",") : String(value)]);
  // Based on the one that restricts nothing, so that what a preset leaves out is left out.
  return { ...cleared, preset: "all", ...Object.fromEntries(given) };
}

export const filtersOf = (preset: Document): Filters => (preset.body.filters ?? {}) as Filters;

/** The operator's presets of the options tape. */
export function tapePresets(all: readonly Document[]): readonly Document[] {
  return all.filter((each) => each.body.stream === "options");
}

/** Whether a filter is exactly what a preset has. */
export function isPreset(preset: Document, filters: Filters): boolean {
  return filtersKey(filtersOf(preset)) === filtersKey(filters);
}
