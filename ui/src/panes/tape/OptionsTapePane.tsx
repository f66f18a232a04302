/** The options tape. */
import { useCallback, useEffect, useMemo } from "react";
import type { PaneProps } from "../../app/panes";
import { route, setParams } from "../../app/router";
import { ofSymbol, usePane } from "../../app/usePane";
import { config } from "../../stores/config";
import { useStore } from "../../stores/store";
import { compact } from "../../ui/number";
import { Tape } from "../grid/Tape";
import { nothingHeld } from "../grid/emptyTape";
import { linkTint } from "../grid/links";
import { FilterBar } from "./FilterBar";
import { columns, quoteAge } from "./columns";
import { NOTIONAL_STEPS, keepOf, phrases, presetOf, toFilters } from "./filter";
import type { TapeFilter } from "./filter";
import { filterSummary } from "./summary";
import { filterOfParams, paramsOfFilter } from "./url";
import "./tape.css";

/** The floor acts at once on the rows in view; the gateway is asked after this pause. */
const ASK_AFTER_MS = 150;

export default function OptionsTapePane({ pane }: PaneProps) {
  const { symbol, params } = usePane(pane.id);
  const { flowFilterPreset, optionsHotWindow, nbboMaxAgeMs } = useStore(config);
  useEffect(() => {
    quoteAge.maxMs = nbboMaxAgeMs;
  }, [nbboMaxAgeMs]);

  const filter = useMemo(() => filterOfParams(params, flowFilterPreset), [params, flowFilterPreset]);
  const change = useCallback(
    (next: TapeFilter): void => {
      const preset = presetOf(next) ?? route.get().params.preset ?? flowFilterPreset;
      setParams(paramsOfFilter(next, preset, flowFilterPreset));
    },
    [flowFilterPreset],
  );

  const filters = useMemo(() => ({ ...toFilters(filter), ...ofSymbol(symbol) }), [filter, symbol]);
  const keep = useMemo(() => keepOf(filter), [filter]);
  useEffect(() => {
    const text = phrases(filter).map((each) => each.text);
    filterSummary.set(text.join(" · "));
    return () => filterSummary.set("");
  }, [filter]);

  const lower = NOTIONAL_STEPS.findLast((step) => step < filter.min_notional);
  const widen = [
    ...(lower === undefined
      ? []
      : [{ text: `Lower to $${compact(lower)}`, run: () => change({ ...filter, min_notional: lower }) }]),
    ...(filter.view === "raw"
      ? []
      : [{ text: "Show raw", run: () => change({ ...filter, view: "raw" as const }) }]),
  ];
  const floor = filter.min_notional > 0 ? ` with premium ≥ $${compact(filter.min_notional)}` : "";
  return (
    <Tape
      pane={pane}
      title="Options"
      stream="options"
      filters={filters}
      askAfterMs={ASK_AFTER_MS}
      columns={columns}
      rate="tape"
      capacity={optionsHotWindow}
      keep={keep}
      tint={linkTint}
      rowClasses={rowClasses}
      refOf={(print) => `print:${print.trace_id}`}
      head={<FilterBar paneId={pane.id} filter={filter} onChange={change} />}
      empty={nothingHeld({
        paneId: pane.id,
        symbol,
        what: filter.view === "raw" ? "prints" : "signal prints",
        narrowing: floor,
        detail: "Prints appear here as they come; older ones are in history, below the live rows.",
        widen,
      })}
    />
  );
}

const rowClasses = {
  reversed: (print: { readonly reversed: boolean }) => print.reversed,
};
