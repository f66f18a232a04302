/**
 * What a tape holds and which part of it is shown, without any drawing.
 *
 * Following, it shows the newest rows of its ring. In hold it shows a list whose rows keep their
 * identity, into which pages of history are read at the far end; the ring goes on filling behind.
 */
import type { EventsFrame, KeyedFrame, Links, PrintLink, SnapshotFrame } from "../../wire/frames";
import { sawEventTime } from "../../stores/clock";
import { Ring } from "../../stores/ring";
import type { Entry } from "../../stores/ring";
import { createStore } from "../../stores/store";
import { versionOf } from "../../wire/streams";
import type { Header, Place } from "../../wire/streams";
import type { GapRow, RecordRow, TapeRow } from "./columns";

export type TapeRecord = Header & { readonly revision?: number };

export interface TapeStatus {
  readonly phase: "loading" | "ready" | "empty";
  readonly mode: "following" | "hold";
  /** Records that came since hold began. */
  readonly newCount: number;
  readonly held: number;
  readonly paging: "idle" | "reading" | "failed";
  readonly problem: string | null;
}

/** Links outlive the ring, for rows paged in; the oldest leave first. */
const LINKS_HELD = 25_000;
const GAPS_HELD = 32;

interface Gap {
  readonly row: GapRow;
  /** The gap lies just before the entry of this ordinal. */
  readonly before: number;
}

export class TapeModel<R extends TapeRecord> {
  readonly status = createStore<TapeStatus>({
    phase: "loading",
    mode: "following",
    newCount: 0,
    held: 0,
    paging: "idle",
    problem: null,
  });
  readonly ring: Ring<R>;
  /** Rows shown in hold, newest first. */
  held: TapeRow<R>[] = [];
  /** Ids of held rows that changed since they were last drawn. */
  readonly revised = new Set<string>();
  dirty = false;
  received = 0;
  newestReceivedAt: number | null = null;

  private readonly links = new Map<string, PrintLink>();
  private gaps: Gap[] = [];
  private gapCount = 0;
  private heldAt = new Map<string, number>();
  private shownOrdinal = -1;
  private newSinceHold = 0;
  private pendingReset = false;
  /** Asked for while there was nothing to hold yet. */
  private holdWanted = false;

  constructor(
    capacity: number,
    private keep: ((record: R) => boolean) | null = null,
    private readonly linkId: ((record: R) => string) | null = null,
  ) {
    this.ring = new Ring<R>(capacity);
  }

  /** Hide rows that a filter will refuse, before the gateway's answer to it arrives. */
  setKeep(keep: ((record: R) => boolean) | null): void {
    this.keep = keep;
    this.dirty = true;
  }

  link(id: string): PrintLink | undefined {
    return this.links.get(id);
  }

  /** Why a record matters: links come by print, so a packet is linked by one of its own. */
  linkOf(record: R): PrintLink | undefined {
    return this.links.get(this.linkId === null ? record.trace_id : this.linkId(record));
  }

  /** Rows of other filters are no longer wanted; they stay on screen until new ones come. */
  expectSnapshot(): void {
    this.pendingReset = true;
    this.release();
    this.status.patch({ phase: this.ring.size === 0 ? "loading" : this.status.get().phase });
  }

  take(frame: KeyedFrame, receivedAt: number): void {
    if (frame.type === "snapshot") this.takeSnapshot(frame, receivedAt);
    else if (frame.type === "events") this.takeEvents(frame, receivedAt);
    else if (frame.type === "dropped") {
      this.addGap(frame.count, frame.from, frame.to, "not shown");
    } else {
      this.addGap(frame.missing_estimate, frame.from, null, GAP_WORDS[frame.reason] ?? frame.reason);
      this.pendingReset = false;
    }
    this.dirty = true;
  }

  takeLinks(links: Links): void {
    for (const [id, link] of Object.entries(links)) {
      const plain = id.startsWith("print:") ? id.slice(6) : id;
      this.links.delete(plain);
      this.links.set(plain, link);
      if (this.heldAt.has(plain)) this.revised.add(plain);
    }
    if (this.linkId !== null) {
      for (const row of this.held) {
        if (row.kind === "record" && this.linkId(row.record) in links) this.revised.add(row.id);
      }
    }
    for (const id of this.links.keys()) {
      if (this.links.size <= LINKS_HELD) break;
      this.links.delete(id);
    }
    this.dirty = true;
  }

  /** The newest rows for the fixed slots, newest first. */
  top(count: number): TapeRow<R>[] {
    this.shownOrdinal = this.ring.newest;
    return this.compose(this.ring.newest, count);
  }

  /** Freeze what is shown, or, while rows are awaited, those; they keep their identity until `release`. */
  hold(): void {
    if (this.status.get().mode === "hold") return;
    this.holdWanted = this.pendingReset || this.shownOrdinal < 0;
    if (this.holdWanted) return;
    this.held = this.compose(this.shownOrdinal, Number.POSITIVE_INFINITY);
    this.indexHeld();
    this.newSinceHold = 0;
    for (let ordinal = this.shownOrdinal + 1; ordinal <= this.ring.newest; ordinal += 1) {
      const entry = this.ring.byOrdinal(ordinal);
      if (entry !== undefined && this.wanted(entry.record)) this.newSinceHold += 1;
    }
    this.status.patch({
      mode: "hold",
      newCount: this.newSinceHold,
      held: this.held.length,
      paging: "idle",
      problem: null,
    });
  }

