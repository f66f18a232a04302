/** Delta a minute and cumulative delta of a symbol's equity prints. */
import type { PaneProps } from "../../app/panes";
import { PaneFrame, PaneState } from "../../ui/primitives";
import { compact } from "../../ui/number";
import { Plot } from "./Plot";
import type { PlotSeries } from "./Plot";
import { useTicker } from "./symbol";
import { useDelta } from "./useDelta";
import "./ticker.css";

const series: readonly PlotSeries[] = [
  { label: "▲ delta", tone: "up", look: "bars", scale: "left", text: compact },
  { label: "▼ delta", tone: "down", look: "bars", scale: "left", text: compact },
  { label: "cumulative", tone: "accent", look: "line", scale: "right", text: compact },
];

export default function DeltaPane({ pane }: PaneProps) {
  const { symbol, run } = useTicker(pane.id);
  const { plot } = useDelta(symbol, run);
  return (
    <PaneFrame title="Delta" status="shares a minute, bought minus sold">
      {plot.seconds.length === 0 ? (
        <PaneState title={`No order flow of ${symbol} held.`} detail="A minute comes with the first print that has a quote." />
      ) : (
        <Plot label={`delta of ${symbol}`} series={series} data={plot} />
      )}
    </PaneFrame>
  );
}
