/**
 * Registry of panes and pages. A folder in `panes/` registers itself: its `register.ts` is found by
 * the build (`app/main`), so no list has to be edited to add one.
 *
 * ```ts
 * registerPane({ kind: "alerts", title: "Alerts", load: () => import("./AlertsPane") });
 * registerPage({ key: "a", path: "alerts", title: "Alerts", layout: row(0.6, pane("alerts"), …) });
 * ```
 * The module of a pane has the component as its default export.
 */
import type { ComponentType } from "react";
import type { LayoutNode } from "./layout";

export interface PaneContext {
  /** Unique on the screen, and stable over reloads: settings of a pane are kept under it. */
  readonly id: string;
  readonly kind: string;
  readonly params: Readonly<Record<string, string>>;
}

export interface PaneProps {
  readonly pane: PaneContext;
}

export interface PaneKind {
  readonly kind: string;
  readonly title: string;
  readonly load: () => Promise<{ readonly default: ComponentType<PaneProps> }>;
}

export interface Page {
  /** Letter after `g`. */
  readonly key: string;
  /** Path under `/app/`. */
  readonly path: string;
  readonly title: string;
  /** What a fresh workspace shows. */
  readonly layout: LayoutNode;
}

const panes = new Map<string, PaneKind>();
const pages = new Map<string, Page>();

export function registerPane(kind: PaneKind): void {
  panes.set(kind.kind, kind);
}

export function registerPage(page: Page): void {
  pages.set(page.path, page);
}

export function paneKind(kind: string): PaneKind | undefined {
  return panes.get(kind);
}

export function paneKinds(): readonly PaneKind[] {
  return [...panes.values()].sort((a, b) => (a.title < b.title ? -1 : 1));
}

export function pageOf(path: string): Page | undefined {
  return pages.get(path);
}

/** Letters in the order pages stand in the control bar; folders register in another one. */
const ORDER = "tmaoeknlsrh,";

export function allPages(): readonly Page[] {
  const place = ({ key }: Page): number => (ORDER.includes(key) ? ORDER.indexOf(key) : ORDER.length);
  return [...pages.values()].sort((a, b) => place(a) - place(b));
}
