/** The operator's own presets and watchlists, as commands. */
import { ruleRequest } from "../../app/intents";
import { registerCommands } from "../../app/commands";
import type { Command } from "../../app/commands";
import { navigate, route, setParams, symbolOfPage } from "../../app/router";
import { Problem } from "../../wire/rest";
import type { Document } from "./documents";
import { filtersOf, paramsOfPreset, tapePresets } from "./presetFilters";
import { presets, reload, saveDocument, watchlists } from "./sync";

export function showPreset(preset: Document): void {
  if (route.get().page !== "tape") navigate("tape");
  setParams(paramsOfPreset(filtersOf(preset)));
}

function presetCommands(all: readonly Document[]): readonly Command[] {
  return tapePresets(all).map((each) => ({
    id: `preset.${each.id}`,
    title: `Preset: ${each.name}`,
    group: "Presets",
    run: () => showPreset(each),
  }));
}

export function symbolsOf(list: Document | undefined): readonly string[] {
  const symbols = list?.body.symbols;
  return Array.isArray(symbols) ? symbols.filter((each) => typeof each === "string") : [];
}

/** Put the symbol on the first watchlist, or take it off; makes one where there is none. */
async function toggleWatched(symbol: string): Promise<void> {
  const list = watchlists.get()[0];
  const before = symbolsOf(list);
  const symbols = before.includes(symbol) ? before.filter((each) => each !== symbol) : [...before, symbol];
  try {
    await saveDocument("watchlists", list ?? null, list?.name ?? "Watchlist", { v: 1, ...(list?.body ?? {}), symbols });
  } catch (cause) {
    if (!(cause instanceof Problem) || cause.status !== 412) return;
    // Another tab was first: on its list the key means the same.
    await reload("watchlists");
    await toggleWatched(symbol);
  }
}

/** Toggles wait for one another: each begins with the list as the one before left it. */
let toggles = Promise.resolve();

function queueToggle(symbol: string): void {
  toggles = toggles.then(() => toggleWatched(symbol)).catch(() => undefined);
}

export function registerOperatorCommands(): void {
  let undo = registerCommands([]);
  const again = (): void => {
    undo();
    undo = registerCommands(presetCommands(presets.get()));
  };
  presets.subscribe(again);
  const shown = (): string | null => symbolOfPage(route.get());
  registerCommands([
    {
      id: "watchlist.toggle",
      title: "Watchlist: add or remove the symbol shown",
      group: "Watchlist",
      keys: ["w"],
      when: () => shown() !== null,
      run: () => {
        const symbol = shown();
        if (symbol !== null) queueToggle(symbol);
      },
    },
    {
      id: "rule.new",
      title: "New alert rule",
      group: "Alerts",
      run: () => ruleRequest.set({ stream: "alerts", filters: {} }),
    },
  ]);
}
