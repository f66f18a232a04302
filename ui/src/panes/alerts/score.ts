/** The score bar's geometry: one segment an entry of `components`, what adds right, what takes off left. */
import type { AlertComponent } from "../../generated";

export interface Segment {
  readonly name: string;
  readonly points: number;
  readonly raw: number;
  /** Left edge and width on a scale from the sum of what is taken off to the sum of what is added. */
  readonly from: number;
  readonly width: number;
}

export interface ScoreBar {
  readonly segments: readonly Segment[];
  /** Sum of all points: the score before it is rounded and kept within 0 and 100. */
  readonly sum: number;
  /** Where zero lies on the scale, 0 to 1. */
  readonly zero: number;
}

export function scoreBar(components: readonly AlertComponent[]): ScoreBar {
  const added = components.reduce((sum, { points }) => sum + Math.max(0, points), 0);
  const taken = components.reduce((sum, { points }) => sum + Math.min(0, points), 0);
  const span = Math.max(1, added - taken);
  const zero = -taken / span;
  let right = zero;
  let left = zero;
  const segments = components.map(({ name, points, raw }) => {
    const width = Math.abs(points) / span;
    if (points < 0) left -= width;
    const from = points < 0 ? left : right;
    if (points >= 0) right += width;
    return { name, points, raw, from, width };
  });
  return { segments, sum: added + taken, zero };
}
