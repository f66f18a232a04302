/** The market's own words as the terminal writes them: sides, directions, profiles, contracts. */
import type { IsoDate } from "../generated";
import { MISSING, price } from "./number";
import { dayOf } from "./time";

/** Quote placement, lowest to highest; the order is the scale on which a side is drawn. */
export const SIDES = ["BB", "B", "MID", "A", "AA"] as const;

/** Letters of a side: MID is `M`, MISSING `–`, STALE `S`; another word stays as it came. */
export function sideLetters(side: string | null | undefined): string {
  switch (side) {
    case "MID":
      return "M";
    case "MISSING":
    case null:
    case undefined:
    case "":
      return MISSING;
    case "STALE":
      return "S";
    default:
      return side;
  }
}

/** What a side means, for hover. */
export const SIDE_WORDS: Readonly<Record<string, string>> = {
  AA: "above the ask",
  A: "at the ask",
  MID: "between bid and ask",
  B: "at the bid",
  BB: "below the bid",
  MISSING: "no quote before the print",
  STALE: "quote too old to place the print",
};

const DIRECTIONS: Readonly<Record<string, string>> = {
  bullish: "▲",
  bearish: "▼",
  neutral: "◆",
  mixed: "◐",
};

/** Glyph of a direction; anything not known is ○. */
export function directionGlyph(direction: string | null | undefined): string {
  return DIRECTIONS[direction ?? ""] ?? "○";
}

const PROFILES: Readonly<Record<string, string>> = {
  institutional_directional: "I",
  retail_whale: "R",
  event_driven: "E",
  vol_seller: "V",
  arbitrage: "A",
  hedge_reactive: "H",
};
export const PROFILE_IDS = Object.keys(PROFILES);
export const PROFILE_CODES = Object.values(PROFILES);

/** Code letter of a profile; `?` for one this terminal does not know, null for none. */
export function profileCode(profile: string | null | undefined): string | null {
  if (profile === null || profile === undefined || profile === "") return null;
  return PROFILES[profile] ?? "?";
}

export function profileName(profile: string): string {
  return profile.replaceAll("_", " ");
}

/** `10.00 × 10.02`; missing where neither side is known. */
export function quoteText(bid: number | null, ask: number | null): string {
  return bid === null && ask === null ? MISSING : `${price(bid)}\u2009×\u2009${price(ask)}`;
}

/** `501C 21 Nov`; the year is added when it is not that of `beside`. */
export function contractLabel(
  strike: number | null,
  right: string | null,
  expiry: IsoDate | null,
  beside?: IsoDate | null,
): string {
  if (strike === null || right === null || expiry === null) return MISSING;
  return `${String(Number(strike.toFixed(3)))}${right} ${dayOf(expiry, beside)}`;
}

/** The same from an id `ROOT-YYYY-MM-DD-STRIKE-C`; an id of another form stays as it is. */
export function contractLabelOf(id: string | null | undefined, beside?: IsoDate | null): string {
  if (id === null || id === undefined) return MISSING;
  const match = /-(\d{4}-\d{2}-\d{2})-([\d.]+)-([CP])$/.exec(id);
  if (match === null) return id;
  return contractLabel(Number(match[2]), match[3] ?? null, match[1] ?? null, beside);
}
