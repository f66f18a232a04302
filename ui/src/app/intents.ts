/**
 * What one room asks of another without importing it: open evidence, choose a symbol.
 *
 * The evidence drawer takes `onEvidence`; any row calls `openEvidence`. Until a drawer is there the
 * ref is in the URL (`e=`), where it would be read from anyway.
 */
import { createStore } from "../stores/store";
import type { Filters } from "../wire/streams";
import { navigate, route, setParams, symbolOfPage } from "./router";

export type LinkGroup = "A" | "B" | "C" | "D";
export const LINK_GROUPS: readonly LinkGroup[] = ["A", "B", "C", "D"];

/** Symbol chosen in each link group; panes outside a group follow the page's `sym`. */
export const groupSymbols = createStore<Readonly<Partial<Record<LinkGroup, string>>>>({});
/** Group of a pane, by pane id. */
export const paneGroups = createStore<Readonly<Record<string, LinkGroup | null>>>({});

export function joinGroup(paneId: string, group: LinkGroup | null): void {
  paneGroups.set((before) => ({ ...before, [paneId]: group }));
}

/** Choose a symbol: for the pane's group, or for the page where it belongs to none. */
export function chooseSymbol(symbol: string | null, paneId?: string): void {
  const group = paneId === undefined ? null : (paneGroups.get()[paneId] ?? null);
  if (group !== null && symbol !== null) {
    groupSymbols.set((before) => ({ ...before, [group]: symbol }));
  } else if (route.get().page === "ticker" && symbol !== null) navigate("ticker", symbol);
  else setParams({ sym: symbol });
}

/** The symbol a pane shows; null for all. */
export function symbolOf(paneId: string): string | null {
  const group = paneGroups.get()[paneId] ?? null;
  return (group === null ? undefined : groupSymbols.get()[group]) ?? symbolOfPage(route.get());
}

let evidence: ((ref: string) => void) | null = null;

/** Take requests for evidence; returns what gives them back. */
export function onEvidence(open: (ref: string) => void): () => void {
  evidence = open;
  return () => {
    if (evidence === open) evidence = null;
  };
}

/** Open the evidence of a ref such as `print:<trace id>` or `al:…`. */
export function openEvidence(ref: string): void {
  if (evidence === null) setParams({ e: ref });
  else evidence(ref);
}

/** Open the workspace of one symbol. */
export function openTicker(symbol: string): void {
  navigate("ticker", symbol);
}

/** What of a stream is to be written to a file; `visible` gives the rows on screen as CSV. */
export interface ExportRequest {
  readonly stream: string;
  readonly filters: Filters;
  readonly run: string | null;
  readonly visible: (() => string) | null;
  /** Nanosecond stamps; the dialog offers a range where none is given. */
  readonly range?: { readonly from: string; readonly to: string };
}

/** Read by the export dialog, which sets it back to null. */
export const exportRequest = createStore<ExportRequest | null>(null);

export function requestExport(request: ExportRequest): void {
  exportRequest.set(request);
}

export interface RuleRequest {
  readonly stream: string;
  readonly filters: Filters;
}

/** Read by the editor of alert rules, which sets it back to null. */
export const ruleRequest = createStore<RuleRequest | null>(null);

/** "Alert on this": make a rule of what a pane shows. */
export function requestRule(request: RuleRequest): void {
  ruleRequest.set(request);
}

/** A filter of the options tape to be kept as a preset; read by the dialog, which sets it back. */
export const presetRequest = createStore<Filters | null>(null);
