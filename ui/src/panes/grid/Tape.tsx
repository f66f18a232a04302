/**
 * The tape every stream of records is shown in; `columns.ts` says how to make one of your own.
 */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { ReactNode } from "react";
import { useCommands } from "../../app/commands";
import { openEvidence, openTicker, requestExport, requestRule } from "../../app/intents";
import { look, ROW_PX } from "../../app/look";
import type { PaneContext } from "../../app/panes";
import { route, runOf } from "../../app/router";
import { config } from "../../stores/config";
import { useStore } from "../../stores/store";
import { Menu, PaneFrame, PaneState } from "../../ui/primitives";
import type { MenuItem } from "../../ui/primitives";
import type { PrintLink } from "../../wire/frames";
import { filtersKey } from "../../wire/streams";
import type { Filters, Stream, Streams } from "../../wire/streams";
import { HoverCard } from "./HoverCard";
import { TapeController } from "./controller";
import type { ChildRow, TapeColumn, Tint } from "./columns";
import type { EmptyTape } from "./emptyTape";
import "./modules";
import "./grid.css";
import { TapeStatusLine } from "./TapeStatusLine";

export interface TapeProps<S extends Stream> {
  readonly pane: PaneContext;
  readonly title: string;
  readonly stream: S;
  /** As the gateway takes them; others than before mean another subscription. */
  readonly filters: Filters;
  /** Pause before changed filters are asked for: while one is typed or clicked together. */
  readonly askAfterMs?: number;
  readonly columns: readonly TapeColumn<Streams[S]>[];
  /** `urgent` for alerts, smart money and packets; `tape` for prints, governed under load. */
  readonly rate: "urgent" | "tape";
  /** Evidence ref of a record, `print:<trace id>` or a derived id as it stands. */
  readonly refOf: (record: Streams[S]) => string;
  /** What was asked, why it may be empty, and what to try. */
  readonly empty: EmptyTape;
  /** Rows of the first snapshot; 200 unless said. */
  readonly depth?: number;
  /** Rows kept live; what the gateway says of every tape unless said. */
  readonly capacity?: number;
  readonly tint?: (record: Streams[S], link: PrintLink | undefined) => Tint | null;
  /** CSS classes of a row by name: retracted, inferred, … */
  readonly rowClasses?: Readonly<
    Record<string, (record: Streams[S], link: PrintLink | undefined) => boolean>
  >;
  /** Hides rows in view before the gateway has answered a changed filter. */
  readonly keep?: ((record: Streams[S]) => boolean) | null;
  /** In the pane's head, beside the title: filters. */
  readonly head?: ReactNode;
  /** Between head and rows: strips. */
  readonly bar?: ReactNode;
  /** More entries of the row menu. */
  readonly rowActions?: (record: Streams[S]) => readonly MenuItem[];
  /** Stay subscribed while the tab is hidden (alerts). */
  readonly whileHidden?: boolean;
  /** Under which print's id the links of a record come; its own trace id unless said. */
  readonly linkOf?: (record: Streams[S]) => string;
  /** Rows a record opens into, by a press on a cell of class `expander` or the arrows. */
  readonly expand?: (record: Streams[S]) => Promise<readonly ChildRow[]>;
  /** In place of opening the evidence drawer. */
  readonly onOpen?: (record: Streams[S]) => void;
  /** Told of the selected record; null when none is. */
  readonly onSelect?: (record: Streams[S] | null) => void;
}

const noClasses = {};

function openOf<S extends Stream>(props: TapeProps<S>): (record: Streams[S]) => void {
  return props.onOpen ?? ((record) => openEvidence(props.refOf(record)));
}

export function Tape<S extends Stream>(props: TapeProps<S>) {
  const { pane, title, stream, columns, keep = null } = props;
  const filters = useSettled(useSame(props.filters), props.askAfterMs ?? 0);
  const run = useStore(route, runOf);
  const { density } = useStore(look);
  const hotWindow = useStore(config, (value) => value.hotWindow);
  const { capacity = hotWindow } = props;
  const host = useRef<HTMLDivElement>(null);
  const [menu, setMenu] = useState<Streams[S] | null>(null);
  // What callbacks read is today's props; the controller outlives many renders.
  const latest = useRef(props);

  const controller = useMemo(
    () =>
      new TapeController<Streams[S]>({
        name: stream,
        layoutKey: pane.kind,
        stream,
        filters,
        run,
        depth: props.depth ?? 200,
        capacity,
        rate: props.rate,
        columns,
        tint: props.tint ?? null,
        rowClasses: props.rowClasses ?? noClasses,
        keep,
        whileHidden: props.whileHidden ?? false,
        linkOf: props.linkOf ?? null,
        expand: props.expand ?? null,
      }),
    // Made once a pane and stream; filters and `keep` are told to it below.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [stream, columns, pane.id, capacity],
  );
  // Before a key can act on what has been painted.
  useLayoutEffect(() => {
    latest.current = props;
    controller.setHandlers(openOf(props), (record) => setMenu(record));
  }, [props, controller]);

  useEffect(() => {
    if (host.current === null) return;
    return controller.mount(host.current, ROW_PX[density]);
  }, [controller, density]);

  const asked = useRef({ controller, filters, run });
  useEffect(() => {
    const before = asked.current;
    asked.current = { controller, filters, run };
    if (before.controller !== controller) return;
    if (before.filters !== filters || before.run !== run) controller.setFilters(filters, run);
  }, [controller, filters, run]);
  useEffect(() => controller.setKeep(keep), [controller, keep]);
  useEffect(
    () =>
      controller.selected.subscribe(() => {
        const row = controller.selectedRow();
        latest.current.onSelect?.(row?.kind === "record" ? row.record : null);
      }),
    [controller],
  );

  useCommands(() => tapeCommands(controller, pane, title, () => latest.current), [controller, title]);
  useCommands(() => {
    if (latest.current.expand === undefined) return [];
    const group = { group: "Tape", pane: pane.id, quiet: true } as const;
    return [
      { ...group, id: `${pane.id}.expand`, title: `${title}: open the row in place`, keys: ["ArrowRight"],
        run: () => void controller.expandSelected(true) },
      { ...group, id: `${pane.id}.collapse`, title: `${title}: close the row`, keys: ["ArrowLeft"],
        run: () => void controller.expandSelected(false) },
    ];
  }, [controller, title]);

  const phase = useStore(controller.model.status, (status) => status.phase);
  const hovered = useStore(controller.hovered);
  return (
    <PaneFrame
      title={title}
      bar={props.bar}
      status={props.head}
      actions={<TapeStatusLine controller={controller} stream={stream} />}
    >
      <div className="tape" ref={host} key={density} />
      {phase === "empty" && (
        <PaneState
          title={props.empty.text}
          {...(props.empty.detail === undefined ? {} : { detail: props.empty.detail })}
          {...(props.empty.actions === undefined ? {} : { actions: props.empty.actions })}
        />
      )}
      {hovered && <HoverCard {...hovered} />}
      {menu !== null && (
        <RowMenu record={menu} props={props} onClose={() => setMenu(null)} open={openOf(props)} />
      )}
    </PaneFrame>
  );
}

