/** Percentiles over the last samples of a measurement; null while there are none, never 0. */

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export class Samples {
  private readonly values: Float64Array;
  private count = 0;

  constructor(capacity = 600) {
    this.values = new Float64Array(capacity);
  }

  add(value: number): void {
    this.values[this.count % this.values.length] = value;
    this.count += 1;
  }

  clear(): void {
    this.count = 0;
  }

  get size(): number {
    return Math.min(this.count, this.values.length);
  }

  percentiles(): Percentiles | null {
    const size = this.size;
    if (size === 0) return null;
    const sorted = this.values.slice(0, size).sort();
    // Nearest rank: a value that was measured, not one in between.
    const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * size) - 1)] ?? 0;
    return { p50: rank(0.5), p95: rank(0.95), p99: rank(0.99) };
  }
}
