/** The day's loss ledger: what was lost, late or thrown away since midnight in New York. */
import { requestExport } from "../../app/intents";
import type { Loss } from "../../generated/rest";
import { useStore } from "../../stores/store";
import { Button, PaneState } from "../../ui/primitives";
import { count } from "../../ui/number";
import { stampExact, timeOf, zone } from "../../ui/time";
import { config } from "../../stores/config";
import { HealthSheet } from "./HealthSheet";
import { lossWords } from "./model";
import { system } from "./store";

export default function LossesPane() {
  const losses = useStore(system, (value) => value.losses);
  const shown = useStore(zone);
  return (
    <HealthSheet
      title="Loss ledger"
      label="losses of the day"
      status={losses === null ? "" : `since ${stampExact(losses.since_ts, shown).slice(0, 16)} ${shown}, or the gateway's start`}
      beside={
        losses?.data.length === 0 && (
          <PaneState title="Nothing was lost today." detail="Dead letters, drops, gaps, late records, disconnects and removed duplicates are listed here." />
        )
      }
    >
      <table className="plain-table">
        <thead>
          <tr>
            <th>what</th>
            <th>where</th>
            <th className="num">count</th>
            <th className="num">first {shown}</th>
            <th className="num">last {shown}</th>
            <th><span className="sr-only">range</span></th>
          </tr>
        </thead>
        <tbody>
          {losses?.data.map((loss) => (
            <LossRow key={`${loss.kind}/${loss.where}`} loss={loss} />
          ))}
        </tbody>
      </table>
    </HealthSheet>
  );
}

function LossRow({ loss }: { readonly loss: Loss }) {
  const isStream = useStore(config, (value) => loss.where in value.channels);
  return (
    <tr>
      <td>{lossWords(loss.kind)}</td>
      <td>{loss.where}</td>
      <td className="num">{count(loss.count)}</td>
      <td className="num">{timeOf(loss.from_ts)}</td>
      <td className="num">{timeOf(loss.to_ts)}</td>
      <td className="row-buttons">
        {isStream && loss.from_ts !== null && (
          <Button
            title="read this range from the store"
            onClick={() =>
              requestExport({
                stream: loss.where,
                filters: {},
                run: null,
                visible: null,
                range: { from: loss.from_ts ?? "", to: loss.to_ts ?? "" },
              })
            }
          >
            range
          </Button>
        )}
      </td>
    </tr>
  );
}
