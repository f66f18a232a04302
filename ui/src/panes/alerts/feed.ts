/**
 * Alerts held beside the tape: counts of the strip, the newest unacknowledged one, announcements,
 * and revisions of alerts shown elsewhere.
 *
 * The subscription is the same as the tape's unfiltered one, so the gateway sends its bytes once.
 */
import type { FlowAlert } from "../../generated";
import type { Mix, MixCount } from "../../generated/rest";
import { createStore } from "../../stores/store";
import { live } from "../../wire/live";
import { get } from "../../wire/rest";
import { isMuted, isSeen, readAcks } from "./acks";
import type { Bucket } from "./strip";
import { BUCKET_MS, bucketsOf } from "./strip";

const MOST_HELD = 3000;
const DEPTH = 300;
/** How often counts of alerts before those held are read again. */
const READ_EVERY_MS = 60_000;

const held = new Map<string, FlowAlert>();
let stored: readonly MixCount[] = [];

/** Counts a five minutes and severity, oldest first. */
export const buckets = createStore<readonly Bucket[]>([]);
/** The newest alert the operator has not seen; null when there is none. */
export const newestUnseen = createStore<FlowAlert | null>(null);
/** The alert chosen in a tape: the score pane shows it. */
export const chosen = createStore<FlowAlert | null>(null);

const revised = new Set<(alert: FlowAlert) => void>();

/** Hear of every alert and revision that comes. */
export function onAlert(hear: (alert: FlowAlert) => void): () => void {
  revised.add(hear);
  return () => revised.delete(hear);
}

function take(alert: FlowAlert): void {
  const before = held.get(alert.alert_id);
  if (before !== undefined && before.revision >= alert.revision) return;
  held.set(alert.alert_id, alert);
  if (held.size > MOST_HELD) {
    const oldest = held.keys().next().value;
    if (oldest !== undefined) held.delete(oldest);
  }
  if (chosen.get()?.alert_id === alert.alert_id) chosen.set(alert);
  for (const hear of revised) hear(alert);
}

/** Work out what the strip and `n` show; once a burst, not once an alert. */
export function settle(): void {
  buckets.set(bucketsOf([...held.values()], stored));
  let newest: FlowAlert | null = null;
  for (const alert of held.values()) {
    if (alert.state === "retracted" || isSeen(alert) || isMuted(alert)) continue;
    if (newest === null || alert.source_ts > newest.source_ts) newest = alert;
  }
  newestUnseen.set(newest);
}

async function readStored(run: string | null): Promise<void> {
  try {
    const mix = await get<Mix>("/flow/mix", {
      by: "severity",
      interval_ms: BUCKET_MS,
      run,
    });
    stored = mix.data;
  } catch {
    // Counts of what is held are still right; the tape says what is wrong with the store.
  }
  settle();
}

let users = 0;
let stop: (() => void) | null = null;

function start(run: string | null): () => void {
  held.clear();
  stored = [];
  let pending = 0;
  const soon = (): void => {
    if (pending !== 0) return;
    pending = window.setTimeout(() => {
      pending = 0;
      settle();
    }, 250);
  };
  const subscription = live.subscribe(
    { channel: "alerts", filters: {}, depth: DEPTH, run },
    {
      whileHidden: true,
      onFrame: (frame) => {
        if (frame.type !== "snapshot" && frame.type !== "events") return;
        const items = frame.items as readonly FlowAlert[];
        const [newest] = items;
        if (newest !== undefined) void readAcks(newest.first_ts).then(settle);
        for (const alert of frame.type === "snapshot" ? [...items].reverse() : items) take(alert);
        soon();
      },
    },
  );
  void readStored(run);
  const timer = window.setInterval(() => {
    if (!document.hidden) void readStored(run);
  }, READ_EVERY_MS);
  return () => {
    subscription.close();
    window.clearInterval(timer);
    window.clearTimeout(pending);
  };
}

/** Keep the feed running while somebody looks; returns what gives it up. */
export function keepFeed(run: string | null): () => void {
  users += 1;
  stop ??= start(run);
  return () => {
    users -= 1;
    if (users > 0) return;
    stop?.();
    stop = null;
  };
}
