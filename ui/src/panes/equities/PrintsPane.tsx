/** Every equity print; those reported off exchange with the quote they traded against. */
import { useEffect, useMemo } from "react";
import type { PaneProps } from "../../app/panes";
import type { EquityJoin, EquityPrint } from "../../generated";
import { chooseSymbol } from "../../app/intents";
import { live } from "../../wire/live";
import { Tape } from "../grid/Tape";
import { PrintFilterBar } from "../off-exchange/PrintFilterBar";
import { SESSIONS, setFilter, usePrintFilter } from "../off-exchange/filters";
import { columns, putJoin } from "./columns";
import "../off-exchange/off-exchange.css";

const rowClasses = { reversed: (print: EquityPrint) => print.action === "cancel" };

/** Take the joins of the prints shown; they come a moment after their prints. */
function useJoins(symbol: string | null, run: string | null): void {
  useEffect(() => {
    const subscription = live.subscribe(
      { channel: "equity-joins", filters: symbol === null ? {} : { underlying_ids: [symbol] }, depth: 400, run },
      {
        onFrame: (frame) => {
          if (frame.type !== "snapshot" && frame.type !== "events") return;
          for (const item of frame.items as unknown as readonly EquityJoin[]) putJoin(item);
        },
      },
    );
    return () => subscription.close();
  }, [symbol, run]);
}

export default function PrintsPane({ pane }: PaneProps) {
  const { symbol, run, filter } = usePrintFilter(pane.id);
  useJoins(symbol, run);
  const { minNotional, minSize, place, sessions } = filter;
  const filters = useMemo(
    () => ({
      ...(symbol === null ? {} : { underlying_ids: [symbol] }),
      ...(place === "all" ? {} : { off_exchange: place === "off" }),
      ...(minNotional === 0 ? {} : { min_notional: minNotional }),
      ...(minSize === 0 ? {} : { min_size: minSize }),
    }),
    [symbol, place, minNotional, minSize],
  );
  const keep = useMemo(() => {
    // The gateway does not filter prints by session; notional and size act here at once as well.
    const wanted = new Set<string>(sessions);
    return (print: EquityPrint): boolean =>
      wanted.has(print.session) && print.size >= minSize && print.price * print.size >= minNotional;
  }, [sessions, minSize, minNotional]);
  const isNarrow = Object.keys(filters).length > (symbol === null ? 0 : 1) || sessions.length < SESSIONS.length;
  const actions = [
    ...(isNarrow
      ? [{ text: "Show every print", run: () => setFilter({ minNotional: 0, minSize: 0, sessions: SESSIONS, place: "all" }) }]
      : []),
    ...(symbol === null ? [] : [{ text: "All symbols", run: () => chooseSymbol(null, pane.id) }]),
  ];
  return (
    <Tape
      pane={pane}
      title="Equity prints"
      stream="equities"
      filters={filters}
      run={run}
      columns={columns}
      rate="tape"
      keep={keep}
      rowClasses={rowClasses}
      symbolOf={(print) => print.underlying_id}
      refOf={(print) => `equity-print:${print.trace_id}`}
      head={<PrintFilterBar filter={filter} hasPlace />}
      empty={{
        text: `No equity prints${symbol === null ? "" : ` of ${symbol}`} held${isNarrow ? " that pass the filter" : ""}.`,
        detail: "Prints appear here as they come; older ones are in history, below the live rows.",
        actions,
      }}
    />
  );
}
