/** Off-exchange trading by price, as the gateway sums it up. */
import type { Nanos } from "../../generated";

/** One price row of `/dark/levels`. */
export interface DarkLevel {
  /** Lower edge of the row, $. */
  readonly price: number;
  /** Shares. */
  readonly volume: number;
  /** $. */
  readonly notional: number;
  readonly print_count: number;
  /** Of all off-exchange volume in the range, 0 to 1. */
  readonly share: number;
  readonly first_ts: Nanos;
  readonly last_ts: Nanos;
}

export interface DarkLevels {
  readonly row_e4: number;
  readonly start_ts: Nanos;
  readonly end_ts: Nanos;
  readonly data: readonly DarkLevel[];
}

export interface LevelRow extends DarkLevel {
  /** From spot to the middle of the row, $; null without a spot. */
  readonly distance: number | null;
  /** The row in which spot lies. */
  readonly isSpot: boolean;
}

/** Rows by price from the top, with their distance to spot. */
export function levelRows(levels: DarkLevels, spot: number | null): readonly LevelRow[] {
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
