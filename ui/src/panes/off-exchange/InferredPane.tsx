/** What off-exchange prints suggest: inferences with their status, never facts. */
import type { PaneProps } from "../../app/panes";
import { setParams } from "../../app/router";
import { ofSymbol, usePane } from "../../app/usePane";
import type { DarkInference } from "../../generated";
import { Toggles } from "../../ui/primitives";
import { change, compact, count, money, moneyExact, percent, price } from "../../ui/number";
import { timeOf } from "../../ui/time";
import { Tape } from "../grid/Tape";
import { by, dim, symbolColumn, timeColumn } from "../grid/columns";
import type { TapeColumn } from "../grid/columns";
import { INFERRED_KINDS, inferredKind } from "./words";
import "./off-exchange.css";

const columns: readonly TapeColumn<DarkInference>[] = [
  timeColumn<DarkInference>(92),
  symbolColumn<DarkInference>(52),
  { id: "kind", title: "kind", width: 170, text: (each) => `inferred ${inferredKind(each.kind)}`, tip: (each) => each.explanations.join("\n") },
  { id: "status", title: "status", width: 66, text: (each) => each.status, classes: { faint: (each) => each.status === "withdrawn" || each.status === "rejected" } },
  { id: "confidence", title: "conf.", name: "confidence", width: 42, align: "right", text: (each) => percent(each.confidence), order: by((each) => each.confidence) },
  { id: "price", title: "price", width: 64, align: "right", text: (each) => price(each.price), tip: (each) => `${price(each.price_low)} to ${price(each.price_high)}`, order: by((each) => each.price) },
  { id: "shares", title: "shares", width: 54, align: "right", text: (each) => compact(each.shares), tip: (each) => count(each.shares), order: by((each) => each.shares) },
  { id: "notional", title: "notional", width: 60, align: "right", text: (each) => money(each.notional), tip: (each) => moneyExact(each.notional), order: by((each) => each.notional) },
  { id: "prints", title: "prints", width: 42, align: "right", text: (each) => count(each.print_count), classes: dim, order: by((each) => each.print_count) },
  { id: "window", title: "window", width: 132, text: (each) => `${timeOf(each.window_start_ts, 0)} – ${timeOf(each.window_end_ts, 0)}`, classes: dim },
  { id: "zone", title: "zone", width: 58, text: (each) => (each.zone_side ?? "").replaceAll("_", " "), classes: dim },
  { id: "follow", title: "since, bps", name: "change of the mid since", width: 60, align: "right", text: (each) => change(each.follow_through_bps, 1), classes: dim },
];

const rowClasses = {
  inferred: () => true,
  reversed: (each: DarkInference) => each.status === "withdrawn" || each.status === "rejected",
};
const KINDS = Object.entries(INFERRED_KINDS).map(([value, title]) => ({ value, title, text: title.split(" ").at(-1) ?? title }));
const CONFIDENCES = ["0", "0.5", "0.7"].map((value) => ({ value, text: value === "0" ? "any" : `≥${percent(Number(value))}` }));

export default function InferredPane({ pane }: PaneProps) {
  const { symbol, params } = usePane(pane.id);
  const { kind = "", min_confidence: least = "0" } = params;
  return (
    <Tape
      pane={pane}
      title="Inferred events"
      stream="inferred-dark"
      filters={{
        ...ofSymbol(symbol),
        ...(kind === "" ? {} : { kind: kind.split(",") }),
        ...(least === "0" ? {} : { min_confidence: least }),
      }}
      columns={columns}
      rate="tape"
      rowClasses={rowClasses}
      refOf={(each) => each.trace_id}
      head={
        <div className="print-filters">
          <Toggles
            label="kind"
            options={KINDS}
            chosen={kind.split(",")}
            onToggle={(value) => setParams({ kind: kind === value ? null : value })}
          />
          <Toggles
            label="least confidence"
            options={CONFIDENCES}
            chosen={[least]}
            onToggle={(value) => setParams({ min_confidence: value === "0" ? null : value })}
          />
        </div>
      }
      empty={{
        text: `Nothing is inferred${symbol === null ? "" : ` of ${symbol}`} so far.`,
        detail: "An inference needs a baseline of the symbol's own prints; each stays provisional until its window has passed.",
        actions: kind === "" ? [] : [{ text: "Every kind", run: () => setParams({ kind: null }) }],
      }}
    />
  );
}
