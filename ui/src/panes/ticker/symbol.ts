/** The symbol of the workspace, and the run it is looked at in. */
import { useEffect } from "react";
import { navigate, route } from "../../app/router";
import { usePane } from "../../app/usePane";
import { useStore } from "../../stores/store";
import { lastSymbol } from "../chart/symbol";

export function useTicker(paneId: string): { readonly symbol: string; readonly run: string | null } {
  const { page, rest } = useStore(route);
  const { symbol, run } = usePane(paneId);
  const fallback = useStore(lastSymbol);
  useEffect(() => {
    // `g k` names no symbol: the one looked at last.
    if (page === "ticker" && rest === null) navigate("ticker", fallback);
  }, [page, rest, fallback]);
  return { symbol: symbol ?? fallback, run };
}
