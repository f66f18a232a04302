/** Smart-money events, abstained ones among them. */
import type { PaneProps } from "../../app/panes";
import { setParams } from "../../app/router";
import { ofSymbol, usePane } from "../../app/usePane";
import type { SmartMoneyEvent } from "../../generated";
import { PROFILE_IDS } from "../../ui/market";
import type { FilterValue, Filters } from "../../wire/streams";
import { ParamChoices } from "../grid/ParamChoices";
import type { Choice } from "../grid/ParamChoices";
import { Tape } from "../grid/Tape";
import { nothingHeld } from "../grid/emptyTape";
import { chosen } from "./chosen";
import { columns, tintOf } from "./columns";
import "./smart-money.css";

const CHOICES: readonly Choice[] = [
  { name: "profile", label: "profile", options: PROFILE_IDS },
  { name: "direction", label: "direction", options: ["bullish", "bearish", "neutral", "mixed", "unknown"] },
  { name: "min_confidence", label: "confidence", options: ["0.5", "0.6", "0.7", "0.8"], mark: "≥ " },
  { name: "abstained", label: "abstained", options: ["exclude", "only"], mark: "abstained: ", any: "abstained too" },
  { name: "min_notional", label: "premium", options: ["10000", "25000", "50000", "100000", "250000", "1000000"], mark: "≥ $" },
];
const clear = (): void => setParams(Object.fromEntries(CHOICES.map(({ name }) => [name, null])));

function filtersOf(params: Readonly<Record<string, string>>): Filters {
  const asked: Record<string, FilterValue> = {};
  for (const { name } of CHOICES) {
    const value = params[name] ?? "";
    if (value === "") continue;
    if (name.startsWith("min_")) asked[name] = Number(value);
    else asked[name] = name === "abstained" ? value : value.split(",");
  }
  return asked;
}

export default function SmartMoneyPane({ pane }: PaneProps) {
  const { symbol, params } = usePane(pane.id);
  const isFiltered = CHOICES.some(({ name }) => params[name] !== undefined);
  return (
    <Tape
      pane={pane}
      title="Smart money"
      stream="smart-money"
      filters={{ ...filtersOf(params), ...ofSymbol(symbol) }}
      columns={columns}
      rate="urgent"
      tint={tintOf}
      rowClasses={rowClasses}
      refOf={(event) => event.event_id}
      onSelect={(event) => {
        if (event !== null) chosen.set(event);
      }}
      head={<ParamChoices choices={CHOICES} params={params} />}
      empty={nothingHeld({
        paneId: pane.id,
        symbol,
        what: "smart-money events",
        narrowing: isFiltered ? " with this filter" : "",
        detail: "An event follows each packet that is large enough to ask who traded.",
        widen: isFiltered ? [{ text: "Clear the filter", run: clear }] : [],
      })}
    />
  );
}

const rowClasses = {
  abstained: (event: SmartMoneyEvent) => event.abstained,
};
