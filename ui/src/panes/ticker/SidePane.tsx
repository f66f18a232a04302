/** Market state, nearest low-volume node, aggressive flow, newest alerts, news of a symbol. */
import { useEffect, useState } from "react";
import type { PaneProps } from "../../app/panes";
import { openEvidence } from "../../app/intents";
import type { EquityState, FlowAlert } from "../../generated";
import { PaneFrame, Scroller } from "../../ui/primitives";
import { directionGlyph } from "../../ui/market";
import { change, price } from "../../ui/number";
import { timeOf } from "../../ui/time";
import { followRecords } from "../../wire/records";
import type { Stream, Streams } from "../../wire/streams";
import { useTicker } from "./symbol";
import { useDelta } from "./useDelta";
import "./ticker.css";

const MOST_ALERTS = 8;

/** The newest records of a stream for a symbol, each id once in its newest revision. */
function useNewest<S extends Stream>(stream: S, symbol: string, run: string | null, most: number): readonly Streams[S][] {
  const [held, setHeld] = useState<{ readonly of: string; readonly records: readonly Streams[S][] }>({ of: "", records: [] });
  useEffect(() => {
    return followRecords({ stream, filters: { underlying_ids: [symbol] }, depth: most, run }, (came) => {
      setHeld((before) => {
        const byId = new Map((before.of === symbol ? before.records : []).map((each) => [each.trace_id, each]));
        for (const record of came) {
          const old = byId.get(record.trace_id);
          if (old === undefined || old.source_ts <= record.source_ts) byId.set(record.trace_id, record);
        }
        const records = [...byId.values()].sort((a, b) => (a.source_ts < b.source_ts ? 1 : -1)).slice(0, most);
        return { of: symbol, records };
      });
    });
  }, [stream, symbol, run, most]);
  return held.of === symbol ? held.records : [];
}

export default function SidePane({ pane }: PaneProps) {
  const { symbol, run } = useTicker(pane.id);
  const [state] = useNewest("market-state", symbol, run, 1);
  const alerts = useNewest("alerts", symbol, run, MOST_ALERTS);
  const { newest } = useDelta(symbol, run);
  const aggression = newest?.aggression[0];
  return (
    <PaneFrame title="State">
      <Scroller className="ticker-side" label={`state of ${symbol}`}>
        <StateBlock state={state} />
        <h3>Aggressive flow</h3>
        {aggression === undefined ? (
          <p className="dim">not known yet</p>
        ) : (
          <p title={aggression.message}>
            <b>{aggression.score}</b> of 100 · {aggression.direction.toLowerCase()} · {aggression.label.toLowerCase()}
          </p>
        )}
        <h3>Alerts</h3>
        {alerts.length === 0 && <p className="dim">none held</p>}
        {alerts.map((alert) => (
          <AlertLine key={alert.trace_id} alert={alert} />
        ))}
        <h3>News</h3>
        <p className="dim">No news source is connected; none is shown.</p>
      </Scroller>
    </PaneFrame>
  );
}

function StateBlock({ state }: { readonly state: EquityState | undefined }) {
  return (
    <>
      <h3>Market state</h3>
      {state === undefined ? (
        <p className="dim">UNKNOWN · no state has been published</p>
      ) : (
        <p title={`since ${timeOf(state.since_ts, 0)}; preset ${state.preset}`}>
          <b>{state.state.replaceAll("_", " ")}</b> · confidence {state.confidence} of 100
        </p>
      )}
      <h3>Nearest low-volume node</h3>
      {state?.nearest_lvn === null || state === undefined ? (
        <p className="dim">none known</p>
      ) : (
        <p>
          <b>{price(state.nearest_lvn)}</b> · {change(state.lvn_distance_pct)} %
          {state.lvn_approach === null ? "" : ` · approached ${state.lvn_approach === "UP" ? "▲ from below" : "▼ from above"}`}
        </p>
      )}
    </>
  );
}

const SEVERITY_GLYPHS: Readonly<Record<string, string>> = { high: "■", medium: "◧", low: "□" };

function AlertLine({ alert }: { readonly alert: FlowAlert }) {
  return (
    <button type="button" className={alert.state === "retracted" ? "side-alert struck" : "side-alert"} title={alert.headline} onClick={() => openEvidence(alert.alert_id)}>
      <span className="dim">{timeOf(alert.source_ts, 0)}</span>
      <span className={`severity-${alert.severity}`}>
        {SEVERITY_GLYPHS[alert.severity] ?? "?"} {alert.severity}
      </span>
      <span>{Math.round(alert.score)}</span>
      <span className="side-headline">
        {directionGlyph(alert.direction)} {alert.headline}
      </span>
    </button>
  );
}
