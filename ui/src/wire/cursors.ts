/**
 * Where each subscription stopped: in memory, and in `sessionStorage` for reloads within 15 minutes.
 *
 * A cursor counts only for the same channel, filters and run it was made under; the gateway signs
 * it, so a stale one is refused there and answered with a gap.
 */

const KEY = "islandflow.cursors";
export const CURSOR_LIFE_MS = 15 * 60 * 1000;
/** Writing storage is slow; a reload loses at most this much, and ids already held are ignored. */
const WRITE_EVERY_MS = 1000;

interface Kept {
  readonly cursor: string;
  readonly at: number;
}

type Storing = Pick<Storage, "getItem" | "setItem">;

export class Cursors {
  private readonly kept = new Map<string, Kept>();
  private writtenAt = 0;

  constructor(
    private readonly storage: Storing | null,
    private readonly now: () => number = Date.now,
  ) {
    for (const [key, entry] of Object.entries(this.read())) {
      if (now() - entry.at <= CURSOR_LIFE_MS) this.kept.set(key, entry);
    }
  }

  get(key: string): string | undefined {
    const entry = this.kept.get(key);
    return entry !== undefined && this.now() - entry.at <= CURSOR_LIFE_MS ? entry.cursor : undefined;
  }

  set(key: string, cursor: string): void {
    const at = this.now();
    this.kept.set(key, { cursor, at });
    if (at - this.writtenAt >= WRITE_EVERY_MS) this.write();
  }

  delete(key: string): void {
    this.kept.delete(key);
  }

  /** Write now: the page is about to be hidden or left. */
  write(): void {
    this.writtenAt = this.now();
    try {
      this.storage?.setItem(KEY, JSON.stringify(Object.fromEntries(this.kept)));
    } catch {
      // A full or refused storage costs a resume after reload, nothing else.
    }
  }

  private read(): Readonly<Record<string, Kept>> {
    try {
      const stored: unknown = JSON.parse(this.storage?.getItem(KEY) ?? "{}");
      if (typeof stored !== "object" || stored === null) return {};
      const entries = Object.entries(stored as Record<string, Partial<Kept> | null>);
      return Object.fromEntries(
        entries.filter(
          (entry): entry is [string, Kept] =>
            typeof entry[1]?.cursor === "string" && typeof entry[1].at === "number",
        ),
      );
    } catch {
      return {};
    }
  }
}
