/** How an alert turned out: open interest, and the underlying at each horizon. */
import type { FlowAlert } from "../../generated";
import { change, count, fixed, price } from "../../ui/number";
import { helpOf, sentence } from "../../ui/reasons";
import { dayOf, timeOf } from "../../ui/time";
import { isOfOptions, outcomeOf } from "../alerts/words";
import type { Outcome } from "../../generated/rest";

interface SettlementProps {
  readonly alert: FlowAlert | null;
  readonly outcomes: readonly Outcome[];
}

const HORIZONS: Readonly<Record<string, string>> = { "5m": "5 m", "30m": "30 m", close: "close", next_close: "next close" };

export function Settlement({ alert, outcomes }: SettlementProps) {
  if (alert === null) return null;
  const { settlement } = alert;
  return (
    <section className="evidence-part" aria-label="Settlement">
      <h3>Settlement</h3>
      {isOfOptions(alert) && (
        <p>
          Open interest: <b>{outcomeOf(alert)}</b>. {sentence(settlement?.outcome ?? "pending")}{" "}
          {typeof settlement?.oi_change === "number" && (
            <>
              ΔOI {change(settlement.oi_change, 0)} ({count(settlement.oi_before)} to {count(settlement.oi_after)} on{" "}
              {dayOf(settlement.settled_for)}), {fixed(settlement.open_ratio, 2)} of the alert’s size.{" "}
            </>
          )}
          <span className="dim">{helpOf("open_interest")}</span>
        </p>
      )}
      {!isOfOptions(alert) && outcomes.length === 0 && (
        <p className="dim">No open interest: the alert names no contract. Returns follow at their horizons.</p>
      )}
      {outcomes.length > 0 && (
        <table className="mini-tape">
          <thead>
            <tr>
              <th scope="col">horizon</th>
              <th scope="col">until</th>
              <th scope="col">from</th>
              <th scope="col">to</th>
              <th scope="col">move bps</th>
              <th scope="col">its way bps</th>
              <th scope="col">by</th>
            </tr>
          </thead>
          <tbody>
            {outcomes.map((each) => (
              <tr key={each.horizon}>
                <td>{HORIZONS[each.horizon] ?? each.horizon}</td>
                <td className="dim">{timeOf(each.target_ts, 0)}</td>
                <td className="dim">{price(each.entry_price)}</td>
                <td className="dim">{price(each.exit_price)}</td>
                <td>{each.state === "known" ? change(each.bps, 1) : each.state}</td>
                <td className={(each.signed_bps ?? 0) > 0 ? "up" : (each.signed_bps ?? 0) < 0 ? "down" : "dim"}>
                  {each.state === "known" ? change(each.signed_bps, 1) : "–"}
                </td>
                <td className="dim">{each.basis ?? "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
