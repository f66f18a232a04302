/** The chart of the pane's symbol. */
import { useStore } from "../../stores/store";
import type { PaneProps } from "../../app/panes";
import { groupSymbols, paneGroups, symbolOf } from "../../app/intents";
import { route } from "../../app/router";
import { Chart } from "./Chart";
import { lastSymbol } from "./symbol";

export default function ChartPane({ pane }: PaneProps) {
  const { params, page, rest } = useStore(route);
  // Read for their changes: the symbol depends on both.
  useStore(groupSymbols);
  useStore(paneGroups);
  const fallback = useStore(lastSymbol);
  const own = page === "ticker" ? rest : null;
  const symbol = pane.params.symbol ?? own ?? symbolOf(pane.id) ?? fallback;
  return (
    <Chart pane={pane} symbol={symbol} run={params.run ?? null} isProfileShown={pane.params.profile === "1"} />
  );
}
