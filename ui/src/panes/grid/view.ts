/**
 * A tape's grid: fixed slots while following, a list in hold (terminal specification, 2.4 and 5).
 *
 * Following, as many row nodes exist as fit plus four, and a commit writes the newest records into
 * their cells: adding and removing rows costs three times as much as the rest of a frame.
 */
import { createGrid } from "ag-grid-community";
import type { ColDef, GridApi, RowClassRules } from "ag-grid-community";
import type { PrintLink } from "../../wire/frames";
import type { RecordRow, TapeColumn, TapeRow, Tint } from "./columns";
import { READ_AHEAD_ROWS } from "./paging";
import { HEAD_PX, theme } from "./modules";
import { SlotCells, cellText, rowRules } from "./slots";
import type { RowLooks, Slot } from "./slots";

const SPARE_SLOTS = 4;
const FRESH_MS = 400;
/** `expand`: a press on the cell of a column that opens its row in place. */
export type RowAction = "select" | "open" | "menu" | "expand";

export interface ViewEvents {
  readonly onScrolled: (scrolled: { readonly nearEnd: boolean; readonly nearStart: boolean }) => void;
  /** The reader took hold of the tape: wheel, press, text selection or a sort. */
  readonly onTouched: () => void;
  readonly onRow: (id: string, action: RowAction) => void;
  readonly onHover: (id: string | null, x: number, y: number) => void;
  readonly onColumns: () => void;
}

export interface ViewOptions<R> {
  readonly columns: readonly TapeColumn<R>[];
  readonly rowHeight: number;
  readonly link: (row: RecordRow<R>) => PrintLink | undefined;
  readonly tint: ((record: R, link: PrintLink | undefined) => Tint | null) | null;
  readonly rowClasses: RowLooks<R>;
  readonly events: ViewEvents;
}

/** Width, order, visibility and pin of one column; what a layout keeps. */
export type ColumnLayout = ReturnType<GridApi["getColumnState"]>;

export class GridView<R> {
  private readonly api: GridApi<Slot<R>>;
  private slots = 0;
  private listing = false;
  private selected: string | null = null;
  private readonly abort = new AbortController();
  private readonly cells: SlotCells<R>;

  constructor(
    private readonly host: HTMLElement,
    private readonly options: ViewOptions<R>,
  ) {
    const { events } = options;
    this.cells = new SlotCells(host, options.columns, options.tint !== null, options.rowClasses);
    this.api = createGrid<Slot<R>>(host, {
      theme,
      columnDefs: options.columns.map((column) => this.columnDef(column)),
      defaultColDef: { resizable: true, suppressHeaderMenuButton: true, minWidth: 28, sortingOrder: ["desc", "asc", null] },
      rowData: [],
      getRowId: ({ data }) => data.key,
      rowHeight: options.rowHeight,
      headerHeight: HEAD_PX,
      animateRows: false,
      suppressCellFocus: true,
      suppressHeaderFocus: true,
      suppressRowHoverHighlight: true,
      suppressColumnVirtualisation: true,
      suppressMovableColumns: false,
      suppressDragLeaveHidesColumns: true,
      suppressScrollOnNewData: true,
      // Cells are selectable by style: the grid's own way wraps each cell's text in two elements more.
      suppressRowTransform: true,
      ensureDomOrder: true,
      scrollbarWidth: 0,
      rowBuffer: 8,
      rowClassRules: this.rowRules(),
      suppressOverlays: ["loading", "noRows"],
      onSortChanged: () => events.onTouched(),
      onDisplayedColumnsChanged: () => this.cells.unbind(),
      onViewportChanged: () => this.cells.unbind(),
      onColumnMoved: () => events.onColumns(),
      onColumnResized: ({ finished }) => finished && events.onColumns(),
      onColumnVisible: () => events.onColumns(),
      onBodyScroll: ({ direction }) => {
        if (direction === "vertical") events.onScrolled(this.position());
      },
    });
    this.listen();
  }

  destroy(): void {
    this.abort.abort();
    this.api.destroy();
  }

  get isListing(): boolean {
    return this.listing;
  }

