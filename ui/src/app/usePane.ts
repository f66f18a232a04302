/** What the URL and the link groups ask a pane to show. */
import { useStore } from "../stores/store";
import type { Filters } from "../wire/streams";
import { groupSymbols, paneGroups, symbolOf } from "./intents";
import { route, runOf } from "./router";

export interface Asked {
  /** Null for every symbol. */
  readonly symbol: string | null;
  /** The replay looked at; null for live. */
  readonly run: string | null;
  readonly params: Readonly<Record<string, string>>;
}

/** The pane renders anew when any of it changes. */
export function usePane(paneId: string): Asked {
  const here = useStore(route);
  // Read for their changes: the symbol depends on both.
  useStore(groupSymbols);
  useStore(paneGroups);
  return { symbol: symbolOf(paneId), run: runOf(here), params: here.params };
}

/** Records of one symbol, or of all, as the gateway filters them. */
export function ofSymbol(symbol: string | null): Filters {
  return symbol === null ? {} : { underlying_ids: [symbol] };
}
