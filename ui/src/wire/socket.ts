/**
 * The tab's one socket to the gateway (gateway specification, 8).
 *
 * Messages are decoded once when they arrive and wait in an inbox; `drain()` hands their frames to
 * the subscriptions, from the terminal's frame loop. A hidden tab has no frames, so there they are
 * handed on at once.
 *
 * Delivery: a lost connection is taken up again by cursor, so a subscription sees every record the
 * gateway still holds, or a gap. A record may come twice; owners ignore ids they have.
 */
import { createStore } from "../stores/store";
import type { Store } from "../stores/store";
import { reconnectDelayMs } from "./backoff";
import type { Cursors } from "./cursors";
import { decodeMessage } from "./frames";
import type { ErrorFrame, Frame, KeyedFrame, Links } from "./frames";
import { filtersKey } from "./streams";
import type { Filters } from "./streams";

const PROTOCOL = "islandflow.v1.bin";
/** Two heartbeats and a half: a connection that says nothing for so long is dead. */
const SILENCE_MS = 12_500;
const PING_EVERY_MS = 15_000;
/** A hidden tab keeps its tapes for so long. */
export const HIDDEN_MS = 60_000;
const AUTH_CLOSE = 1008;
/** A run's streams are asked for again so often until it has them. */
export const RUN_AGAIN_MS = 2_000;

export interface Connection {
  readonly state: "idle" | "connecting" | "live" | "waiting" | "signed-out";
  /** When the next attempt begins, ms of `Date.now()`; null unless waiting. */
  readonly retryAt: number | null;
  readonly reconnects: number;
  /** Close code of the last loss. */
  readonly lastClose: number | null;
}

export interface SubscriptionRequest {
  readonly channel: string;
  readonly filters: Filters;
  readonly depth?: number;
  readonly run?: string | null;
}

export interface SubscriptionHandlers {
  /** Frames of this subscription, in order. A snapshot replaces what is held. */
  readonly onFrame: (frame: KeyedFrame, receivedAt: number) => void;
  /** Why prints matter; the same frame reaches every subscription that asks. */
  readonly onLinks?: (links: Links) => void;
  readonly onError?: (error: ErrorFrame) => void;
  /**
   * Resume from the cursor of before a reload. Only for owners that need every record but keep
   * none; a tape wants a snapshot, since after a reload it holds no rows to add to.
   */
  readonly acrossReload?: boolean;
  /** Stay subscribed in a tab hidden over a minute (alerts, notifications). */
  readonly whileHidden?: boolean;
}

export interface Subscription {
  /** Ask for other filters, depth or run; the old rows stay until the snapshot comes. */
  readonly update: (request: SubscriptionRequest) => void;
  readonly close: () => void;
}

export interface SocketLike {
  binaryType: string;
  readonly readyState: number;
  onopen: (() => void) | null;
  onclose: ((event: { readonly code: number }) => void) | null;
  onmessage: ((event: { readonly data: ArrayBuffer | string }) => void) | null;
  send(data: string): void;
  close(code?: number): void;
}

export interface SocketSurroundings {
  readonly url: string;
  readonly open: (url: string, protocol: string) => SocketLike;
  readonly cursors: Cursors;
  readonly now: () => number;
  readonly random: () => number;
  readonly hidden: () => boolean;
  readonly later: (run: () => void, ms: number) => number;
  readonly never: (timer: number) => void;
}

interface Live {
  readonly id: string;
  request: SubscriptionRequest;
  readonly handlers: SubscriptionHandlers;
  key: string | null;
  cursor: string | undefined;
  /** Takes the next snapshot of its key; other subscriptions of the key do not. */
  wantsSnapshot: boolean;
}

interface Arrived {
  readonly frames: readonly Frame[];
  readonly at: number;
}

export class LiveSocket {
  readonly connection: Store<Connection> = createStore<Connection>({
    state: "idle",
    retryAt: null,
    reconnects: 0,
    lastClose: null,
  });
  /** Milliseconds of decoding since the frame loop last asked; part of a frame's work. */
  decodeMs = 0;
  undecodable = 0;
  unknownFrames = 0;
  messages = 0;