  /** Make as many slots as the body has room for; returns whether their number changed. */
  fit(): boolean {
    const body = this.host.clientHeight - HEAD_PX;
    const wanted = Math.max(1, Math.ceil(body / this.options.rowHeight) + SPARE_SLOTS);
    if (wanted === this.slots && !this.listing) return false;
    this.slots = wanted;
    if (!this.listing) this.makeSlots();
    return true;
  }

  get slotCount(): number {
    return this.slots;
  }

  /** Write rows into the slots; returns whether a mark of a new row is still shown. */
  showTop(rows: readonly TapeRow<R>[], now: number): boolean {
    if (this.listing) {
      this.listing = false;
      this.api.applyColumnState({ defaultState: { sort: null } });
      this.makeSlots();
    }
    let fresh = false;
    for (let at = 0; at < this.slots; at += 1) {
      const slot = this.slot(`slot:${at}`, rows[at] ?? null, now);
      fresh ||= slot.fresh;
      const node = this.api.getRowNode(slot.key);
      if (node === undefined) continue;
      if (this.cells.write(slot)) node.data = slot;
      else node.setData(slot);
    }
    return fresh;
  }

  /** Show a list whose rows keep their identity. */
  showList(rows: readonly TapeRow<R>[]): void {
    const entering = !this.listing;
    this.listing = true;
    this.api.setGridOption(
      "rowData",
      rows.map((row) => this.slot(row.id, row, Number.POSITIVE_INFINITY)),
    );
    if (entering && rows.length > 0) this.api.ensureIndexVisible(0, "top");
  }

  /** Draw held rows again that changed. */
  redraw(rows: Iterable<TapeRow<R>>): void {
    for (const row of rows) {
      this.api.getRowNode(row.id)?.setData(this.slot(row.id, row, Number.POSITIVE_INFINITY));
    }
  }

  /** Draw every cell again: the zone or the density changed. */
  refresh(): void {
    this.api.refreshHeader();
    this.api.refreshCells({ force: true });
    if (this.listing) return;
    // The grid goes by the classes it set itself, and those of slots are not among them.
    this.cells.unbind();
    this.api.forEachNode(({ data }) => data !== undefined && this.cells.write(data));
  }

  select(id: string | null): void {
    const before = this.selected;
    this.selected = id;
    if (!this.listing) return;
    for (const key of [before, id]) {
      const node = key === null ? undefined : this.api.getRowNode(key);
      if (node?.data !== undefined) node.setData({ ...node.data, selected: key === id });
    }
  }

  /** The row `by` places from the selected one in the order shown; the first when none is. */
  beside(by: number): string | null {
    const last = this.api.getDisplayedRowCount() - 1;
    if (last < 0) return null;
    const node = this.selected === null ? undefined : this.api.getRowNode(this.selected);
    const from = node?.rowIndex ?? -1;
    const to = from < 0 ? 0 : Math.min(last, Math.max(0, from + by));
    return this.api.getDisplayedRowAtIndex(to)?.data?.key ?? null;
  }

  reveal(id: string): void {
    const node = this.api.getRowNode(id);
    if (node !== undefined) this.api.ensureNodeVisible(node);
  }

  toEnd(): string | null {
    const last = this.api.getDisplayedRowCount() - 1;
    if (last < 0) return null;
    this.api.ensureIndexVisible(last, "bottom");
    return this.api.getDisplayedRowAtIndex(last)?.data?.key ?? null;
  }

  /** The id of the row in a slot or list place. */
  rowAt(key: string): TapeRow<R> | null {
    return this.api.getRowNode(key)?.data?.row ?? null;
  }

  columnLayout(): ColumnLayout {
    return this.api.getColumnState();
  }

  applyColumnLayout(state: ColumnLayout): void {
    this.api.applyColumnState({ state, applyOrder: true });
  }

  resetColumns(): void {
    this.api.resetColumnState();
  }

  private makeSlots(): void {
    const empty = Array.from({ length: this.slots }, (_, at) => this.slot(`slot:${at}`, null, 0));
    this.api.setGridOption("rowData", empty);
    this.cells.unbind();
    this.api.ensureIndexVisible(0, "top");
  }

