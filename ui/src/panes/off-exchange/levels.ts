/** Off-exchange trading by price, as the gateway sums it up. */
import type { DarkLevel, DarkLevels } from "../../generated/rest";

export interface LevelRow extends DarkLevel {
  /** From spot to the middle of the row, $; null without a spot. */
  readonly distance: number | null;
  /** The row in which spot lies. */
  readonly isSpot: boolean;
}

/** Rows by price from the top, with their distance to spot. */
export function levelRows(levels: Pick<DarkLevels, "row_e4" | "data">, spot: number | null): readonly LevelRow[] {
  const height = levels.row_e4 / 10_000;
  return [...levels.data]
    .sort((a, b) => b.price - a.price)
    .map((level) => ({
      ...level,
      distance: spot === null ? null : level.price + height / 2 - spot,
      isSpot: spot !== null && spot >= level.price && spot < level.price + height,
    }));
}

/** Height of a price row, 1/10,000 $: about a thousandth of the price, on round steps. */
export function rowHeight(price: number | null): number {
  const steps = [1, 10, 50, 100, 500, 1_000, 5_000, 10_000, 50_000];
  const wanted = (price ?? 100) * 10;
  return steps.findLast((step) => step <= wanted) ?? 1;
}
