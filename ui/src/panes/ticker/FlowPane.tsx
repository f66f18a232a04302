/** The options tape of the symbol: every print, or those of what the grid was clicked for. */
import { useMemo } from "react";
import type { PaneProps } from "../../app/panes";
import { useStore } from "../../stores/store";
import { Chip } from "../../ui/primitives";
import { plain } from "../../ui/number";
import { dayOf } from "../../ui/time";
import { filtersKey } from "../../wire/streams";
import { Tape } from "../grid/Tape";
import { columns, tintOf } from "../tape/columns";
import "../tape/tape.css";
import { flowFilters, gridChoice } from "./grid";
import { useGrid } from "./useGrid";
import { useTicker } from "./symbol";

const NO_SYMBOL = columns.filter((column) => column.id !== "symbol");
const rowClasses = { reversed: (print: { readonly reversed: boolean }) => print.reversed };

export default function FlowPane({ pane }: PaneProps) {
  const { symbol, run } = useTicker(pane.id);
  const { body } = useGrid(symbol, run);
  const choice = useStore(gridChoice);
  const asked = flowFilters(symbol, choice, body?.data ?? []);
  const asks = filtersKey(asked);
  // The grid is read again every minute; equal filters must not subscribe anew.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const filters = useMemo(() => asked, [asks]);
  const own = choice?.symbol === symbol ? choice : null;
  const words = [own?.strike === null || own === null ? "" : plain(own.strike), own?.expiry ? dayOf(own.expiry) : ""];
  const said = words.filter((word) => word !== "").join(" · ");
  return (
    <Tape
      pane={pane}
      title="Options"
      stream="options"
      filters={filters}
      run={run}
      columns={NO_SYMBOL}
      rate="tape"
      tint={tintOf}
      rowClasses={rowClasses}
      symbolOf={(print) => print.underlying_id}
      refOf={(print) => `print:${print.trace_id}`}
      head={said === "" ? "every print" : <Chip onRemove={() => gridChoice.set(null)}>{said}</Chip>}
      empty={{
        text: `No option prints of ${symbol}${said === "" ? "" : ` at ${said}`} held.`,
        detail: "Prints appear here as they come; older ones are in history, below the live rows.",
        actions: said === "" ? [] : [{ text: "Every contract", run: () => gridChoice.set(null) }],
      }}
    />
  );
}
