/**
 * Server messages: a JSON array of frames (gateway specification, 8.2), decoded once.
 *
 * The decoder checks what the terminal relies on and leaves records as they are: their shape is
 * the schema's business. A frame of an unknown type is skipped and counted, so a newer gateway
 * does not break an older tab.
 */
import type { Nanos } from "../generated";
import type { PrintLink } from "../generated/rest";
import type { Header, Place } from "./streams";

/** Why a print matters: pages and the `links` frame say it alike. */
export type { PrintLink };
export type Links = Readonly<Record<string, PrintLink>>;

/** Epoch milliseconds with three decimals. */
export interface Stamps {
  readonly append?: number;
  readonly oldest_append?: number;
  readonly recv?: number;
  readonly frame?: number;
}

export type ChannelState = "live" | "quiet" | "stale" | "down" | "closed";
/** State of one channel; figures the gateway did not report are absent. */
export interface ChannelHealth {
  readonly state: ChannelState;
  readonly rate?: number | null;
  readonly lag?: number | null;
  readonly dropped?: number | null;
  readonly newest_ts?: Nanos | null;
  readonly cause?: string | null;
}

export interface ReadyFrame {
  readonly type: "ready";
  readonly [field: string]: unknown;
}
export interface SubscribedFrame {
  readonly type: "subscribed";
  readonly id: string;
  readonly key: string;
}
export interface SnapshotFrame {
  readonly type: "snapshot";
  readonly key: string;
  readonly items: readonly Header[];
  readonly part: number;
  readonly last: boolean;
  readonly short: boolean;
  readonly cursor: string | null;
  readonly watermark: Place | null;
  readonly next_before: Place | null;
}
export interface EventsFrame {
  readonly type: "events";
  readonly key: string;
  readonly items: readonly Header[];
  readonly cursor: string | null;
  readonly watermark: Place | null;
  readonly stamps: Stamps | null;
  readonly backfill: boolean;
}
export interface LinksFrame {
  readonly type: "links";
  readonly key: string | null;
  readonly links: Links;
}
export interface DroppedFrame {
  readonly type: "dropped";
  readonly key: string;
  readonly count: number;
  readonly from: Place | null;
  readonly to: Place | null;
}
export interface GapFrame {
  readonly type: "gap";
  readonly key: string;
  readonly reason: string;
  readonly missing_estimate: number | null;
  readonly from: Place | null;
}
export interface HeartbeatFrame {
  readonly type: "heartbeat";
  readonly channels: Readonly<Record<string, ChannelHealth>>;
  readonly [field: string]: unknown;
}
export interface PongFrame {
  readonly type: "pong";
  readonly t: number;
  readonly server_time: number | null;
}
export interface NoticeFrame {
  readonly type: "notice";
  readonly [field: string]: unknown;
}
export interface ErrorFrame {
  readonly type: "error";
  readonly id: string | null;
  readonly code: string;
  readonly detail: string;
}
export type Frame =
  | ReadyFrame
  | SubscribedFrame
  | SnapshotFrame
  | EventsFrame
  | LinksFrame
  | DroppedFrame
  | GapFrame
  | HeartbeatFrame
  | PongFrame
  | NoticeFrame
  | ErrorFrame;
/** Frames that belong to one subscription. */
export type KeyedFrame = SnapshotFrame | EventsFrame | DroppedFrame | GapFrame;

export class FrameError extends Error {}

type Fields = Readonly<Record<string, unknown>>;

const utf8 = new TextDecoder();

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string") {
    throw new FrameError(`${String(fields.type)}.${name} is ${typeof value}, expected a string`);
  }
  return value;
}

function optionalText(fields: Fields, name: string): string | null {
  const value = fields[name];
  return typeof value === "string" ? value : null;
}

function optionalNumber(fields: Fields, name: string): number | null {
  const value = fields[name];
  return typeof value === "number" ? value : null;
}