  /** Follow the newest again. */
  release(): void {
    this.holdWanted = false;
    if (this.status.get().mode === "following") return;
    this.held = [];
    this.heldAt.clear();
    this.revised.clear();
    this.dirty = true;
    this.status.patch({ mode: "following", newCount: 0, held: 0, paging: "idle", problem: null });
  }

  /** Put other rows in place of the held ones; the caller read them from history. */
  setHeld(rows: TapeRow<R>[]): void {
    this.held = rows;
    this.indexHeld();
    this.status.patch({ held: rows.length });
  }

  isHeld(id: string): boolean {
    return this.heldAt.has(id);
  }

  heldIndex(id: string): number {
    return this.heldAt.get(id) ?? -1;
  }

  /** Bring the header's figures up to date; called once a commit, not once a record. */
  publish(): void {
    if (this.holdWanted) this.hold();
    const phase = this.ring.size > 0 ? "ready" : this.status.get().phase;
    const { phase: before, newCount } = this.status.get();
    const next = this.status.get().mode === "hold" ? this.newSinceHold : 0;
    if (before !== phase || newCount !== next) this.status.patch({ phase, newCount: next });
  }

  private takeSnapshot(frame: SnapshotFrame, receivedAt: number): void {
    if (frame.part === 1 && this.pendingReset) {
      this.ring.clear();
      this.gaps = [];
      this.shownOrdinal = -1;
      this.pendingReset = false;
    }
    // Newest first on the wire; the ring takes them in the order they happened.
    for (let at = frame.items.length - 1; at >= 0; at -= 1) this.put(frame.items[at] as R, receivedAt);
    if (frame.watermark !== null) sawEventTime(frame.watermark.ts);
    if (frame.last) this.status.patch({ phase: this.ring.size > 0 ? "ready" : "empty" });
  }

  private takeEvents(frame: EventsFrame, receivedAt: number): void {
    for (const item of frame.items) this.put(item as R, receivedAt);
    if (frame.watermark !== null) sawEventTime(frame.watermark.ts);
    this.newestReceivedAt = receivedAt;
  }

  private put(record: R, receivedAt: number): void {
    this.received += 1;
    const at = this.heldAt.get(record.trace_id);
    const row = at === undefined ? undefined : this.held[at];
    if (row?.kind === "record" && versionOf(record) > versionOf(row.record)) {
      this.held[at ?? 0] = { ...row, record };
      this.revised.add(row.id);
    }
    if (this.ring.put(record, receivedAt) === "inserted" && this.wanted(record)) {
      this.newSinceHold += 1;
    }
  }

  private wanted(record: R): boolean {
    return this.keep === null || this.keep(record);
  }

  private addGap(count: number | null, from: Place | null, to: Place | null, note: string): void {
    const last = this.gaps.at(-1);
    const before = this.ring.newest + 1;
    // Losses in a row are one gap: a slow tab would otherwise fill with notices.
    if (last?.before === before && last.row.note === note) {
      const sum = last.row.count === null || count === null ? null : last.row.count + count;
      const row: GapRow = { ...last.row, count: sum, to };
      this.gaps[this.gaps.length - 1] = { row, before };
      return;
    }
    this.gapCount += 1;
    const row: GapRow = { kind: "gap", id: `gap:${this.gapCount}`, count, from, to, note };
    this.gaps = [...this.gaps, { row, before }].slice(-GAPS_HELD);
  }

  private compose(newest: number, count: number): TapeRow<R>[] {
    const rows: TapeRow<R>[] = [];
    let gap = this.gaps.length - 1;
    for (let ordinal = newest; rows.length < count; ordinal -= 1) {
      for (; gap >= 0; gap -= 1) {
        const candidate = this.gaps[gap];
        if (candidate === undefined || candidate.before <= ordinal) break;
        rows.push(candidate.row);
      }
      const entry = this.ring.byOrdinal(ordinal);
      if (entry === undefined) break;
      if (this.wanted(entry.record)) rows.push(rowOf(entry));
    }
    return rows.length > count ? rows.slice(0, count) : rows;
  }

  private indexHeld(): void {
    this.heldAt = new Map(this.held.map((row, at) => [row.id, at]));
  }
}

export function rowOf<R extends TapeRecord>(entry: Entry<R>): RecordRow<R> {
  return { kind: "record", id: entry.id, record: entry.record, receivedAt: entry.receivedAt };
}

const GAP_WORDS: Readonly<Record<string, string>> = {
  expired: "past the log's retention",
  too_old: "away too long",
  too_many: "too many while away",
  log_changed: "the log was replaced",
  generation: "the replay began anew",
};
