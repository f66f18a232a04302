/** Frames that concern the whole tab, and the figures it reports back every 5 s. */
import { live } from "../wire/live";
import { clock } from "./clock";
import { health, patchHealth } from "./health";
import { addDrain, frameFigures, paintFigures } from "./loop";

const REPORT_MS = 5000;
const RATE_MS = 1000;

/** Round trips kept to judge the clock offset: that of the shortest is the most exact. */
const TRIPS = 8;

interface Heap {
  readonly memory?: { readonly usedJSHeapSize: number };
}

export function heapMb(): number | null {
  const { memory } = performance as unknown as Heap;
  return memory === undefined ? null : Math.round(memory.usedJSHeapSize / 104_857.6) / 10;
}

export function startTelemetry(): void {
  let rows = 0;
  const trips: { ms: number; offset: number }[] = [];
  addDrain(() => {
    live.drain();
    const spent = live.decodeMs;
    live.decodeMs = 0;
    return spent;
  });
  live.onFrame((frame) => {
    if (frame.type === "events") rows += frame.items.length;
    else if (frame.type === "heartbeat") {
      patchHealth({ channels: frame.channels });
    } else if (frame.type === "pong" && frame.server_time !== null) {
      const now = Date.now();
      trips.push({ ms: now - frame.t, offset: frame.server_time - (now + frame.t) / 2 });
      if (trips.length > TRIPS) trips.shift();
      const best = trips.reduce((a, b) => (b.ms < a.ms ? b : a));
      clock.patch({ offsetMs: best.offset });
      patchHealth({ oneWayMs: best.ms / 2 });
    }
  });
  window.setInterval(() => {
    const isLive = live.connection.get().state === "live";
    if (isLive || health.get().rowsPerSecond !== null) {
      patchHealth({ rowsPerSecond: isLive ? Math.round((rows * 1000) / RATE_MS) : null });
    }
    rows = 0;
  }, RATE_MS);
  window.setInterval(() => {
    const heap = heapMb();
    const paint = Object.entries(paintFigures(REPORT_MS)).filter(([, value]) => value !== null);
    live.stats({
      paint_ms: Object.fromEntries(paint),
      frame_ms: frameFigures()?.p95 ?? null,
      heap_mb: heap,
    });
  }, REPORT_MS);
}
