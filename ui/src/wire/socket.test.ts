import { beforeEach, expect, test } from "vitest";
import type { KeyedFrame } from "./frames";
import { CURSOR_LIFE_MS, Cursors } from "./cursors";
import { reconnectDelayMs } from "./backoff";
import { HIDDEN_MS, LiveSocket, RUN_AGAIN_MS } from "./socket";
import type { SocketLike } from "./socket";

interface Timer {
  readonly run: () => void;
  readonly at: number;
}

/** A gateway, a clock and a page, all turned by hand. */
class Bench {
  now = 1_000_000;
  hidden = false;
  sockets: (SocketLike & { sent: Record<string, unknown>[]; readyState: number })[] = [];
  readonly kept = new Map<string, string>();
  private readonly timers = new Map<number, Timer>();
  private next = 1;
  readonly cursors = new Cursors(
    { getItem: (key) => this.kept.get(key) ?? null, setItem: (key, value) => this.kept.set(key, value) },
    () => this.now,
  );
  readonly live = new LiveSocket({
    url: "ws://x",
    open: () => {
      const sent: Record<string, unknown>[] = [];
      const socket = {
        binaryType: "", readyState: 0, onopen: null, onclose: null, onmessage: null, sent,
        send: (data: string) => sent.push(JSON.parse(data) as Record<string, unknown>),
        close: () => undefined,
      };
      this.sockets.push(socket);
      return socket;
    },
    cursors: this.cursors,
    now: () => this.now,
    random: () => 0.5,
    hidden: () => this.hidden,
    later: (run, ms) => {
      this.timers.set(this.next, { run, at: this.now + ms });
      return this.next++;
    },
    never: (timer) => this.timers.delete(timer),
  });

  get socket() {
    const last = this.sockets.at(-1);
    if (last === undefined) throw new Error("no socket was opened");
    return last;
  }

  open(): void {
    this.socket.readyState = 1;
    this.socket.onopen?.();
  }

  say(...frames: unknown[]): void {
    this.socket.onmessage?.({ data: JSON.stringify(frames) });
    this.live.drain();
  }

  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const due = [...this.timers].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (due === undefined) break;
      this.timers.delete(due[0]);
      this.now = due[1].at;
      due[1].run();
    }
    this.now = end;
  }

  asked(op: string): Record<string, unknown>[] {
    return this.socket.sent.filter((message) => message.op === op);
  }
}

let bench: Bench;
let got: KeyedFrame[];
const request = { channel: "options", filters: { view: "signal" }, depth: 200 };
const snapshot = (cursor: string, key = "k1") => ({ type: "snapshot", key, items: [], last: true, cursor });
const events = (cursor: string, key = "k1") => ({ type: "events", key, items: [], cursor });

beforeEach(() => {
  bench = new Bench();
  got = [];
  bench.live.start();
  bench.open();
});

const subscribe = () => bench.live.subscribe(request, { onFrame: (frame) => got.push(frame) });

test("frames reach a subscription by its key and no other", () => {
  subscribe();
  bench.say({ type: "subscribed", id: "s1", key: "k1" }, snapshot("c1"), events("c2", "other"));
  expect(got.map((frame) => frame.type)).toEqual(["snapshot"]);
});

test("a lost connection is taken up at the newest cursor", () => {
  subscribe();
  bench.say({ type: "subscribed", id: "s1", key: "k1" }, snapshot("c1"), events("c2"));
  bench.socket.onclose?.({ code: 1006 });
  expect(bench.live.connection.get().state).toBe("waiting");
  bench.pass(250);
  bench.open();
  expect(bench.asked("subscribe")).toMatchObject([{ id: "s1", channel: "options", resume: "c2" }]);
});

test("other filters ask under the same id and without the old cursor", () => {
  const subscription = subscribe();
  bench.say({ type: "subscribed", id: "s1", key: "k1" }, snapshot("c1"));
  subscription.update({ ...request, filters: { view: "raw" } });
  bench.say(events("c2"));
  const asked = bench.asked("subscribe");
  expect(asked).toHaveLength(2);
  expect(asked[1]).toMatchObject({ id: "s1", filters: { view: "raw" } });
  expect(asked[1]).not.toHaveProperty("resume");
  expect(got).toHaveLength(1);
});

