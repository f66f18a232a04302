/** Every equity print; those reported off exchange with the quote they traded against. */
import { useEffect } from "react";
import type { PaneProps } from "../../app/panes";
import { ofSymbol } from "../../app/usePane";
import type { EquityPrint } from "../../generated";
import { followRecords } from "../../wire/records";
import { Tape } from "../grid/Tape";
import { nothingHeld } from "../grid/emptyTape";
import { PrintFilterBar } from "../off-exchange/PrintFilterBar";
import { SESSIONS, setFilter, usePrintFilter } from "../off-exchange/filters";
import { columns, putJoin } from "./columns";
import "../off-exchange/off-exchange.css";

const rowClasses = { reversed: (print: EquityPrint) => print.action === "cancel" };
const showAll = (): void => setFilter({ minNotional: 0, minSize: 0, sessions: SESSIONS, place: "all" });

/** Take the joins of the prints shown; they come a moment after their prints. */
function followJoins(symbol: string | null, run: string | null): () => void {
  return followRecords({ stream: "equity-joins", filters: ofSymbol(symbol), depth: 400, run }, (joins) => joins.forEach(putJoin));
}

export default function PrintsPane({ pane }: PaneProps) {
  const { symbol, run, filter, keep } = usePrintFilter(pane.id);
  useEffect(() => followJoins(symbol, run), [symbol, run]);
  const { minNotional, minSize, place } = filter;
  const isNarrow = keep !== null || place !== "all";
  return (
    <Tape
      pane={pane}
      title="Equity prints"
      stream="equities"
      filters={{
        ...ofSymbol(symbol),
        ...(place === "all" ? {} : { off_exchange: place === "off" }),
        ...(minNotional === 0 ? {} : { min_notional: minNotional }),
        ...(minSize === 0 ? {} : { min_size: minSize }),
      }}
      columns={columns}
      rate="tape"
      keep={keep}
      rowClasses={rowClasses}
      refOf={(print) => `equity-print:${print.trace_id}`}
      head={<PrintFilterBar filter={filter} hasPlace />}
      empty={nothingHeld({
        paneId: pane.id,
        symbol,
        what: "equity prints",
        narrowing: isNarrow ? " that pass the filter" : "",
        detail: "Prints appear here as they come; older ones are in history, below the live rows.",
        widen: isNarrow ? [{ text: "Show every print", run: showAll }] : [],
      })}
    />
  );
}
