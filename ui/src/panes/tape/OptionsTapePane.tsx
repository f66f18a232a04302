/** The options tape. */
import { useCallback, useEffect, useMemo, useState } from "react";
import type { PaneProps } from "../../app/panes";
import { chooseSymbol, groupSymbols, paneGroups, symbolOf } from "../../app/intents";
import { route, setParams } from "../../app/router";
import { config } from "../../stores/config";
import { useStore } from "../../stores/store";
import { compact } from "../../ui/number";
import type { Filters } from "../../wire/streams";
import { filtersKey } from "../../wire/streams";
import { Tape } from "../grid/Tape";
import { FilterBar } from "./FilterBar";
import { columns, quoteAge, tintOf } from "./columns";
import { NOTIONAL_STEPS, keepOf, phrases, presetOf, toFilters } from "./filter";
import type { TapeFilter } from "./filter";
import { filterSummary } from "./summary";
import { filterOfParams, paramsOfFilter } from "./url";
import "./tape.css";

/** The floor acts at once on the rows in view; the gateway is asked after this pause. */
const ASK_AFTER_MS = 150;

/** The value, once it has stayed the same for a while; the first at once. */
function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(value), ms);
    return () => window.clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

export default function OptionsTapePane({ pane }: PaneProps) {
  const params = useStore(route, (value) => value.params);
  const { flowFilterPreset, optionsHotWindow, nbboMaxAgeMs } = useStore(config);
  // Read for their changes: the symbol depends on both.
  useStore(groupSymbols);
  useStore(paneGroups);
  const symbol = symbolOf(pane.id);
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

  const asked = useStableFilters(
    useMemo(() => {
      const symbols = symbol === null ? filter.underlying_ids : [symbol];
      return toFilters({ ...filter, underlying_ids: symbols });
    }, [filter, symbol]),
  );
  const filters = useSettled(asked, ASK_AFTER_MS);
  const keep = useMemo(() => keepOf(filter), [filter]);
  useEffect(() => {
    const text = phrases(filter).map((each) => each.text);
    filterSummary.set(text.join(" · "));
    return () => filterSummary.set("");
  }, [filter]);

  const lower = NOTIONAL_STEPS.findLast((step) => step < filter.min_notional);
  const actions = [
    ...(lower === undefined
      ? []
      : [{ text: `Lower to $${compact(lower)}`, run: () => change({ ...filter, min_notional: lower }) }]),
    ...(filter.view === "raw"
      ? []
      : [{ text: "Show raw", run: () => change({ ...filter, view: "raw" as const }) }]),
    ...(symbol === null ? [] : [{ text: "All symbols", run: () => chooseSymbol(null, pane.id) }]),
  ];
  const floor = filter.min_notional > 0 ? ` with premium ≥ $${compact(filter.min_notional)}` : "";
  return (
    <Tape
      pane={pane}
      title="Options"
      stream="options"
      filters={filters}
      run={params.run ?? null}
      columns={columns}
      rate="tape"
      capacity={optionsHotWindow}
      keep={keep}
      tint={tintOf}
      rowClasses={rowClasses}
      symbolOf={(print) => print.underlying_id}
      refOf={(print) => `print:${print.trace_id}`}
      head={<FilterBar paneId={pane.id} filter={filter} onChange={change} />}
      empty={{
        text: `No ${filter.view === "raw" ? "" : "signal "}prints${symbol === null ? "" : ` of ${symbol}`} held${floor}.`,
        detail: "Prints appear here as they come; older ones are in history, below the live rows.",
        actions,
      }}
    />
  );
}

const rowClasses = {
  reversed: (print: { readonly reversed: boolean }) => print.reversed,
};

/** The same object while the filters say the same, so a re-render does not subscribe anew. */
function useStableFilters(filters: Filters): Filters {
  const key = filtersKey(filters);
  // Equal keys mean equal filters, so the older object serves.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  return useMemo(() => filters, [key]);
}
