/**
 * Layouts on screen: one a workspace and page, kept on this machine between sessions.
 *
 * `setLayouts` and `layouts` are what the operator's documents are read into and saved from.
 */
import { createStore } from "../stores/store";
import * as tree from "./layout";
import type { LayoutNode, LayoutPath, PaneLeaf, Split } from "./layout";
import { pageOf, paneKind } from "./panes";
import { go, route } from "./router";
import type { Route } from "./router";

const KEY = "islandflow.layouts";

function stored(): Readonly<Record<string, LayoutNode>> {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Readonly<Record<string, unknown>>;
    const valid = Object.entries(found).map(([key, value]) => [key, tree.parseLayout(value)] as const);
    return Object.fromEntries(valid.filter((each): each is [string, LayoutNode] => each[1] !== null));
  } catch {
    return {};
  }
}

/** Changed layouts by `<workspace>/<page>`; a page not in here shows its own default. */
export const layouts = createStore<Readonly<Record<string, LayoutNode>>>(stored());
export const activePane = createStore<string | null>(null);
export const maximised = createStore<string | null>(null);
/** While true dividers can be dragged over a grid and panes closed, split and swapped. */
export const arranging = createStore(false);

layouts.subscribe(() => {
  try {
    localStorage.setItem(KEY, JSON.stringify(layouts.get()));
  } catch {
    // Kept for this tab only.
  }
});

export function workspaceNumber(): number {
  const number = Number(route.get().params.ws ?? "1");
  return Number.isInteger(number) && number >= 1 && number <= 9 ? number : 1;
}

/** Where a workspace is: its page and what is filtered there; run and workspace are not part of it. */
export type PlaceOf = Route;

const place = (page: string): PlaceOf => ({ page, rest: null, params: {} });
/** What the terminal ships with, by number; the others begin as the tape. */
export const SHIPPED: Readonly<Record<number, { readonly name: string; readonly place: PlaceOf }>> = {
  1: { name: "Tape", place: place("tape") },
  2: { name: "Alerts", place: place("alerts") },
  3: { name: "Ticker", place: place("ticker") },
  4: { name: "Levels", place: place("levels") },
  5: { name: "Off-exchange", place: place("off-exchange") },
};
/** Where each workspace was left. */
export const places = createStore<Readonly<Record<number, PlaceOf>>>({});
/** Names the operator gave. */
export const names = createStore<Readonly<Record<number, string>>>({});
/** Counts changes of a tape's columns, which are kept beside the layouts. */
export const columnChanges = createStore(0);

export function workspaceName(number: number): string {
  return names.get()[number] ?? SHIPPED[number]?.name ?? `Workspace ${number}`;
}

const PASSING = ["ws", "run", "t", "e"];

/** Pages one goes to and comes back from; a workspace is not left on them. */
const ASIDE = ["settings", "health", "replay"];

/** The present place, without what is not the workspace's. */
export function placeHere(): PlaceOf {
  const { page, rest, params } = route.get();
  const number = workspaceNumber();
  if (ASIDE.includes(page)) return places.get()[number] ?? SHIPPED[number]?.place ?? place("tape");
  return { page, rest, params: Object.fromEntries(Object.entries(params).filter(([name]) => !PASSING.includes(name))) };
}

/** Go to a workspace, where it was left. */
export function chooseWorkspace(number: number): void {
  const from = workspaceNumber();
  if (number === from) return;
  places.set((before) => ({ ...before, [from]: placeHere() }));
  goWhereLeft(number);
}

/** Go to the place where a workspace was left, or begins; a replay on screen stays. */
export function goWhereLeft(number: number): void {
  const to = places.get()[number] ?? SHIPPED[number]?.place ?? place("tape");
  const { run } = route.get().params;
  go({
    ...to,
    params: {
      ...(number === 1 ? {} : { ws: String(number) }),
      ...to.params,
      ...(run === undefined ? {} : { run }),
    },
  });
}

export function layoutKey(): string {
  return `${workspaceNumber()}/${route.get().page}`;
}

export function currentLayout(): LayoutNode | null {
  return layouts.get()[layoutKey()] ?? pageOf(route.get().page)?.layout ?? null;
}

function change(next: (node: LayoutNode) => LayoutNode | null): void {
  const before = currentLayout();
  const after = before === null ? null : next(before);
  if (after !== null) layouts.set((all) => ({ ...all, [layoutKey()]: after }));
}

export function resize(path: LayoutPath, ratio: number): void {
  change((node) => tree.setRatio(node, path, ratio));
}

export function resetLayout(): void {
  layouts.set((all) => Object.fromEntries(Object.entries(all).filter(([key]) => key !== layoutKey())));
  maximised.set(null);
}

export function closePane(id: string): void {
  if (maximised.get() === id) maximised.set(null);
  change((node) => tree.close(node, id));
}

/** Open a pane beside the active one. */
export function openPane(kind: string, direction: Split["direction"] = "column"): void {
  change((node) => {
    const all = tree.leaves(node);
    const beside = all.find((leaf) => leaf.id === activePane.get()) ?? all.at(-1);
    const added: PaneLeaf = tree.pane(kind, {}, tree.freeId(node, kind));
    return beside === undefined ? added : tree.splitAt(node, beside.id, direction, added);
  });
}

export function swapPanes(one: string, other: string): void {
  change((node) => tree.swap(node, one, other));
}

/** Make the next (or previous) pane the active one and give it the keyboard. */
export function stepPane(by: 1 | -1): void {
  const layout = currentLayout();
  if (layout === null) return;
  const ids = tree.leaves(layout).map((leaf) => leaf.id);
  const at = ids.indexOf(activePane.get() ?? "");
  const next = ids[(at + by + ids.length) % ids.length];
  if (next !== undefined) focusPane(next);
}

export function focusPane(id: string): void {
  activePane.set(id);
  if (maximised.get() !== null) maximised.set(id);
  document.querySelector<HTMLElement>(`[data-pane="${CSS.escape(id)}"]`)?.focus({ preventScroll: true });
}

export function toggleMaximised(): void {
  maximised.set((before) => (before === null ? activePane.get() : null));
}

/** Id and kind of the active pane: the scope in which pane commands run. */
export function activeScope(): { paneId: string | null; paneKind: string | null } {
  const layout = currentLayout();
  const id = activePane.get();
  const leaf = layout === null ? undefined : tree.leaves(layout).find((each) => each.id === id);
  return { paneId: id, paneKind: leaf?.pane ?? null };
}

/** Title of a pane as its kind names it. */
export function paneTitle(leaf: PaneLeaf): string {
  return paneKind(leaf.pane)?.title ?? leaf.pane;
}
