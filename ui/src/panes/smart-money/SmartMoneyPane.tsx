/** Smart-money events, abstained ones among them. */
import { useMemo } from "react";
import { chooseSymbol, groupSymbols, paneGroups, symbolOf } from "../../app/intents";
import type { PaneProps } from "../../app/panes";
import { route, setParams } from "../../app/router";
import type { SmartMoneyEvent } from "../../generated";
import { useStore } from "../../stores/store";
import type { Filters } from "../../wire/streams";
import { Tape } from "../grid/Tape";
import { chosen } from "./chosen";
import { columns, tintOf } from "./columns";
import "../alerts/alerts.css";
import "../evidence/profiles.css";
import "./smart-money.css";

const PROFILES = ["institutional_directional", "retail_whale", "event_driven", "vol_seller", "arbitrage", "hedge_reactive"];
const CHOICES = [
  { name: "profile", label: "profile", options: PROFILES, mark: "" },
  { name: "direction", label: "direction", options: ["bullish", "bearish", "neutral", "mixed", "unknown"], mark: "" },
  { name: "min_confidence", label: "confidence", options: ["0.5", "0.6", "0.7", "0.8"], mark: "≥ " },
  { name: "abstained", label: "abstained", options: ["exclude", "only"], mark: "" },
  { name: "min_notional", label: "premium", options: ["10000", "25000", "50000", "100000", "250000", "1000000"], mark: "≥ $" },
] as const;

export default function SmartMoneyPane({ pane }: PaneProps) {
  const params = useStore(route, (value) => value.params);
  // Read for their changes: the symbol depends on both.
  useStore(groupSymbols);
  useStore(paneGroups);
  const symbol = symbolOf(pane.id);
  const key = JSON.stringify([symbol, CHOICES.map(({ name }) => params[name] ?? "")]);
  const filters = useMemo<Filters>(() => {
    const [of, values] = JSON.parse(key) as [string | null, string[]];
    const asked: Record<string, string | number | readonly string[]> = {};
    CHOICES.forEach(({ name }, at) => {
      const value = values[at] ?? "";
      if (value === "") return;
      asked[name] = name.startsWith("min_") ? Number(value) : name === "abstained" ? value : value.split(",");
    });
    return of === null ? asked : { ...asked, underlying_ids: [of] };
  }, [key]);
  const isFiltered = CHOICES.some(({ name }) => params[name] !== undefined);
  return (
    <Tape
      pane={pane}
      title="Smart money"
      stream="smart-money"
      filters={filters}
      run={params.run ?? null}
      columns={columns}
      rate="urgent"
      tint={tintOf}
      rowClasses={rowClasses}
      symbolOf={(event) => event.underlying_id}
      refOf={(event) => event.event_id}
      onSelect={(event) => {
        if (event !== null) chosen.set(event);
      }}
      head={
        <span className="alert-filters">
          {CHOICES.map(({ name, label, options, mark }) => (
            <select
              key={name}
              aria-label={label}
              className={params[name] === undefined ? "" : "chosen"}
              value={params[name] ?? ""}
              onChange={(event) => setParams({ [name]: event.target.value === "" ? null : event.target.value })}
            >
              <option value="">{name === "abstained" ? "abstained too" : label}</option>
              {options.map((value) => (
                <option key={value} value={value}>
                  {`${name === "abstained" ? "abstained: " : ""}${mark}${value.replaceAll("_", " ")}`}
                </option>
              ))}
            </select>
          ))}
        </span>
      }
      empty={{
        text: `No smart-money events${symbol === null ? "" : ` of ${symbol}`} held${isFiltered ? " with this filter" : ""}.`,
        detail: "An event follows each packet that is large enough to ask who traded.",
        actions: [
          ...(isFiltered
            ? [{ text: "Clear the filter", run: () => setParams(Object.fromEntries(CHOICES.map(({ name }) => [name, null]))) }]
            : []),
          ...(symbol === null ? [] : [{ text: "All symbols", run: () => chooseSymbol(null, pane.id) }]),
        ],
      }}
    />
  );
}

const rowClasses = {
  abstained: (event: SmartMoneyEvent) => event.abstained,
};
