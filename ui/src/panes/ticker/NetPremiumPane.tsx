/** Net premium of calls and puts with their drift, and what is in neither. */
import { useMemo } from "react";
import type { PaneProps } from "../../app/panes";
import type { NetPremium } from "../../generated/rest";
import { PaneFrame, PaneState } from "../../ui/primitives";
import { money, percent } from "../../ui/number";
import { millis } from "../../ui/time";
import { Plot } from "./Plot";
import type { PlotData, PlotSeries } from "./Plot";
import { useAnswer } from "../../app/useAnswer";
import { useTicker } from "./symbol";
import "./ticker.css";

const AGAIN_MS = 30_000;
const MINUTE_MS = 60_000;

const series: readonly PlotSeries[] = [
  { label: "calls net", tone: "up", look: "bars", scale: "left", text: money },
  { label: "puts net", tone: "down", look: "bars", scale: "left", text: money },
  { label: "calls drift", tone: "up", look: "line", scale: "right", text: money },
  { label: "puts drift", tone: "down", look: "dashed", scale: "right", text: money },
];

export default function NetPremiumPane({ pane }: PaneProps) {
  const { symbol, run } = useTicker(pane.id);
  const { body, problem } = useAnswer<NetPremium>(
    "/flow/net-premium",
    { underlying_id: symbol, interval_ms: MINUTE_MS, run },
    AGAIN_MS,
  );
  const data = useMemo<PlotData>(() => {
    const rows = body?.data ?? [];
    return {
      seconds: rows.map((row) => millis(row.window_start) / 1000),
      values: [
        rows.map((row) => row.call_net_premium),
        rows.map((row) => row.put_net_premium),
        rows.map((row) => row.call_drift),
        rows.map((row) => row.put_drift),
      ],
    };
  }, [body]);
  const excluded = body?.data.at(-1)?.excluded_share ?? null;
  return (
    <PaneFrame
      title="Net premium"
      status={
        <span title="mid, complex, stock-tied, late and unplaced premium is in no net figure">
          {excluded === null ? "" : `${percent(excluded)} of the last minute excluded`}
        </span>
      }
    >
      {problem !== null && body === null && <PaneState tone="warn" title={problem.title} detail={problem.code} />}
      {body?.data.length === 0 && <PaneState title={`No option premium of ${symbol} in this session.`} />}
      {data.seconds.length > 0 && <Plot label={`net premium of ${symbol}`} series={series} data={data} />}
    </PaneFrame>
  );
}
