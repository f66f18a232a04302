/** The chart of the pane's symbol. */
import { useStore } from "../../stores/store";
import type { PaneProps } from "../../app/panes";
import { usePane } from "../../app/usePane";
import { Chart } from "./Chart";
import { lastSymbol } from "./symbol";

export default function ChartPane({ pane }: PaneProps) {
  const { symbol, run } = usePane(pane.id);
  const fallback = useStore(lastSymbol);
  return (
    <Chart pane={pane} symbol={pane.params.symbol ?? symbol ?? fallback} run={run} isProfileShown={pane.params.profile === "1"} />
  );
}