  private socket: SocketLike | null = null;
  private readonly subscriptions = new Map<string, Live>();
  private readonly byKey = new Map<string, Set<Live>>();
  private readonly listeners = new Set<(frame: Frame, receivedAt: number) => void>();
  private inbox: Arrived[] = [];
  private attempt = 0;
  private nextId = 1;
  private timer: number | null = null;
  private pingTimer: number | null = null;
  private silenceTimer: number | null = null;
  private hiddenTimer: number | null = null;
  private asleep = false;

  constructor(private readonly around: SocketSurroundings) {}

  /** Hear frames that belong to no subscription: `ready`, `heartbeat`, `pong`, `notice`, `error`. */
  onFrame(listener: (frame: Frame, receivedAt: number) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  subscribe(request: SubscriptionRequest, handlers: SubscriptionHandlers): Subscription {
    const live: Live = {
      id: `s${this.nextId++}`,
      request,
      handlers,
      key: null,
      cursor: handlers.acrossReload ? this.around.cursors.get(cursorKey(request)) : undefined,
      wantsSnapshot: true,
    };
    this.subscriptions.set(live.id, live);
    this.ask(live);
    return {
      update: (next) => {
        if (cursorKey(next) === cursorKey(live.request) && next.depth === live.request.depth) return;
        live.request = next;
        live.cursor = undefined;
        live.wantsSnapshot = true;
        this.release(live);
        this.ask(live);
      },
      close: () => {
        this.subscriptions.delete(live.id);
        this.release(live);
        if (this.isOpen()) this.post({ op: "unsubscribe", id: live.id });
      },
    };
  }

  start(): void {
    if (this.socket === null && this.timer === null) this.connect();
  }

  /** Reconnect at once: the operator pressed `R`, signed in, or the machine came back online. */
  retryNow(): void {
    this.clear("timer");
    this.attempt = 0;
    if (this.isOpen()) return;
    this.drop();
    this.connect();
  }

  /** Send what completes the latency ladder (every 5 s). */
  stats(figures: Readonly<Record<string, unknown>>): void {
    if (this.isOpen()) this.post({ op: "stats", ...figures });
  }

  /** Hand on what has arrived, in order. */
  drain(): number {
    if (this.inbox.length === 0) return 0;
    const arrived = this.inbox;
    this.inbox = [];
    let count = 0;
    for (const { frames, at } of arrived) {
      for (const frame of frames) {
        this.dispatch(frame, at);
        count += 1;
      }
    }
    return count;
  }

  /** Tell of a change of the tab's visibility. */
  visibilityChanged(): void {
    this.clear("hiddenTimer");
    if (this.around.hidden()) {
      this.around.cursors.write();
      this.hiddenTimer = this.around.later(() => this.sleep(), HIDDEN_MS);
      this.drain();
    } else if (this.asleep) {
      this.asleep = false;
      for (const live of this.subscriptions.values()) if (!live.handlers.whileHidden) this.ask(live);
    }
  }

  private sleep(): void {
    this.asleep = true;
    for (const live of this.subscriptions.values()) {
      if (live.handlers.whileHidden) continue;
      this.release(live);
      if (this.isOpen()) this.post({ op: "unsubscribe", id: live.id });
    }
  }

  private connect(): void {
    this.timer = null;
    this.connection.patch({ state: "connecting", retryAt: null });
    const socket = this.around.open(this.around.url, PROTOCOL);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => {
      this.connection.patch({ state: "live", retryAt: null });
      this.heard();
      this.ping();
      for (const live of this.subscriptions.values()) this.ask(live);
    };
    socket.onmessage = ({ data }) => this.receive(data);
    socket.onclose = ({ code }) => this.closed(code);
  }

  private closed(code: number): void {
    this.drain();
    this.drop();
    this.around.cursors.write();
    for (const live of this.subscriptions.values()) this.release(live);
    const { reconnects } = this.connection.get();
    if (code === AUTH_CLOSE) {
      this.connection.set({ state: "signed-out", retryAt: null, reconnects, lastClose: code });
      return;
    }
    const wait = reconnectDelayMs(this.attempt++, this.around.random());
    this.connection.set({
      state: "waiting",
      retryAt: this.around.now() + wait,
      reconnects: reconnects + 1,
      lastClose: code,
    });
    this.timer = this.around.later(() => this.connect(), wait);
  }

  private drop(): void {
    this.clear("pingTimer");
    this.clear("silenceTimer");
    const socket = this.socket;
    this.socket = null;
    if (socket === null) return;
    socket.onopen = socket.onclose = socket.onmessage = null;
    socket.close();
  }

  private receive(data: ArrayBuffer | string): void {
    const began = performance.now();
    this.heard();
    this.messages += 1;
    try {
      const frames = decodeMessage(data, () => (this.unknownFrames += 1));
      this.inbox.push({ frames, at: began });
    } catch {
      // One bad message must not stop the tape; the count shows on Health.
      this.undecodable += 1;
    }
    this.decodeMs += performance.now() - began;
    if (this.around.hidden()) this.drain();
  }

  private dispatch(frame: Frame, at: number): void {
    if (frame.type === "subscribed") {
      // Told by the server, so the wait before the next reconnect starts over only now.
      this.attempt = 0;
      const live = this.subscriptions.get(frame.id);
      if (live === undefined) return;
      this.release(live);
      live.key = frame.key;
      const sharing = this.byKey.get(frame.key);
      if (sharing === undefined) this.byKey.set(frame.key, new Set([live]));
      else sharing.add(live);
    } else if (frame.type === "links") {
      for (const live of this.subscriptions.values()) live.handlers.onLinks?.(frame.links);
    } else if (frame.type === "error" && frame.id !== null) {
      const failed = this.subscriptions.get(frame.id);
      failed?.handlers.onError?.(frame);
      if (failed !== undefined && frame.code === "not_found") this.askAgain(failed);
    } else if (
      frame.type === "snapshot" ||
      frame.type === "events" ||
      frame.type === "dropped" ||
      frame.type === "gap"
    ) {
      for (const live of this.byKey.get(frame.key) ?? []) this.keyed(live, frame, at);
    }
    for (const listener of this.listeners) listener(frame, at);
  }

  private keyed(live: Live, frame: KeyedFrame, at: number): void {
    if (frame.type === "gap") live.wantsSnapshot = true;
    if (frame.type === "snapshot") {
      if (!live.wantsSnapshot) return;
      live.wantsSnapshot = !frame.last;
    }
    if ((frame.type === "snapshot" || frame.type === "events") && frame.cursor !== null) {
      live.cursor = frame.cursor;
      live.wantsSnapshot &&= frame.type === "snapshot";
      this.around.cursors.set(cursorKey(live.request), frame.cursor);
    }
    live.handlers.onFrame(frame, at);
  }

  private ask(live: Live): void {
    if (!this.isOpen()) return;
    const { channel, filters, depth, run } = live.request;
    this.post({
      op: "subscribe",
      id: live.id,
      channel,
      filters,
      ...(depth === undefined ? {} : { depth }),
      ...(run ? { run } : {}),
      ...(live.cursor === undefined ? {} : { resume: live.cursor }),
    });
  }

  /** A run that was just made has no streams yet; it has them once its flows have begun. */
  private askAgain(live: Live): void {
    const { run } = live.request;
    if (!run) return;
    this.around.later(() => {
      const isSame = this.subscriptions.get(live.id) === live && live.request.run === run;
      if (isSame && live.key === null) this.ask(live);
    }, RUN_AGAIN_MS);
  }

  private release(live: Live): void {
    if (live.key === null) return;
    const sharing = this.byKey.get(live.key);
    sharing?.delete(live);
    if (sharing?.size === 0) this.byKey.delete(live.key);
    live.key = null;
  }

  private heard(): void {
    this.clear("silenceTimer");
    this.silenceTimer = this.around.later(() => this.closed(0), SILENCE_MS);
  }

  private ping(): void {
    if (!this.isOpen()) return;
    this.post({ op: "ping", t: this.around.now() });
    this.pingTimer = this.around.later(() => this.ping(), PING_EVERY_MS);
  }

  private isOpen(): boolean {
    return this.socket?.readyState === 1;
  }

  private post(message: Readonly<Record<string, unknown>>): void {
    this.socket?.send(JSON.stringify(message));
  }

  private clear(name: "timer" | "pingTimer" | "silenceTimer" | "hiddenTimer"): void {
    const timer = this[name];
    if (timer !== null) this.around.never(timer);
    this[name] = null;
  }
}

function cursorKey(request: SubscriptionRequest): string {
  return `${request.run ?? ""}/${request.channel}/${filtersKey(request.filters)}`;
}