function place(fields: Fields, name: string): Place | null {
  const value = fields[name];
  if (!isFields(value) || typeof value.ts !== "string") return null;
  const seq = value.seq;
  return typeof seq === "number" || typeof seq === "string" ? { ts: value.ts, seq } : null;
}

function items(fields: Fields): readonly Header[] {
  const value = fields.items;
  if (!Array.isArray(value)) {
    throw new FrameError(`${String(fields.type)}.items is not a list`);
  }
  return value as readonly Header[];
}

function epochMs(value: unknown): number | null {
  if (typeof value === "number") return value;
  // 19 digits of nanoseconds; milliseconds are all a clock offset needs.
  if (typeof value === "string" && /^\d{16,19}$/.test(value)) return Number(value.slice(0, 13));
  return null;
}

const decoders: Readonly<Record<string, (fields: Fields) => Frame>> = {
  ready: (fields) => fields as unknown as ReadyFrame,
  notice: (fields) => fields as unknown as NoticeFrame,
  subscribed: (fields) => ({ type: "subscribed", id: text(fields, "id"), key: text(fields, "key") }),
  snapshot: (fields) => ({
    type: "snapshot",
    key: text(fields, "key"),
    items: items(fields),
    part: optionalNumber(fields, "part") ?? 1,
    last: fields.last !== false,
    short: fields.short === true,
    cursor: optionalText(fields, "cursor"),
    watermark: place(fields, "watermark"),
    next_before: place(fields, "next_before"),
  }),
  events: (fields) => ({
    type: "events",
    key: text(fields, "key"),
    items: items(fields),
    cursor: optionalText(fields, "cursor"),
    watermark: place(fields, "watermark"),
    stamps: isFields(fields.stamps) ? (fields.stamps) : null,
    backfill: fields.backfill === true,
  }),
  links: (fields) => ({
    type: "links",
    key: optionalText(fields, "key"),
    links: isFields(fields.links) ? (fields.links as Links) : {},
  }),
  dropped: (fields) => ({
    type: "dropped",
    key: text(fields, "key"),
    count: optionalNumber(fields, "count") ?? 0,
    from: place(fields, "from"),
    to: place(fields, "to"),
  }),
  gap: (fields) => ({
    type: "gap",
    key: text(fields, "key"),
    reason: text(fields, "reason"),
    missing_estimate: optionalNumber(fields, "missing_estimate"),
    from: place(fields, "from"),
  }),
  heartbeat: (fields) => ({
    ...fields,
    type: "heartbeat",
    channels: isFields(fields.channels)
      ? (fields.channels as Readonly<Record<string, ChannelHealth>>)
      : {},
  }),
  pong: (fields) => ({
    type: "pong",
    t: optionalNumber(fields, "t") ?? Number.NaN,
    server_time: epochMs(fields.server_time ?? fields.now ?? fields.ts),
  }),
  error: (fields) => ({
    type: "error",
    id: optionalText(fields, "id"),
    code: text(fields, "code"),
    detail: optionalText(fields, "detail") ?? "",
  }),
};

/**
 * Decode one message into its frames.
 *
 * @param onUnknown is told the type of each frame this terminal does not know.
 * @throws FrameError where the message is not a list of frames or a frame lacks what it needs.
 */
export function decodeMessage(
  data: ArrayBuffer | string,
  onUnknown: (type: string) => void = () => undefined,
): Frame[] {
  const message: unknown = JSON.parse(typeof data === "string" ? data : utf8.decode(data));
  if (!Array.isArray(message)) throw new FrameError("a message is not a list of frames");
  const frames: Frame[] = [];
  for (const entry of message as unknown[]) {
    if (!isFields(entry) || typeof entry.type !== "string") {
      throw new FrameError("a frame has no type");
    }
    const decode = decoders[entry.type];
    if (decode === undefined) onUnknown(entry.type);
    else frames.push(decode(entry));
  }
  return frames;
}
