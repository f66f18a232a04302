/** Off-exchange prints with the quote each traded against. */
import { useEffect, useMemo } from "react";
import type { PaneProps } from "../../app/panes";
import type { EquityJoin } from "../../generated";
import { chooseSymbol } from "../../app/intents";
import { stampExact } from "../../ui/time";
import { Tape } from "../grid/Tape";
import type { TapeColumn } from "../grid/columns";
import { PrintFilterBar } from "./PrintFilterBar";
import { SESSIONS, setFilter, usePrintFilter } from "./filters";
import { followInferences } from "./followInferences";
import { inferenceOf, inferenceText } from "./inferences";
import * as join from "./joinColumns";
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
  join.symbol,
  join.tradePrice,
  join.size,
  join.notional,
  join.reportingFacility,
  join.quote,
  join.placement,
  join.spreadPosition,
  join.condition,
  join.reportingDelay,
  join.session,
  inferred,
  join.retail,
];

const rowClasses = { reversed: (print: EquityJoin) => print.cancelled };

export default function PrintsPane({ pane }: PaneProps) {
  const { symbol, run, filter, keep } = usePrintFilter(pane.id);
  const symbols = useMemo(() => (symbol === null ? [] : [symbol]), [symbol]);
  const filters = useMemo(
    () => ({ off_exchange: true, ...(symbols.length === 0 ? {} : { underlying_ids: symbols }) }),
    [symbols],
  );
  useEffect(() => followInferences(symbols, run), [symbols, run]);
  const isNarrow = keep !== null;
  const actions = [
    ...(isNarrow
      ? [{ text: "Show every size", run: () => setFilter({ ...filter, minNotional: 0, minSize: 0, sessions: SESSIONS }) }]
      : []),
    ...(symbol === null ? [] : [{ text: "All symbols", run: () => chooseSymbol(null, pane.id) }]),
  ];
  return (
    <Tape
      pane={pane}
      title="Off-exchange prints"
      stream="equity-joins"
      filters={filters}
      run={run}
      columns={columns}
      rate="tape"
      keep={keep}
      rowClasses={rowClasses}
      symbolOf={(print) => print.underlying_id}
      refOf={(print) => print.trace_id}
      head={<PrintFilterBar filter={filter} hasPlace={false} />}
      bar={<p className="honest-line">{HONEST_LINE}</p>}
      empty={{
        text: `No off-exchange prints${symbol === null ? "" : ` of ${symbol}`} held${isNarrow ? " that pass the filter" : ""}.`,
        detail: "A facility may report a print up to ten seconds after it was executed, later ones are marked.",
        actions,
      }}
    />
  );
}
