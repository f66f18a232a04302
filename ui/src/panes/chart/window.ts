/**
 * The records of a stream that a chart lays over its bars: live ones by socket, older ones by range
 * reads once the view reaches them.
 */
import { live } from "../../wire/live";
import { history } from "../../wire/rest";
import type { KeyedFrame } from "../../wire/frames";
import type { Subscription } from "../../wire/socket";
import { versionOf } from "../../wire/streams";
import type { Filters, Header, Place, Stream, Streams } from "../../wire/streams";

interface WindowOptions<S extends Stream> {
  readonly stream: S;
  readonly filters: Filters;
  readonly run: string | null;
  /** Records of the first snapshot. */
  readonly depth: number;
  /** Records of one range read. */
  readonly page: number;
  /** Records held; past it no older ones are read, and the oldest are let go. */
  readonly most: number;
  /** Records that are new or revised, in no order; `null` when everything held is void. */
  readonly onRecords: (records: readonly Streams[S][] | null, receivedAt: number) => void;
}

/** After every record there can be: the largest stamp of 64 bits. */
const END: Place = { ts: "9223372036854775807", seq: 0 };

export class StreamWindow<S extends Stream> {
  private readonly versions = new Map<string, number>();
  private readonly subscription: Subscription;
  private readonly aborter = new AbortController();
  /** From where older records are read; null when there are none. */
  private before: Place | null = null;
  private isReading = false;
  private isOpen = true;

  constructor(private readonly options: WindowOptions<S>) {
    const { stream, filters, depth, run } = options;
    this.subscription = live.subscribe(
      { channel: stream, filters, depth, run },
      { onFrame: (frame, receivedAt) => this.frame(frame, receivedAt) },
    );
  }

  close(): void {
    this.isOpen = false;
    this.subscription.close();
    this.aborter.abort();
  }

  /** Read what is missing back to an instant; does nothing when all of it is held. */
  async cover(from: string): Promise<void> {
    while (
      this.isOpen &&
      !this.isReading &&
      this.before !== null &&
      this.before.ts > from &&
      this.versions.size < this.options.most
    ) {
      await this.readPage(this.before, from);
    }
  }

  private async readPage({ ts, seq }: Place, from: string): Promise<void> {
    const { stream, filters, run, page } = this.options;
    this.isReading = true;
    try {
      const answer = await history(
        stream,
        filters,
        { before_ts: ts, before_seq: String(seq), start_ts: from, limit: page, run },
        { signal: this.aborter.signal },
      );
      this.before = answer.next_before ?? { ts: from, seq: 0 };
      this.take(answer.data, performance.now());
    } catch {
      // Bars go on without it; the next move of the view asks again.
      this.before = this.isOpen ? { ts, seq } : null;
      throw new Error("the range could not be read");
    } finally {
      this.isReading = false;
    }
  }

  private frame(frame: KeyedFrame, receivedAt: number): void {
    if (frame.type === "snapshot") {
      if (frame.part === 1) {
        this.versions.clear();
        this.options.onRecords(null, receivedAt);
      }
      // What is not in memory any more may still be stored.
      if (frame.last) this.before = frame.next_before ?? (frame.items.length === 0 ? END : null);
      this.take(frame.items as unknown as readonly Streams[S][], receivedAt);
    } else if (frame.type === "events") {
      this.take(frame.items as unknown as readonly Streams[S][], receivedAt);
    }
  }

  private take(records: readonly Streams[S][], receivedAt: number): void {
    const fresh = records.filter((record: Header & { readonly revision?: number }) => {
      const held = this.versions.get(record.trace_id);
      const version = versionOf(record);
      if (held !== undefined && held >= version) return false;
      this.versions.set(record.trace_id, version);
      return true;
    });
    if (this.versions.size > 2 * this.options.most) this.forgetOldest();
    if (fresh.length > 0) this.options.onRecords(fresh, receivedAt);
  }

  /** Ids stand in the order they came, so the first are the oldest seen. */
  private forgetOldest(): void {
    let over = this.versions.size - this.options.most;
    for (const id of this.versions.keys()) {
      if (over <= 0) return;
      this.versions.delete(id);
      over -= 1;
    }
  }
}
