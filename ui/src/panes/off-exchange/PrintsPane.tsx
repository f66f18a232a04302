/** Off-exchange prints with the quote each traded against. */
import { useEffect } from "react";
import type { PaneProps } from "../../app/panes";
import type { EquityJoin } from "../../generated";
import { ofSymbol } from "../../app/usePane";
import { stampExact } from "../../ui/time";
import { Tape } from "../grid/Tape";
import type { TapeColumn } from "../grid/columns";
import { nothingHeld } from "../grid/emptyTape";
import { PrintFilterBar } from "./PrintFilterBar";
import { SESSIONS, setFilter, usePrintFilter } from "./filters";
import { followInferences } from "./followInferences";
import { inferenceOf, inferenceText } from "./inferences";
import * as join from "./joinColumns";
import * as trade from "./tradeColumns";
import { HONEST_LINE } from "./words";
import "./off-exchange.css";

const inferred: TapeColumn<EquityJoin> = {
  id: "inferred",
  title: "inferred",
  name: "inferred event that names this print, with its confidence",
  width: 118,
  text: (print) => inferenceText(print.trace_id),
  tip: (print) => {
    const found = inferenceOf(print.trace_id);
    return found === null ? null : `inferred, ${found.status}, known since ${stampExact(found.source_ts)}`;
  },
  classes: { inferred: () => true, dim: () => true },
};

const columns: readonly TapeColumn<EquityJoin>[] = [
  join.time,
  trade.symbol,
  trade.tradePrice,
  trade.size,
  trade.notional,
  join.reportingFacility,
  join.quote,
  join.placement,
  join.spreadPosition,
  join.condition,
  join.reportingDelay,
  trade.session,
  inferred,
  join.retail,
];

const rowClasses = { reversed: (print: EquityJoin) => print.cancelled };

export default function PrintsPane({ pane }: PaneProps) {
  const { symbol, run, filter, keep } = usePrintFilter(pane.id);
  useEffect(() => followInferences(symbol, run), [symbol, run]);
  const isNarrow = keep !== null;
  return (
    <Tape
      pane={pane}
      title="Off-exchange prints"
      stream="equity-joins"
      filters={{ off_exchange: true, ...ofSymbol(symbol) }}
      columns={columns}
      rate="tape"
      keep={keep}
      rowClasses={rowClasses}
      refOf={(print) => print.trace_id}
      head={<PrintFilterBar filter={filter} hasPlace={false} />}
      bar={<p className="honest-line">{HONEST_LINE}</p>}
      empty={nothingHeld({
        paneId: pane.id,
        symbol,
        what: "off-exchange prints",
        narrowing: isNarrow ? " that pass the filter" : "",
        detail: "A facility may report a print up to ten seconds after it was executed, later ones are marked.",
        widen: isNarrow
          ? [{ text: "Show every size", run: () => setFilter({ ...filter, minNotional: 0, minSize: 0, sessions: SESSIONS }) }]
          : [],
      })}
    />
  );
}
