/** Levels drawn across a chart: value area, low-volume nodes, off-exchange levels (terminal, 8). */
import type { EquityProfile } from "../../generated";

const MOST_LINES = 12;

export interface Level {
  readonly price: number;
  readonly title: string;
  readonly kind: "poc" | "value" | "lvn" | "off-exchange";
}

export function profileLevels(profile: EquityProfile | null): readonly Level[] {
  if (profile === null) return [];
  const level = (price: number | null, title: string, kind: Level["kind"]): readonly Level[] =>
    price === null ? [] : [{ price, title, kind }];
  return [
    ...level(profile.poc, "POC", "poc"),
    ...level(profile.vah, "VAH", "value"),
    ...level(profile.val, "VAL", "value"),
    ...profile.lvns.flatMap((price) => level(price, "LVN", "lvn")),
  ];
}

/** At most `most` levels, nearest to the price first; of two at one price the first given. */
export function nearestLevels(
  levels: readonly Level[],
  price: number | null,
  most = MOST_LINES,
): readonly Level[] {
  const seen = new Set<number>();
  const once = levels.filter((level) => {
    if (seen.has(level.price)) return false;
    seen.add(level.price);
    return true;
  });
  if (price === null) return once.slice(0, most);
  return once
    .sort((a, b) => Math.abs(a.price - price) - Math.abs(b.price - price))
    .slice(0, most);
}
