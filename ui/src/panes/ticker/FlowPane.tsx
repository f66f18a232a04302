/** The options tape of the symbol: every print, or those of what the grid was clicked for. */
import type { PaneProps } from "../../app/panes";
import { useStore } from "../../stores/store";
import { Chip } from "../../ui/primitives";
import { plain } from "../../ui/number";
import { dayOf } from "../../ui/time";
import { Tape } from "../grid/Tape";
import { linkTint } from "../grid/links";
import { columns } from "../tape/columns";
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
  const own = choice?.symbol === symbol ? choice : null;
  const words = [own?.strike === null || own === null ? "" : plain(own.strike), own?.expiry ? dayOf(own.expiry) : ""];
  const said = words.filter((word) => word !== "").join(" · ");
  return (
    <Tape
      pane={pane}
      title="Options"
      stream="options"
      filters={flowFilters(symbol, choice, body?.data ?? [])}
      columns={NO_SYMBOL}
      rate="tape"
      tint={linkTint}
      rowClasses={rowClasses}
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