  private slot(key: string, row: TapeRow<R> | null, now: number): Slot<R> {
    const isRecord = row?.kind === "record";
    const link = isRecord ? this.options.link(row) : undefined;
    return {
      key,
      row,
      link,
      tint: isRecord && this.options.tint ? this.options.tint(row.record, link) : null,
      fresh: isRecord && now - row.receivedAt < FRESH_MS,
      selected: row !== null && row.id === this.selected,
    };
  }

  private columnDef(column: TapeColumn<R>): ColDef<Slot<R>, Slot<R>> {
    const rules = Object.entries(column.classes ?? {}).map(([name, rule]) => [
      name,
      ({ data }: { data?: Slot<R> | undefined }) =>
        data?.row?.kind === "record" && rule(data.row.record, data.link),
    ]);
    const { order } = column;
    const isFirst = column === this.options.columns[0];
    return {
      colId: column.id,
      headerValueGetter: () => (typeof column.title === "string" ? column.title : column.title()),
      width: column.width,
      hide: column.hidden ?? false,
      sortable: order !== undefined,
      cellClass: `cell-${column.align ?? "left"} col-${column.id}`,
      headerClass: `cell-${column.align ?? "left"}`,
      cellClassRules: Object.fromEntries(rules) as NonNullable<ColDef<Slot<R>, Slot<R>>["cellClassRules"]>,
      valueGetter: ({ data }) => data,
      // A slot is made anew with each write, so identity is difference enough.
      equals: (a, b) => a === b,
      valueFormatter: ({ value }) => cellText(column, isFirst, value),
      ...(order === undefined
        ? {}
        : { comparator: (a?: Slot<R> | null, b?: Slot<R> | null) => compareSlots(a, b, order) }),
    };
  }

  private rowRules(): RowClassRules<Slot<R>> {
    const rules = rowRules(this.options.tint !== null, this.options.rowClasses);
    return Object.fromEntries(
      Object.entries(rules).map(([name, rule]) => [name, ({ data }: { data?: Slot<R> | undefined }) => rule(data)]),
    );
  }

  private position(): { nearEnd: boolean; nearStart: boolean } {
    const last = this.api.getLastDisplayedRowIndex();
    const first = this.api.getFirstDisplayedRowIndex();
    return { nearEnd: this.api.getDisplayedRowCount() - last < READ_AHEAD_ROWS, nearStart: first < 40 };
  }

  /** Listeners of the host, not of cells: cells come and go with scrolling. */
  private listen(): void {
    const { events } = this.options;
    const { signal } = this.abort;
    const rowOf = (event: Event): string | null =>
      event.target instanceof Element
        ? (event.target.closest("[row-id]")?.getAttribute("row-id") ?? null)
        : null;
    const act = (event: Event, action: RowAction): void => {
      const key = rowOf(event);
      const row = key === null ? null : this.rowAt(key);
      if (row !== null) events.onRow(row.id, action);
    };
    this.host.addEventListener(
      "wheel",
      (event) => {
        if (!this.listing && event.deltaY > 0) events.onTouched();
      },
      { signal, passive: true },
    );
    this.host.addEventListener(
      "click",
      (event) => {
        const expands = event.target instanceof Element && event.target.closest(".expander") !== null;
        act(event, expands ? "expand" : "select");
      },
      { signal },
    );
    this.host.addEventListener("dblclick", (event) => act(event, "open"), { signal });
    this.host.addEventListener(
      "contextmenu",
      (event) => {
        event.preventDefault();
        act(event, "menu");
      },
      { signal },
    );
    this.host.addEventListener(
      "mouseover",
      (event) => {
        const key = rowOf(event);
        const row = key === null ? null : this.rowAt(key);
        events.onHover(row?.kind === "record" ? row.id : null, event.clientX, event.clientY);
      },
      { signal },
    );
    this.host.addEventListener("mouseleave", () => events.onHover(null, 0, 0), { signal });
  }
}

/** Gaps and edges stay where the list has them: they compare as equal to everything. */
function compareSlots<R>(
  a: Slot<R> | null | undefined,
  b: Slot<R> | null | undefined,
  order: (a: R, b: R) => number,
): number {
  return a?.row?.kind === "record" && b?.row?.kind === "record"
    ? order(a.row.record, b.row.record)
    : 0;
}
