/**
 * Fixed ring of a live subscription: insert, revise by id and evict in constant time.
 *
 * Entries are kept in the order they came. An id already held is ignored unless its version
 * (`revision`, else `seq`) is greater; then the record changes in its place.
 */
import { versionOf } from "../wire/streams";
import type { Header } from "../wire/streams";

export interface Entry<R> {
  readonly id: string;
  record: R;
  /** Counts entries since the ring was made; the newest has the greatest. */
  readonly ordinal: number;
  /** `performance.now()` of the message that brought it. */
  readonly receivedAt: number;
}

export type Change = "inserted" | "revised" | "ignored";

export class Ring<R extends Header & { readonly revision?: number }> {
  private readonly slots: (Entry<R> | undefined)[];
  private readonly byId = new Map<string, Entry<R>>();
  /** Ordinal of the next entry; the entry of ordinal n lies in slot n mod capacity. */
  private next = 0;

  constructor(readonly capacity: number) {
    this.slots = new Array<Entry<R> | undefined>(capacity).fill(undefined);
  }

  get size(): number {
    return Math.min(this.next, this.capacity);
  }

  /** Ordinal of the newest entry, -1 when empty. */
  get newest(): number {
    return this.next - 1;
  }

  get(id: string): Entry<R> | undefined {
    return this.byId.get(id);
  }

  /** The entry `age` places behind the newest. */
  at(age: number): Entry<R> | undefined {
    return this.byOrdinal(this.next - 1 - age);
  }

  byOrdinal(ordinal: number): Entry<R> | undefined {
    if (ordinal < 0 || ordinal >= this.next || ordinal < this.next - this.capacity) return undefined;
    return this.slots[ordinal % this.capacity];
  }

  put(record: R, receivedAt: number): Change {
    const held = this.byId.get(record.trace_id);
    if (held !== undefined) {
      if (versionOf(record) <= versionOf(held.record)) return "ignored";
      held.record = record;
      return "revised";
    }
    const slot = this.next % this.capacity;
    const evicted = this.slots[slot];
    if (evicted !== undefined) this.byId.delete(evicted.id);
    const entry: Entry<R> = { id: record.trace_id, record, ordinal: this.next, receivedAt };
    this.slots[slot] = entry;
    this.byId.set(entry.id, entry);
    this.next += 1;
    return "inserted";
  }

  clear(): void {
    this.slots.fill(undefined);
    this.byId.clear();
    this.next = 0;
  }
}
