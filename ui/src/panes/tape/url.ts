/** The tape's filter in the URL: REST's names, what equals the preset left out. */
import { ALL_SIDES, FIRST_PRESET, PRESETS } from "./filter";
import type { OptionType, Security, Side, TapeFilter } from "./filter";

type Params = Readonly<Record<string, string>>;

const LISTS = ["underlying_ids", "conditions", "exchange", "source"] as const;
const NUMBERS = ["max_notional", "min_size", "dte_min", "dte_max"] as const;

export function filterOfParams(params: Params, firstPreset = FIRST_PRESET): TapeFilter {
  const base = PRESETS[params.preset ?? firstPreset] ?? PRESETS[FIRST_PRESET];
  if (base === undefined) throw new Error("no first preset");
  const list = (name: string): readonly string[] | null =>
    params[name] === undefined ? null : params[name].split(",").filter((item) => item !== "");
  const number = (name: string): number | null => {
    const value = params[name];
    return value !== undefined && /^\d+(\.\d+)?$/.test(value) ? Number(value) : null;
  };
  const sides = list("side");
  const types = list("type")?.filter((type): type is OptionType => type === "call" || type === "put");
  return {
    ...base,
    view: params.view === "raw" ? "raw" : params.view === "signal" ? "signal" : base.view,
    security: isSecurity(params.security) ? params.security : base.security,
    side: sides === null ? base.side : ALL_SIDES.filter((side) => sides.includes(side)),
    type: types === undefined || types.length === 0 ? base.type : types,
    min_notional: number("min_notional") ?? base.min_notional,
    ...Object.fromEntries(NUMBERS.map((name) => [name, number(name) ?? base[name]])),
    ...Object.fromEntries(LISTS.map((name) => [name, list(name) ?? base[name]])),
  };
}

function isSecurity(value: string | undefined): value is Security {
  return value === "stock" || value === "etf" || value === "index" || value === "all";
}

/** Parameters that bring the filter back; null removes one. */
export function paramsOfFilter(
  filter: TapeFilter,
  preset: string,
  firstPreset = FIRST_PRESET,
): Readonly<Record<string, string | null>> {
  const base = PRESETS[preset] ?? PRESETS[FIRST_PRESET];
  if (base === undefined) return {};
  const unless = (same: boolean, text: string): string | null => (same ? null : text);
  const sideText = (side: readonly Side[]): string => side.join(",");
  return {
    preset: unless(preset === firstPreset, preset),
    view: unless(filter.view === base.view, filter.view),
    security: unless(filter.security === base.security, filter.security),
    side: unless(sideText(filter.side) === sideText(base.side), sideText(filter.side)),
    type: unless(filter.type.length === base.type.length, filter.type.join(",")),
    min_notional: unless(filter.min_notional === base.min_notional, String(filter.min_notional)),
    ...Object.fromEntries(NUMBERS.map((name) => [name, filter[name] === null ? null : String(filter[name])])),
    ...Object.fromEntries(
      LISTS.map((name) => [name, filter[name].length === 0 ? null : filter[name].join(",")]),
    ),
  };
}
