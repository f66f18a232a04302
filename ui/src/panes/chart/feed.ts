/**
 * What a chart of one symbol, interval and run shows, as it comes: bars, off-exchange prints, marks
 * and levels. A change of any of the three makes another feed; nothing of the old one is kept.
 */
import type { EquityCandle, EquityProfile, Nanos } from "../../generated";
import type { Candles, DarkLevels } from "../../generated/rest";
import { clock } from "../../stores/clock";
import { createStore } from "../../stores/store";
import { live } from "../../wire/live";
import { Problem, get } from "../../wire/rest";
import type { KeyedFrame } from "../../wire/frames";
import type { Subscription } from "../../wire/socket";
import type { Header } from "../../wire/streams";
import { BarBook } from "./bars";
import { PrintBook } from "./circles";
import { DAY_MS } from "./interval";
import type { Level } from "./lines";
import { alertMark, hitMark, inferredMark, smartMark } from "./marks";
import type { Mark } from "./marks";
import { StreamWindow } from "./window";

export interface ChartRequest {
  readonly symbol: string;
  readonly intervalMs: number;
  readonly run: string | null;
}

export type FeedState =
  | { readonly phase: "loading" }
  | { readonly phase: "ready" }
  | { readonly phase: "empty"; readonly unpriced: number }
  | { readonly phase: "failed"; readonly problem: Problem };

/** A window of any stream, as far as the feed needs to know it. */
interface Covering {
  cover(from: Nanos): Promise<void>;
  close(): void;
}

const FIRST_BARS = 600;
const PAGE_BARS = 1_000;
/** Days have no topic; their bars are asked for again after this pause. */
const DAYS_EVERY_MS = 30_000;
const LEVELS_EVERY_MS = 60_000;
const OFF_EXCHANGE_LEVELS = 6;
/** A paused run says its time when it is subscribed to; one that says nothing is not waited for. */
const CLOCK_WAIT_MS = 1_000;
const NS = "000000";

/** What changed since it was last taken; `all` when bars moved and must be set anew. */
export interface Changes {
  all: boolean;
  /** Places of bars to update, ascending. */
  bars: Set<number>;
  overlay: boolean;
  levels: boolean;
  receivedAt: number | null;
}

const none = (): Changes => ({ all: false, bars: new Set(), overlay: false, levels: false, receivedAt: null });

export class ChartFeed {
  readonly book = new BarBook();
  readonly prints = new PrintBook();
  readonly marks = new Map<string, Mark>();
  profile: EquityProfile | null = null;
  offExchange: readonly Level[] = [];
  readonly state = createStore<FeedState>({ phase: "loading" });
  private changes = none();
  private readonly subscriptions: Subscription[] = [];
  private readonly windows: Covering[] = [];
  private readonly timers: number[] = [];
  private readonly aborter = new AbortController();
  private isReading = false;
  private isAtStart = false;
  private runClock: Nanos | null = null;

  constructor(readonly request: ChartRequest) {}

  start(): void {
    const { symbol, intervalMs, run } = this.request;
    const filters = { underlying_ids: [symbol] };
    if (run === null) void this.load();
    else {
      // Bars are asked for once the run's clock is known, so that none is later than it.
      this.listen("replay-clock", {}, 100, (items) => this.tickRun(items));
      this.timers.push(window.setTimeout(() => void this.load(), CLOCK_WAIT_MS));
    }
    if (intervalMs === DAY_MS) {
      this.timers.push(window.setInterval(() => void this.load(), DAYS_EVERY_MS));
    } else {
      this.listen("equity-candles", { ...filters, interval_ms: String(intervalMs) }, 60, (items, at) =>
        this.putBars(items as unknown as readonly EquityCandle[], at),
      );
    }
    this.listen("equity-profile", { ...filters, window: "session" }, 4, (items) => {
      for (const item of items as unknown as readonly EquityProfile[]) this.putProfile(item);
    });
    this.openWindows(filters);
    void this.loadLevels();
    this.timers.push(window.setInterval(() => void this.loadLevels(), LEVELS_EVERY_MS));
  }

  close(): void {
    this.aborter.abort();
    for (const timer of this.timers) window.clearInterval(timer);
    for (const each of [...this.subscriptions, ...this.windows]) each.close();
  }

  retry(): void {
    this.state.set({ phase: "loading" });
    void this.load();
  }

  get isDirty(): boolean {
    const { all, bars, overlay, levels } = this.changes;
    return all || overlay || levels || bars.size > 0;
  }

  take(): Changes {
    const taken = this.changes;
    this.changes = none();
    return taken;
  }

  /** Read the bars before the oldest held, and what lies over them. */
  async older(): Promise<void> {
    const first = this.book.bars[0];
    if (first === undefined || this.isReading || this.isAtStart) return;
    this.isReading = true;
    try {
      const page = await this.candles({ end_ts: first.window_start, limit: PAGE_BARS });
      this.isAtStart = page.data.length < PAGE_BARS;
      if (this.book.prepend(page.data.filter((bar) => this.isReached(bar.source_ts))) > 0) this.changes.all = true;
    } catch {
      // The bars held stay; the next scroll to the left asks again.
    } finally {
      this.isReading = false;
    }
  }

  /** Read prints and marks back to an instant in view. */
  cover(from: Nanos): void {
    for (const each of this.windows) void each.cover(from).catch(() => undefined);
  }

  /** Whether the run's clock has reached a stamp; outside a replay everything received has been. */
  isReached(stamp: Nanos): boolean {
    if (this.request.run === null) return true;
    const now = this.runClock ?? clock.get().eventTs;
    return now === null || stamp <= now;
  }

