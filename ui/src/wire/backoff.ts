/** How long a lost connection waits: 0.25, 0.5, 1, 2, 5 s, then every 5 s, each with jitter. */

const DELAYS_MS = [250, 500, 1000, 2000, 5000] as const;
const LONGEST_MS = 5000;
/** Share of a delay that is random, so tabs of one machine do not return in step. */
const JITTER = 0.2;

/**
 * Return the wait before an attempt.
 *
 * @param attempt 0 for the first after a loss.
 * @param random a number of [0, 1).
 */
export function reconnectDelayMs(attempt: number, random: number): number {
  const base = DELAYS_MS[attempt] ?? LONGEST_MS;
  return Math.round(base * (1 - JITTER / 2 + JITTER * random));
}
