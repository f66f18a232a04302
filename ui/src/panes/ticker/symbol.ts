/** The symbol of the workspace, and the run it is looked at in. */
import { useEffect } from "react";
import { groupSymbols, paneGroups, symbolOf } from "../../app/intents";
import { navigate, route } from "../../app/router";
import { useStore } from "../../stores/store";
import { lastSymbol } from "../chart/symbol";

export function useTicker(paneId: string): { readonly symbol: string; readonly run: string | null } {
  const { page, rest, params } = useStore(route);
  // Read for their changes: the symbol depends on both.
  useStore(groupSymbols);
  useStore(paneGroups);
  const fallback = useStore(lastSymbol);
  const symbol = symbolOf(paneId) ?? fallback;
  useEffect(() => {
    // `g k` names no symbol: the one looked at last.
    if (page === "ticker" && rest === null) navigate("ticker", fallback);
  }, [page, rest, fallback]);
  return { symbol, run: params.run ?? null };
}
