/** Shares of a mix: counts by interval and name as stacked parts, and the abstention rate by hour. */
import type { MixCount } from "../../generated/rest";

export interface Column {
  readonly start: string;
  readonly total: number;
  readonly parts: readonly { readonly name: string; readonly events: number; readonly premium: number }[];
}

/** Intervals, oldest first; parts in the order given, names not in it behind. */
export function columnsOf(data: readonly MixCount[], order: readonly string[]): readonly Column[] {
  const byStart = new Map<string, MixCount[]>();
  for (const each of data) byStart.set(each.window_start, [...(byStart.get(each.window_start) ?? []), each]);
  const place = (name: string): number => {
    const at = order.indexOf(name);
    return at < 0 ? order.length : at;
  };
  return [...byStart]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([start, counts]) => ({
      start,
      total: counts.reduce((sum, each) => sum + each.events, 0),
      parts: counts.toSorted((a, b) => place(a.name) - place(b.name)),
    }));
}

/** Share of abstained events of each interval; null where there were none. */
export function abstentionOf(column: Column): number | null {
  const abstained = column.parts.find((part) => part.name === "abstained")?.events ?? 0;
  return column.total === 0 ? null : abstained / column.total;
}
