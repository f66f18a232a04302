/** What this tab itself does: frames, commits, memory, rows. */
import { useEffect, useState } from "react";
import { health } from "../../stores/health";
import { useStore } from "../../stores/store";
import { heapMb } from "../../stores/telemetry";
import { PaneFrame, Scroller } from "../../ui/primitives";
import { MISSING, count } from "../../ui/number";
import { live } from "../../wire/live";
import "./health.css";

export default function TabPane() {
  const state = useStore(health);
  const { reconnects, lastClose } = useStore(live.connection);
  const [heap, setHeap] = useState(heapMb);
  useEffect(() => {
    const timer = window.setInterval(() => setHeap(heapMb()), 2_000);
    return () => window.clearInterval(timer);
  }, []);
  const work = state.frameWork;
  const facts: readonly (readonly [string, string])[] = [
    ["frames/s", state.framesPerSecond === null ? MISSING : count(state.framesPerSecond)],
    ["frame work p95 · p99", work === null ? MISSING : `${work.p95.toFixed(1)} · ${work.p99.toFixed(1)} ms`],
    ["commits/s allowed to a tape", count(state.commitRate)],
    ["rows/s received", state.rowsPerSecond === null ? MISSING : count(state.rowsPerSecond)],
    ["messages since opened", count(live.messages)],
    ["undecodable messages", count(live.undecodable)],
    ["frames of unknown type", count(live.unknownFrames)],
    ["dropped for this tab", count(state.dropped)],
    ["heap", heap === null ? "not reported" : `${heap.toFixed(1)} MB`],
    ["one way to the gateway", state.oneWayMs === null ? MISSING : `${state.oneWayMs.toFixed(1)} ms`],
    ["reconnects", `${reconnects}${lastClose === null ? "" : ` (last close ${lastClose})`}`],
  ];
  return (
    <PaneFrame title="This tab">
      <Scroller className="sheet" label="figures of this tab">
        <table className="plain-table">
          <tbody>
            {facts.map(([name, value]) => (
              <tr key={name}>
                <td className="wide">{name}</td>
                <td className="num">{value}</td>
              </tr>
            ))}
            {Object.entries(state.paint).map(([name, paint]) => (
              <tr key={`paint ${name}`}>
                <td>to paint, {name}: p50 · p99</td>
                <td className="num">{paint === null ? "not reported" : `${paint.p50.toFixed(0)} · ${paint.p99.toFixed(0)} ms`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroller>
    </PaneFrame>
  );
}
