/** The symbol of panes that need one while none is chosen: the one chosen last on this machine. */
import { route, symbolOfPage } from "../../app/router";
import { createStore } from "../../stores/store";

const KEY = "islandflow.symbol";

function stored(): string {
  try {
    return localStorage.getItem(KEY) ?? "SPY";
  } catch {
    return "SPY";
  }
}

export const lastSymbol = createStore(stored());

function follow(): void {
  const chosen = symbolOfPage(route.get());
  if (chosen !== null) lastSymbol.set(chosen);
}

follow();
route.subscribe(follow);
lastSymbol.subscribe(() => {
  try {
    localStorage.setItem(KEY, lastSymbol.get());
  } catch {
    // Known in this tab only.
  }
});
