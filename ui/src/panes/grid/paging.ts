/**
 * Reading on into history from a held tape.
 *
 * The live window and history meet without overlap by (`source_ts`, `seq`, id): the first page asks
 * for the last held row's place inclusively, and ids already held are left out, so a tie at the seam
 * loses nothing.
 */
import { ascending, history } from "../../wire/rest";
import type { Page, Parameters } from "../../wire/rest";
import { Problem } from "../../wire/rest";
import { after } from "../../wire/streams";
import type { Filters, Place, Stream } from "../../wire/streams";
import type { GapRow, RecordRow, TapeRow } from "./columns";
import type { TapeModel, TapeRecord } from "./model";

/** Rows a held tape keeps; beyond it the end away from the reader is let go. */
export const MOST_HELD = 20_000;
/** How near the end the next page is asked for. */
export const READ_AHEAD_ROWS = 200;
const PAGE_ROWS = 400;
const GAP_PAGE_ROWS = 1000;

function firstAndLast<R extends TapeRecord>(
  rows: readonly TapeRow<R>[],
): { first: RecordRow<R> | null; last: RecordRow<R> | null } {
  const isRecord = (row: TapeRow<R>): row is RecordRow<R> => row.kind === "record";
  return { first: rows.find(isRecord) ?? null, last: rows.findLast(isRecord) ?? null };
}

export class Paging<R extends TapeRecord> {
  private cursor: string | null = null;
  private ended = false;
  private reading = false;
  private abort = new AbortController();

  constructor(
    private readonly model: TapeModel<R>,
    private readonly stream: Stream,
    private readonly source: () => { readonly filters: Filters; readonly run: string | null },
    private readonly changed: () => void,
  ) {}

  /** Forget where reading stopped: hold ended or the filter changed. */
  reset(): void {
    this.abort.abort();
    this.abort = new AbortController();
    this.cursor = null;
    this.ended = false;
    this.reading = false;
  }

  /** Read the page behind the last held row. */
  async older(): Promise<void> {
    if (this.ended) return;
    await this.read(async () => {
      const { last } = firstAndLast(this.model.held);
      const from: Parameters =
        this.cursor === null
          ? last === null
            ? {}
            : { before_ts: last.record.source_ts, before_seq: after(last.record.seq) }
          : { cursor: this.cursor };
      const page = await this.page(history, { ...from, limit: PAGE_ROWS });
      this.cursor = page.next_cursor;
      this.ended = page.next_cursor === null;
      const rows = this.fresh(page);
      const body = this.model.held.filter((row) => row.id !== "edge:old");
      const all = [...body, ...rows];
      const excess = all.length - MOST_HELD;
      const kept = excess > 0 ? [EDGE_NEW, ...all.slice(excess + 1)] : all;
      this.model.setHeld(
        this.ended
          ? [...kept, { kind: "edge", id: "edge:old", note: "oldest stored record of this filter" }]
          : kept,
      );
    });
  }

  /** Read back what was let go at the newer end. */
  async newer(): Promise<void> {
    if (this.model.held[0]?.id !== "edge:new") return;
    await this.read(async () => {
      const { first } = firstAndLast(this.model.held);
      if (first === null) return;
      const page = await this.page(ascending, {
        after_ts: first.record.source_ts,
        after_seq: String(first.record.seq),
        limit: PAGE_ROWS,
      });
      const rows = this.fresh(page).reverse();
      const all = [...rows, ...this.model.held.slice(1)].slice(0, MOST_HELD - 1);
      this.cursor = null;
      this.ended = false;
      this.model.setHeld(page.next_cursor === null ? all : [EDGE_NEW, ...all]);
    });
  }

  /** Read what a gap row stands for and put it in the gap's place. */
  async fill(gap: GapRow): Promise<void> {
    await this.read(async () => {
      const page = await this.page(history, {
        ...(gap.to === null ? {} : { before_ts: gap.to.ts, before_seq: after(gap.to.seq) }),
        ...(gap.from === null ? {} : { start_ts: gap.from.ts }),
        limit: GAP_PAGE_ROWS,
      });
      const at = this.model.heldIndex(gap.id);
      if (at < 0) return;
      const rows = this.fresh(page);
      const last = rows.at(-1);
      const rest: readonly GapRow[] =
        page.next_cursor === null || last === undefined
          ? []
          : [{ ...gap, count: gap.count === null ? null : Math.max(0, gap.count - rows.length),
               to: placeOf(last.record) }];
      const { held } = this.model;
      this.model.setHeld([...held.slice(0, at), ...rows, ...rest, ...held.slice(at + 1)]);
    });
  }

  private fresh(page: Page<R>): RecordRow<R>[] {
    if (page.links !== undefined) this.model.takeLinks(page.links);
    const receivedAt = performance.now();
    return page.data
      .filter((record) => !this.model.isHeld(record.trace_id))
      .map((record) => ({ kind: "record", id: record.trace_id, record, receivedAt }));
  }

  private page(read: typeof history, parameters: Parameters): Promise<Page<R>> {
    const { filters, run } = this.source();
    const { signal } = this.abort;
    // The stream names the record type, so what comes back is R by construction of the tape.
    return read(this.stream, filters, { ...parameters, run }, { signal }) as unknown as Promise<
      Page<R>
    >;
  }

  private async read(work: () => Promise<void>): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    const { signal } = this.abort;
    this.model.status.patch({ paging: "reading", problem: null });
    try {
      await work();
      if (signal.aborted) return;
      this.model.status.patch({ paging: "idle" });
      this.changed();
    } catch (error) {
      if (signal.aborted) return;
      const problem = error instanceof Problem ? `${error.title} (${error.code})` : String(error);
      this.model.status.patch({ paging: "failed", problem });
    } finally {
      if (!signal.aborted) this.reading = false;
    }
  }
}

const EDGE_NEW = {
  kind: "edge",
  id: "edge:new",
  note: "newer rows were let go; scroll up to read them back, or jump to live",
} as const;

function placeOf(record: TapeRecord): Place {
  return { ts: record.source_ts, seq: record.seq };
}
