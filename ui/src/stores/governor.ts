/**
 * How often tapes may commit: every frame, or 30, 15 or 8 times a second (terminal, 2.5).
 *
 * It steps down when the main thread's work of the last second exceeds 12 ms p95 a frame, and back
 * up after 5 s of calm.
 */
import { Samples } from "./percentiles";

const RATES = [60, 30, 15, 8] as const;
const BUSY_MS = 12;
const CALM_MS = 5000;
const JUDGE_EVERY_MS = 1000;

export class Governor {
  private step = 0;
  private judgedAt = 0;
  private calmSince = 0;
  private readonly second = new Samples(120);

  /** Commits a second now allowed. */
  get rate(): number {
    return RATES[this.step] ?? RATES[0];
  }

  /** Least time between two commits of a tape; 0 where every frame may commit. */
  get intervalMs(): number {
    return this.step === 0 ? 0 : 1000 / this.rate;
  }

  /** Take the main thread's work of one frame. */
  frame(workMs: number, now: number): void {
    this.second.add(workMs);
    if (this.judgedAt === 0) this.judgedAt = this.calmSince = now;
    if (now - this.judgedAt < JUDGE_EVERY_MS) return;
    const p95 = this.second.percentiles()?.p95 ?? 0;
    this.second.clear();
    this.judgedAt = now;
    if (p95 > BUSY_MS) {
      this.step = Math.min(this.step + 1, RATES.length - 1);
      this.calmSince = now;
    } else if (now - this.calmSince >= CALM_MS) {
      this.step = Math.max(this.step - 1, 0);
      this.calmSince = now;
    }
  }
}
