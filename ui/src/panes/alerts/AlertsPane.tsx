/** Alerts, newest first, with the severity strip above them. */
import { useCallback, useEffect, useMemo, useState } from "react";
import { chooseSymbol, groupSymbols, openEvidence, paneGroups, symbolOf } from "../../app/intents";
import { useCommands } from "../../app/commands";
import type { PaneProps } from "../../app/panes";
import { route, setParams } from "../../app/router";
import type { FlowAlert } from "../../generated";
import { useStore } from "../../stores/store";
import type { MenuItem } from "../../ui/primitives";
import type { Filters } from "../../wire/streams";
import { Tape } from "../grid/Tape";
import { AlertFilters } from "./AlertFilters";
import { Announcer } from "./Announcer";
import { SeverityStrip } from "./SeverityStrip";
import { acknowledge, acks, isMuted, toggleMuted } from "./acks";
import { columns, tintOf } from "./columns";
import { chosen, keepFeed, newestUnseen, settle } from "./feed";
import { alertFilters } from "./filters";
import { snoozeUntil } from "./snooze";
import { SEVERITIES } from "./words";
import type { Severity } from "./words";
import "../evidence/profiles.css";
import "./alerts.css";

export default function AlertsPane({ pane }: PaneProps) {
  const params = useStore(route, (value) => value.params);
  const run = params.run ?? null;
  // Read for their changes: the symbol depends on both.
  useStore(groupSymbols);
  useStore(paneGroups);
  const symbol = symbolOf(pane.id);
  useEffect(() => keepFeed(run), [run]);
  useEffect(() => acks.subscribe(settle), []);
  const filters = useMemo<Filters>(() => alertFilters(params, symbol), [params, symbol]);
  const asked = useSame(filters);
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
        filters={asked}
        run={run}
        columns={columns}
        rate="urgent"
        depth={300}
        tint={tintOf}
        rowClasses={rowClasses}
        whileHidden
        symbolOf={(alert) => alert.underlying_id}
        refOf={(alert) => alert.alert_id}
        onSelect={select}
        rowActions={actionsOf}
        head={<AlertFilters params={params} />}
        bar={<SeverityStrip chosen={severities} onToggle={toggle} />}
        empty={{
          text: `No alerts${symbol === null ? "" : ` of ${symbol}`} held${isFiltered ? " with this filter" : ""}.`,
          detail: "Alerts appear as packets score; most packets stay below the least score.",
          actions: [
            ...(isFiltered ? [{ text: "Clear the filter", run: clear }] : []),
            ...(symbol === null ? [] : [{ text: "All symbols", run: () => chooseSymbol(null, pane.id) }]),
          ],
        }}
      />
      <Announcer />
    </>
  );
}

function clear(): void {
  setParams({ severity: null, min_score: null, direction: null, state: null, outcome: null, classifier: null, profile: null });
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

/** The same object while the filters say the same, so a re-render does not subscribe anew. */
function useSame(filters: Filters): Filters {
  const key = JSON.stringify(filters);
  // Equal keys mean equal filters, so the older object serves.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  return useMemo(() => filters, [key]);
}
