/** A chart with its head, readout, cards and table. */
import { useEffect, useMemo, useRef, useState } from "react";
import { useCommands } from "../../app/commands";
import type { Command } from "../../app/commands";
import { openEvidence } from "../../app/intents";
import { look } from "../../app/look";
import type { PaneContext } from "../../app/panes";
import { useStore } from "../../stores/store";
import { Button, Chip, Menu, PaneFrame, PaneState, Toggles } from "../../ui/primitives";
import { zone } from "../../ui/time";
import { BarTable } from "./BarTable";
import { HoverCard, UnfoldedMarks } from "./cards";
import { ChartController } from "./controller";
import { INTERVALS, intervalText, stepInterval } from "./interval";
import { LAYERS, settings } from "./settings";
import "./chart.css";

interface ChartProps {
  readonly pane: PaneContext;
  readonly symbol: string;
  readonly run: string | null;
  readonly isProfileShown: boolean;
}

export function Chart({ pane, symbol, run, isProfileShown }: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const intervalMs = useStore(settings, (value) => value.intervalMs);
  const isHeikinAshi = useStore(settings, (value) => value.isHeikinAshi);
  const [menuAt, setMenuAt] = useState<{ readonly x: number; readonly y: number } | null>(null);
  const [isTable, setTable] = useState(false);

  const controller = useMemo(
    () => new ChartController({ symbol, intervalMs, run }, isProfileShown, openEvidence),
    [symbol, intervalMs, run, isProfileShown],
  );
  useEffect(() => {
    if (host.current === null) return;
    const unmount = controller.mount(host.current);
    const again = (): void => controller.apply(settings.get());
    // The theme is on the root element one notification after `look` has changed.
    const later = (): void => queueMicrotask(again);
    const leave = [settings.subscribe(again), zone.subscribe(again), look.subscribe(later)];
    return () => {
      for (const each of leave) each();
      unmount();
    };
  }, [controller]);
  useCommands(() => chartCommands(pane, controller, () => setTable((on) => !on)), [pane, controller]);

  const state = useStore(controller.feed.state);
  return (
    <PaneFrame
      title={symbol}
      status={
        <>
          <Toggles
            label="interval"
            options={INTERVALS.map(({ ms, text }) => ({ value: String(ms), text }))}
            chosen={[String(intervalMs)]}
            onToggle={(value) => settings.patch({ intervalMs: Number(value) })}
          />
          {isHeikinAshi && <Chip outlined title="Heikin-Ashi bars; the readout keeps the true prices">HA</Chip>}
        </>
      }
      actions={
        <>
          <Button pressed={isTable} onClick={() => setTable((on) => !on)} title="table of the bars in view (v)">
            Table
          </Button>
          <Button
            aria-haspopup="menu"
            onClick={(event) => {
              const box = event.currentTarget.getBoundingClientRect();
              setMenuAt({ x: box.right - 220, y: box.bottom });
            }}
          >
            Layers
          </Button>
        </>
      }
    >
      <div className={isTable ? "chart hidden" : "chart"} ref={host} role="figure" aria-label={`chart of ${symbol}, ${intervalText(intervalMs)}; press v for a table`} />
      {!isTable && <ReadoutLine controller={controller} />}
      {state.phase === "empty" && <EmptyState symbol={symbol} intervalMs={intervalMs} unpriced={state.unpriced} />}
      {state.phase === "failed" && (
        <PaneState
          tone="warn"
          title={state.problem.title}
          detail={[state.problem.code, state.problem.detail, state.problem.requestId].filter(Boolean).join(" · ")}
          actions={[{ text: "Try again", run: () => controller.feed.retry() }]}
        />
      )}
      {isTable && <BarTable controller={controller} intervalMs={intervalMs} />}
      <HoverCard controller={controller} />
      <UnfoldedMarks controller={controller} />
      {menuAt !== null && <LayerMenu at={menuAt} onClose={() => setMenuAt(null)} />}
    </PaneFrame>
  );
}

function ReadoutLine({ controller }: { readonly controller: ChartController }) {
  const bar = useStore(controller.readout);
  if (bar === null) return null;
  return (
    <p className="chart-readout">
      <span className="faint">{bar.time}</span>
      {bar.isForming && <span className="faint">forming</span>}
      <span><i>O</i>{bar.open}</span>
      <span><i>H</i>{bar.high}</span>
      <span><i>L</i>{bar.low}</span>
      <span><i>C</i>{bar.close}</span>
      <span className={`wide ${bar.direction}`}>{bar.change}</span>
      <span className="wide"><i>vol</i>{bar.volume}</span>
      <span className="wide"><i>off-ex</i>{bar.offExchange}</span>
      <span className="vwap"><i>VWAP</i>{bar.vwap}</span>
    </p>
  );
}

interface EmptyProps {
  readonly symbol: string;
  readonly intervalMs: number;
  readonly unpriced: number;
}

function EmptyState({ symbol, intervalMs, unpriced }: EmptyProps) {
  const text = intervalText(intervalMs);
  const detail =
    unpriced > 0
      ? `${unpriced} prints came outside a session's hours or under conditions that set no price.`
      : "No print of it has been seen. Bars appear with the first one; older bars are read when you scroll left.";
  const action = intervalMs === 60_000 ? [] : [{ text: "Show 1m", run: () => settings.patch({ intervalMs: 60_000 }) }];
  return <PaneState title={`No priced bars of ${symbol} at ${text}.`} detail={detail} actions={action} />;
}

function LayerMenu({ at, onClose }: { readonly at: { readonly x: number; readonly y: number }; readonly onClose: () => void }) {
  const chosen = useStore(settings);
  const items = LAYERS.map(({ layer, text }) => ({
    id: layer,
    text,
    checked: chosen[layer],
    run: () => settings.patch({ [layer]: !chosen[layer] }),
  }));
  return <Menu label="Layers of the chart" items={items} onClose={onClose} x={at.x} y={at.y} />;
}

/** The interval is that of every chart, so its keys count whichever pane is active. */
function everywhere({ id, title, group, keys, run }: Command): Command {
  return { id, title, group, ...(keys === undefined ? {} : { keys }), run };
}

function chartCommands(pane: PaneContext, controller: ChartController, toggleTable: () => void) {
  const command = (id: string, text: string, keys: readonly string[], run: () => void) => ({
    id: `${pane.id}.${id}`,
    title: `Chart: ${text}`,
    group: "Chart",
    pane: pane.id,
    keys,
    run,
  });
  const step = (by: 1 | -1) => () =>
    settings.set((now) => ({ ...now, intervalMs: stepInterval(now.intervalMs, by) }));
  return [
    everywhere(command("shorter", "shorter interval", ["["], step(-1))),
    everywhere(command("longer", "longer interval", ["]"], step(1))),
    command("table", "table of what is in view", ["v"], toggleTable),
    command("left", "scroll left", ["ArrowLeft"], () => controller.pan(-10)),
    command("right", "scroll right", ["ArrowRight"], () => controller.pan(10)),
    command("in", "zoom in", ["+", "="], () => controller.zoom(0.8)),
    command("out", "zoom out", ["-"], () => controller.zoom(1.25)),
    command("now", "back to the newest bar", ["f", "Home"], () => controller.toNow()),
    ...LAYERS.map(({ layer, text }) =>
      command(`layer.${layer}`, `show or hide ${text}`, [], () =>
        settings.set((now) => ({ ...now, [layer]: !now[layer] })),
      ),
    ),
  ];
}
