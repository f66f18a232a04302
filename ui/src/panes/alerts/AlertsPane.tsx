/** Alerts, newest first, with the severity strip above them. */
import { useCallback, useEffect, useState } from "react";
import { openEvidence } from "../../app/intents";
import { useCommands } from "../../app/commands";
import type { PaneProps } from "../../app/panes";
import { setParams } from "../../app/router";
import { ofSymbol, usePane } from "../../app/usePane";
import type { FlowAlert } from "../../generated";
import type { MenuItem } from "../../ui/primitives";
import { ParamChoices } from "../grid/ParamChoices";
import { Tape } from "../grid/Tape";
import { nothingHeld } from "../grid/emptyTape";
import { Announcer } from "./Announcer";
import { SeverityStrip } from "./SeverityStrip";
import { acknowledge, acks, isMuted, toggleMuted } from "./acks";
import { columns, tintOf } from "./columns";
import { chosen, keepFeed, newestUnseen, settle } from "./feed";
import { CHOICES, CLEARED, alertFilters } from "./filters";
import { snoozeUntil } from "./snooze";
import { SEVERITIES } from "./words";
import type { Severity } from "./words";
import "./alerts.css";

export default function AlertsPane({ pane }: PaneProps) {
  const { symbol, run, params } = usePane(pane.id);
  useEffect(() => keepFeed(run), [run]);
  useEffect(() => acks.subscribe(settle), []);
  const filters = alertFilters(params);
  const severities = SEVERITIES.filter((each) => (params.severity ?? "").split(",").includes(each));
  const toggle = (severity: Severity): void => {
    const next = SEVERITIES.filter((each) => severities.includes(each) !== (each === severity));
    setParams({ severity: next.length === 0 || next.length === SEVERITIES.length ? null : next.join(",") });
  };
  const [selected, setSelected] = useState<FlowAlert | null>(null);
  const select = useCallback((alert: FlowAlert | null): void => {
    setSelected(alert);
    if (alert !== null) chosen.set(alert);
  }, []);
  useCommands(() => commandsOf(pane.id, () => selected), [pane.id, selected]);
  const isFiltered = Object.keys(filters).length > 0;
  return (
    <>
      <Tape
        pane={pane}
        title="Alerts"
        stream="alerts"
        filters={{ ...filters, ...ofSymbol(symbol) }}
        columns={columns}
        rate="urgent"
        depth={300}
        tint={tintOf}
        rowClasses={rowClasses}
        whileHidden
        refOf={(alert) => alert.alert_id}
        onSelect={select}
        rowActions={actionsOf}
        head={<ParamChoices choices={CHOICES} params={params} />}
        bar={<SeverityStrip chosen={severities} onToggle={toggle} />}
        empty={nothingHeld({
          paneId: pane.id,
          symbol,
          what: "alerts",
          narrowing: isFiltered ? " with this filter" : "",
          detail: "Alerts appear as packets score; most packets stay below the least score.",
          widen: isFiltered ? [{ text: "Clear the filter", run: () => setParams(CLEARED) }] : [],
        })}
      />
      <Announcer />
    </>
  );
}

function actionsOf(alert: FlowAlert): readonly MenuItem[] {
  const classifiers = [...new Set(alert.hits.map((hit) => hit.classifier_id))];
  const { muted } = acks.get().acks;
  const has = (kind: string, value: string): boolean =>
    muted.some((each) => each.kind === kind && each.value === value);
  return [
    { id: "acknowledge", text: "Acknowledge", hint: "a", run: () => acknowledge(alert) },
    {
      id: "snooze",
      text: `Snooze ${alert.underlying_id} for an hour`,
      checked: has("symbol", alert.underlying_id),
      run: () => toggleMuted({ kind: "symbol", value: alert.underlying_id, until_ts: snoozeUntil(alert) }),
    },
    ...classifiers.map((value) => ({
      id: `mute-${value}`,
      text: `Mute ${value.replaceAll("_", " ")} today`,
      checked: has("classifier", value),
      run: () => toggleMuted({ kind: "classifier", value, until_ts: null }),
    })),
  ];
}

function commandsOf(paneId: string, selected: () => FlowAlert | null) {
  const group = "Alerts";
  const withAlert = (run: (alert: FlowAlert) => void) => (): void => {
    const alert = selected() ?? chosen.get();
    if (alert !== null) run(alert);
  };
  return [
    {
      id: `${paneId}.newest`,
      title: "Newest unacknowledged alert",
      group,
      keys: ["n"],
      run: () => {
        const alert = newestUnseen.get();
        if (alert === null) return;
        chosen.set(alert);
        openEvidence(alert.alert_id);
      },
    },
    {
      id: `${paneId}.acknowledge`,
      title: "Acknowledge the alert",
      group,
      pane: paneId,
      keys: ["a"],
      run: withAlert(acknowledge),
    },
    {
      id: `${paneId}.snooze`,
      title: "Snooze the alert's symbol for an hour",
      group,
      run: withAlert((alert) =>
        toggleMuted({ kind: "symbol", value: alert.underlying_id, until_ts: snoozeUntil(alert) }),
      ),
    },
    {
      id: `${paneId}.mute`,
      title: "Mute the alert's classifier today",
      group,
      run: withAlert((alert) => {
        const [hit] = alert.hits;
        if (hit !== undefined) toggleMuted({ kind: "classifier", value: hit.classifier_id, until_ts: null });
      }),
    },
    {
      id: `${paneId}.strip`,
      title: "Alerts: severity strip",
      group,
      run: () => document.querySelector<HTMLElement>(".severity-strip button")?.focus(),
    },
  ];
}

const rowClasses = {
  retracted: (alert: FlowAlert) => alert.state === "retracted",
  muted: (alert: FlowAlert) => isMuted(alert),
};