/** The same object while the filters say the same, so that a render does not subscribe anew. */
function useSame(filters: Filters): Filters {
  const key = filtersKey(filters);
  // Equal keys mean equal filters, so the older object serves.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  return useMemo(() => filters, [key]);
}

/** The value, once it has stayed the same for a while; the first at once. */
function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    if (ms === 0) return;
    const timer = window.setTimeout(() => setSettled(value), ms);
    return () => window.clearTimeout(timer);
  }, [value, ms]);
  return ms === 0 ? value : settled;
}

interface RowMenuProps<S extends Stream> {
  readonly record: Streams[S];
  readonly props: TapeProps<S>;
  readonly onClose: () => void;
  readonly open: (record: Streams[S]) => void;
}

function RowMenu<S extends Stream>({ record, props, onClose, open }: RowMenuProps<S>) {
  const box = document.querySelector(`[data-pane="${CSS.escape(props.pane.id)}"] .selected`);
  const { left = 0, bottom = 0 } = box?.getBoundingClientRect() ?? {};
  const items: readonly MenuItem[] = [
    { id: "open", text: "Open evidence", hint: "Enter", run: () => open(record) },
    {
      id: "ticker",
      text: `Open ${record.underlying_id}`,
      hint: "Shift+Enter",
      run: () => openTicker(record.underlying_id),
    },
    { id: "copy", text: "Copy record", hint: "c", run: () => copy(JSON.stringify(record, null, 2)) },
    ...(props.rowActions?.(record) ?? []),
  ];
  return <Menu label="Row" items={items} onClose={onClose} x={left + 96} y={bottom} />;
}

function copy(text: string): void {
  void navigator.clipboard.writeText(text);
}

function tapeCommands<S extends Stream>(
  controller: TapeController<Streams[S]>,
  pane: PaneContext,
  title: string,
  props: () => TapeProps<S>,
) {
  const command = (id: string, text: string, keys: readonly string[], run: () => void, quiet = false) => ({
    id: `${pane.id}.${id}`,
    title: `${title}: ${text}`,
    group: "Tape",
    pane: pane.id,
    keys,
    quiet,
    run,
  });
  const record = (): Streams[S] | null => {
    const row = controller.selectedRow();
    return row?.kind === "record" ? row.record : null;
  };
  const withRecord = (run: (record: Streams[S]) => void) => () => {
    const found = record();
    if (found !== null) run(found);
  };
  const isHeld = (): boolean => controller.model.status.get().mode === "hold";
  return [
    command("next", "next row", ["j", "ArrowDown"], () => controller.step(1), true),
    command("previous", "previous row", ["k", "ArrowUp"], () => controller.step(-1), true),
    command("page-down", "a page on", ["PageDown"], () => controller.step(20), true),
    command("page-up", "a page back", ["PageUp"], () => controller.step(-20), true),
    // In a replay `Space` is the clock's.
    { ...command("hold", "pause or resume", ["Space"], () => controller.toggleHold()), when: () => runOf(route.get()) === null },
    command("follow", "jump to live", ["f", "Home"], () => controller.follow()),
    { ...command("release", "release hold", ["Esc"], () => controller.follow(), true), when: isHeld },
    command("end", "oldest held row", ["End"], () => controller.toEnd()),
    command("open", "open evidence of the row", ["Enter"], () => controller.openSelected()),
    command(
      "ticker",
      "open the row's symbol",
      ["Shift+Enter"],
      withRecord((found) => openTicker(found.underlying_id)),
    ),
    command("copy", "copy the row's record", ["c"], withRecord((found) => copy(JSON.stringify(found, null, 2)))),
    command("export", "export", ["x"], () => {
      const { stream, filters } = props();
      requestExport({ stream, filters, run: runOf(route.get()), visible: () => controller.visibleText() });
    }),
    command("rule", "alert on this filter", [], () => requestRule({ stream: props().stream, filters: props().filters })),
    command("columns", "reset columns", [], () => controller.resetColumns()),
  ];
}