test("a snapshot meant for a later subscription of the same key is not taken twice", () => {
  subscribe();
  bench.say({ type: "subscribed", id: "s1", key: "k1" }, snapshot("c1"));
  const other: KeyedFrame[] = [];
  bench.live.subscribe(request, { onFrame: (frame) => other.push(frame) });
  bench.say({ type: "subscribed", id: "s2", key: "k1" }, snapshot("c2"));
  expect(got).toHaveLength(1);
  expect(other).toHaveLength(1);
});

test("a gap makes the next snapshot welcome", () => {
  subscribe();
  bench.say({ type: "subscribed", id: "s1", key: "k1" }, snapshot("c1"));
  bench.say({ type: "gap", key: "k1", reason: "too_old" }, snapshot("c9"));
  expect(got.map((frame) => frame.type)).toEqual(["snapshot", "gap", "snapshot"]);
});

test("an unreadable message is counted and the next one still counts", () => {
  subscribe();
  bench.socket.onmessage?.({ data: "{" });
  bench.say({ type: "subscribed", id: "s1", key: "k1" }, snapshot("c1"));
  expect(bench.live.undecodable).toBe(1);
  expect(got).toHaveLength(1);
});

test("a tab hidden for a minute lets its tapes go and resumes them on return", () => {
  subscribe();
  bench.live.subscribe({ channel: "alerts", filters: {} }, { onFrame: () => undefined, whileHidden: true });
  bench.say({ type: "subscribed", id: "s1", key: "k1" }, snapshot("c1"));
  bench.hidden = true;
  bench.live.visibilityChanged();
  // Something is heard, or the silence would end the connection first.
  for (let ms = 0; ms < HIDDEN_MS; ms += 10_000) {
    bench.pass(10_000);
    bench.say({ type: "heartbeat", channels: {} });
  }
  expect(bench.asked("unsubscribe")).toEqual([{ op: "unsubscribe", id: "s1" }]);
  bench.hidden = false;
  bench.live.visibilityChanged();
  expect(bench.asked("subscribe").at(-1)).toMatchObject({ id: "s1", resume: "c1" });
});

test("a connection that says nothing is given up", () => {
  bench.pass(12_500);
  expect(bench.live.connection.get().state).toBe("waiting");
});

test("an ended session waits for the operator instead of retrying", () => {
  bench.socket.onclose?.({ code: 1008 });
  bench.pass(60_000);
  expect(bench.live.connection.get().state).toBe("signed-out");
  expect(bench.sockets).toHaveLength(1);
  bench.live.retryNow();
  expect(bench.sockets).toHaveLength(2);
});

test("waits grow to five seconds and stay there, each within a tenth", () => {
  const waits = [0, 1, 2, 3, 4, 5, 20].map((attempt) => reconnectDelayMs(attempt, 0.5));
  expect(waits).toEqual([250, 500, 1000, 2000, 5000, 5000, 5000]);
  expect(reconnectDelayMs(2, 0)).toBe(900);
  expect(reconnectDelayMs(2, 0.999999)).toBe(1100);
});

test("cursors outlive a reload by fifteen minutes and no more", () => {
  bench.cursors.set("a", "c1");
  const storing = { getItem: (key: string) => bench.kept.get(key) ?? null, setItem: () => undefined };
  expect(new Cursors(storing, () => bench.now + CURSOR_LIFE_MS).get("a")).toBe("c1");
  expect(new Cursors(storing, () => bench.now + CURSOR_LIFE_MS + 1).get("a")).toBeUndefined();
  expect(new Cursors({ ...storing, getItem: () => "[1" }, () => 0).get("a")).toBeUndefined();
});

test("a run that has no streams yet is asked for again, and no longer once it was left", () => {
  const bench = new Bench();
  bench.live.start();
  bench.open();
  const request = { channel: "options", filters: {}, run: "monday-r1" };
  const subscription = bench.live.subscribe(request, { onFrame: () => undefined });
  const asked = (): number => bench.socket.sent.filter((each) => each.op === "subscribe" && each.run === "monday-r1").length;
  const id = bench.socket.sent.find((each) => each.op === "subscribe")?.id;
  bench.say({ type: "error", id, code: "not_found", detail: "no run" });
  bench.pass(RUN_AGAIN_MS);
  expect(asked()).toBe(2);
  bench.say({ type: "error", id, code: "not_found", detail: "no run" });
  subscription.update({ ...request, run: null });
  bench.pass(RUN_AGAIN_MS);
  expect(asked()).toBe(2);
});
