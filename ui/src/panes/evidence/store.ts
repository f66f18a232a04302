/**
 * What the drawer holds: the open ref, up to five pinned ones, and a copy of each document.
 *
 * The URL says which (`e=` the open one, `pins=` the pinned), so a reload or a link shows the same.
 * A copy outlives hot windows, filters and the change between live and replay.
 */
import { route, setParams } from "../../app/router";
import { createStore } from "../../stores/store";
import { Problem, get } from "../../wire/rest";
import type { Evidence } from "../../generated/rest";

const MOST_PINNED = 5;

export interface Held {
  readonly phase: "reading" | "ready" | "failed";
  readonly document: Evidence | null;
  readonly problem: string | null;
}

export const documents = createStore<Readonly<Record<string, Held>>>({});
const HELD_UNPINNED = 8;

export function openRef(): string | null {
  return route.get().params.e ?? null;
}

export function pinsOf(params: Readonly<Record<string, string>>): readonly string[] {
  return (params.pins ?? "").split(",").filter((ref) => ref !== "");
}

function put(ref: string, held: Held): void {
  documents.set((before) => {
    const pinned = new Set(pinsOf(route.get().params));
    const others = Object.entries(before).filter(([key]) => key !== ref);
    const loose = others.map(([key]) => key).filter((key) => !pinned.has(key));
    const kept = new Set([...pinned, ...loose.slice(-HELD_UNPINNED)]);
    return { ...Object.fromEntries(others.filter(([key]) => kept.has(key))), [ref]: held };
  });
}

/** Read a document unless it is at hand; `again` reads it anew and keeps the old one meanwhile. */
export async function read(ref: string, again = false): Promise<void> {
  const before = documents.get()[ref];
  if (before !== undefined && before.phase !== "failed" && !again) return;
  put(ref, { phase: "reading", document: before?.document ?? null, problem: null });
  try {
    const document = await get<Evidence>("/evidence", { ref, run: route.get().params.run });
    put(ref, { phase: "ready", document, problem: null });
  } catch (error) {
    const problem =
      error instanceof Problem
        ? `${error.title}: ${error.detail} (${error.code}${error.requestId === null ? "" : `, ${error.requestId}`})`
        : String(error);
    put(ref, { phase: "failed", document: before?.document ?? null, problem });
  }
}

export function open(ref: string): void {
  setParams({ e: ref });
}

/** Close the drawer; pinned ones stay as tabs for the next time it opens. */
export function close(): void {
  setParams({ e: null });
}

/** Pin the open one or, where it is, unpin it; a sixth takes the place of the oldest. */
export function togglePin(): void {
  const ref = openRef();
  if (ref === null) return;
  const pins = pinsOf(route.get().params);
  const next = pins.includes(ref) ? pins.filter((each) => each !== ref) : [...pins, ref].slice(-MOST_PINNED);
  setParams({ pins: next.length === 0 ? null : next.join(",") });
}

export function unpin(ref: string): void {
  const next = pinsOf(route.get().params).filter((each) => each !== ref);
  setParams({ pins: next.length === 0 ? null : next.join(",") });
}

/** Go to the next pinned drawer. */
export function stepPin(by: 1 | -1): void {
  const pins = pinsOf(route.get().params);
  const at = pins.indexOf(openRef() ?? "");
  const next = pins[(at + by + pins.length) % pins.length];
  if (next !== undefined) open(next);
}