  private listen(
    channel: string,
    filters: Readonly<Record<string, string | readonly string[]>>,
    depth: number,
    take: (items: readonly Header[], receivedAt: number) => void,
  ): void {
    const onFrame = (frame: KeyedFrame, receivedAt: number): void => {
      if (frame.type === "snapshot" || frame.type === "events") take(frame.items, receivedAt);
    };
    this.subscriptions.push(
      live.subscribe({ channel, filters, depth, run: channel === "replay-clock" ? null : this.request.run }, { onFrame }),
    );
  }

  private openWindows(filters: Readonly<Record<string, readonly string[]>>): void {
    const { run } = this.request;
    const mark = <R>(make: (record: R) => Mark | null) =>
      (records: readonly (R & Header)[] | null): void => {
        for (const record of records ?? []) {
          const made = this.isReached(record.source_ts) ? make(record) : null;
          if (made === null) this.marks.delete(record.trace_id);
          else this.marks.set(record.trace_id, made);
        }
        this.changes.overlay = true;
      };
    const shared = { filters, run, depth: 200, page: 500, most: 4_000 };
    this.windows.push(
      new StreamWindow({
        stream: "equity-joins",
        filters: { ...filters, off_exchange: "true" },
        run,
        depth: 1_000,
        page: 1_000,
        most: 8_000,
        onRecords: (joins) => {
          if (joins === null) this.prints.clear();
          else this.prints.put(joins.filter((join) => this.isReached(join.source_ts)));
          this.changes.overlay = true;
        },
      }),
      new StreamWindow({ ...shared, stream: "alerts", onRecords: mark(alertMark) }),
      new StreamWindow({ ...shared, stream: "classifier-hits", onRecords: mark(hitMark) }),
      new StreamWindow({ ...shared, stream: "smart-money", onRecords: mark(smartMark) }),
      new StreamWindow({ ...shared, stream: "inferred-dark", onRecords: mark(inferredMark) }),
    );
  }

  private candles(range: Readonly<Record<string, string | number>>): Promise<Candles> {
    const { symbol, intervalMs, run } = this.request;
    const parameters = { underlying_id: symbol, interval_ms: intervalMs, run, ...range };
    return get<Candles>("/candles", parameters, { signal: this.aborter.signal });
  }

  private async load(): Promise<void> {
    try {
      const until = this.runClock === null ? {} : { end_ts: this.runClock };
      const { data, forming } = await this.candles({ limit: FIRST_BARS, ...until });
      const before = this.book.bars.length;
      this.putBars(forming === null ? data : [...data, forming], performance.now());
      if (before === 0) this.changes.all = true;
      this.settle();
    } catch (cause) {
      if (cause instanceof Problem) this.state.set({ phase: "failed", problem: cause });
    }
  }

  private putBars(bars: readonly EquityCandle[], receivedAt: number): void {
    // A snapshot comes newest first; in time order each bar is one append.
    const ordered = [...bars].sort((a, b) => (a.window_start < b.window_start ? -1 : 1));
    for (const bar of ordered) {
      if (!this.isReached(bar.source_ts)) continue;
      const put = this.book.put(bar);
      if (put.kind === "ignored") continue;
      if (put.kind === "moved") this.changes.all = true;
      else this.changes.bars.add(put.index);
      this.changes.receivedAt = receivedAt;
    }
    if (this.state.get().phase !== "loading") this.settle();
  }

  private settle(): void {
    const { bars } = this.book;
    if (bars.some((bar) => bar.close !== null)) this.state.set((now) => (now.phase === "ready" ? now : { phase: "ready" }));
    else this.state.set({ phase: "empty", unpriced: bars.reduce((sum, bar) => sum + bar.trade_count, 0) });
  }

  /** Of the profiles of a session that of regular hours counts, and the newest of it. */
  private putProfile(profile: EquityProfile): void {
    if (!this.isReached(profile.source_ts)) return;
    const held = this.profile;
    if (held !== null) {
      // Regular hours begin after the whole day's profile does, so the later beginning counts.
      if (profile.window_start < held.window_start) return;
      if (profile.trace_id === held.trace_id && profile.revision <= held.revision) return;
    }
    this.profile = profile;
    this.changes.levels = this.changes.overlay = true;
  }

  private tickRun(items: readonly Header[]): void {
    for (const item of items as unknown as readonly Readonly<Record<string, unknown>>[]) {
      const at = item.clock as Readonly<Record<string, unknown>> | null | undefined;
      const stamp = at?.event_ts ?? item.event_ts;
      const named = item.run ?? item.run_id;
      if (named !== this.request.run || typeof stamp !== "string") continue;
      const before = this.runClock;
      this.runClock = stamp;
      if (before === null) void this.load();
      else if (stamp < before) this.rewind();
    }
  }

  /** The run went back: what was later than its clock has not happened yet. */
  private rewind(): void {
    this.book.clear();
    this.prints.clear();
    this.marks.clear();
    this.profile = null;
    this.offExchange = [];
    this.isAtStart = false;
    this.changes.all = this.changes.overlay = this.changes.levels = true;
    void this.load();
  }

  private async loadLevels(): Promise<void> {
    const { symbol, run } = this.request;
    const now = this.runClock ?? clock.get().eventTs;
    if (now === null) return;
    const start = `${Number(now.slice(0, 13)) - DAY_MS}${NS}`;
    try {
      const answer = await get<DarkLevels>(
        "/dark/levels",
        { underlying_id: symbol, start_ts: start, end_ts: now, limit: OFF_EXCHANGE_LEVELS, run },
        { signal: this.aborter.signal },
      );
      this.offExchange = answer.data.map(({ price }) => ({ price, title: "OX", kind: "off-exchange" }));
      this.changes.levels = true;
    } catch {
      // Without them the chart shows the profile's levels only.
    }
  }
}
