/**
 * Runs one tape: subscription, model, grid, paging, and when it is drawn.
 *
 * React mounts it and shows its status; no streaming value passes through React.
 */
import { columnChanges } from "../../app/workspace";
import { addCommitter } from "../../stores/loop";
import { patchHealth, health } from "../../stores/health";
import { createStore } from "../../stores/store";
import { zone } from "../../ui/time";
import { live } from "../../wire/live";
import type { Subscription } from "../../wire/socket";
import type { Filters, Stream } from "../../wire/streams";
import type { PrintLink } from "../../wire/frames";
import type { ChildRow, RecordRow, TapeColumn, TapeRow, Tint } from "./columns";
import { TapeModel } from "./model";
import type { TapeRecord } from "./model";
import { Paging } from "./paging";
import { GridView } from "./view";
import type { RowAction } from "./view";

const FRESH_MS = 400;

export interface ControllerOptions<R extends TapeRecord> {
  readonly name: string;
  readonly layoutKey: string;
  readonly stream: Stream;
  readonly filters: Filters;
  readonly run: string | null;
  readonly depth: number;
  readonly capacity: number;
  readonly rate: "urgent" | "tape";
  readonly columns: readonly TapeColumn<R>[];
  readonly tint: ((record: R, link: PrintLink | undefined) => Tint | null) | null;
  readonly rowClasses: Readonly<Record<string, (record: R, link: PrintLink | undefined) => boolean>>;
  readonly keep: ((record: R) => boolean) | null;
  readonly whileHidden: boolean;
  /** Under which id the links of a record come, where that is not its own. */
  readonly linkOf: ((record: R) => string) | null;
  /** Rows a record opens into; null where it opens into none. */
  readonly expand: ((record: R) => Promise<readonly ChildRow[]>) | null;
}

export interface Hovered<R> {
  readonly row: RecordRow<R>;
  readonly link: PrintLink | undefined;
  readonly x: number;
  readonly y: number;
  readonly openedAt: number;
}

export class TapeController<R extends TapeRecord> {
  readonly model: TapeModel<R>;
  /** Id of the selected row; null when none is. */
  readonly selected = createStore<string | null>(null);
  readonly hovered = createStore<Hovered<R> | null>(null);
  /** What a row that is opened, and a row whose menu is asked for, lead to. */
  private onOpen: (record: R) => void = () => undefined;
  private onMenu: (record: R) => void = () => undefined;

  private readonly paging: Paging<R>;
  private view: GridView<R> | null = null;
  private subscription: Subscription | null = null;
  private refreshAt: number | null = null;
  private hoverTimer = 0;
  private readonly undo: (() => void)[] = [];

  constructor(private options: ControllerOptions<R>) {
    this.model = new TapeModel<R>(options.capacity, options.keep, options.linkOf);
    this.paging = new Paging(
      this.model,
      options.stream,
      () => ({ filters: this.options.filters, run: this.options.run }),
      () => this.view?.isListing === true && this.view.showList(this.model.held),
    );
  }

  mount(host: HTMLElement, rowHeight: number): () => void {
    const { options } = this;
    const view = new GridView<R>(host, {
      columns: options.columns,
      rowHeight,
      link: (row) => this.model.linkOf(row.record),
      tint: options.tint,
      rowClasses: options.rowClasses,
      events: {
        onTouched: () => this.hold(),
        onScrolled: ({ nearEnd, nearStart }) => this.scrolled(nearEnd, nearStart),
        onRow: (id, action) => this.pressed(id, action),
        onHover: (id, x, y) => this.hover(id, x, y),
        onColumns: () => this.keepColumns(),
      },
    });
    this.view = view;
    this.restoreColumns();
    const resized = new ResizeObserver(() => {
      if (view.fit()) this.model.dirty = true;
    });
    resized.observe(host);
    const selecting = (): void => {
      const selection = document.getSelection();
      if (selection?.isCollapsed === false && host.contains(selection.anchorNode)) this.hold();
    };
    document.addEventListener("selectionchange", selecting);
    this.undo.push(
      () => resized.disconnect(),
      () => document.removeEventListener("selectionchange", selecting),
      zone.subscribe(() => view.refresh()),
      addCommitter({
        name: options.name,
        kind: options.rate,
        isDirty: (now) => this.isDirty(now),
        commit: (now) => this.commit(now),
      }),
    );
    this.subscribe();
    return () => this.unmount();
  }

  /** Take other filters: the gateway is asked at once, old rows stay until its answer. */
  setFilters(filters: Filters, run: string | null): void {
    this.options = { ...this.options, filters, run };
    this.paging.reset();
    this.model.expectSnapshot();
    this.selected.set(null);
    this.subscription?.update(this.request());
  }

  setHandlers(onOpen: (record: R) => void, onMenu: (record: R) => void): void {
    this.onOpen = onOpen;
    this.onMenu = onMenu;
  }

  setKeep(keep: ((record: R) => boolean) | null): void {
    this.model.setKeep(keep);
  }

  hold(): void {
    if (this.view === null || this.view.isListing) return;
    this.model.hold();
    if (this.model.status.get().mode !== "hold") return;
    this.view.showList(this.model.held);
  }

  follow(): void {
    this.paging.reset();
    this.select(null);
    this.model.release();
  }

  toggleHold(): void {
    if (this.view?.isListing === true) this.follow();
    else this.hold();
  }

  step(by: number): void {
    this.hold();
    this.select(this.view?.beside(by) ?? null);
  }

  toEnd(): void {
    this.hold();
    this.select(this.view?.toEnd() ?? null);
    void this.paging.older();
  }

  select(id: string | null): void {
    this.selected.set(id);
    this.view?.select(id);
    if (id !== null) this.view?.reveal(id);
  }

  selectedRow(): TapeRow<R> | null {
    const id = this.selected.get();
    return id === null ? null : (this.view?.rowAt(id) ?? null);
  }

  openSelected(): void {
    const row = this.selectedRow();
    if (row?.kind === "record") this.onOpen(row.record);
    else if (row?.kind === "child") row.open?.();
    else if (row?.kind === "gap") void this.paging.fill(row);
  }

  /** Open the selected row in place, or (`false`) close it; a child row closes what it belongs to. */
  async expandSelected(open: boolean): Promise<void> {
    const row = this.selectedRow();
    const { expand } = this.options;
    if (expand === null || row === null) return;
    if (row.kind === "child") {
      if (!open) this.collapse(row.parent);
      return;
    }
    if (row.kind !== "record") return;
    const isOpen = this.isExpanded(row.id);
    if (isOpen && !open) this.collapse(row.id);
    if (isOpen || !open) return;
    const children = await expand(row.record);
    const at = this.model.heldIndex(row.id);
    // The list may have been let go or opened by another press while the members were read.
    if (at < 0 || this.isExpanded(row.id)) return;
    const { held } = this.model;
    this.show([...held.slice(0, at + 1), ...children, ...held.slice(at + 1)]);
  }

  private isExpanded(id: string): boolean {
    const below = this.model.held[this.model.heldIndex(id) + 1];
    return below?.kind === "child" && below.parent === id;
  }

  private collapse(id: string): void {
    this.show(this.model.held.filter((row) => row.kind !== "child" || row.parent !== id));
    this.select(id);
  }

  private show(rows: TapeRow<R>[]): void {
    this.model.setHeld(rows);
    if (this.view?.isListing === true) this.view.showList(rows);
  }

  /** Rows now shown as text, head first: what `x` copies. */
  visibleText(): string {
    const columns = this.options.columns.filter((column) => column.hidden !== true);
    const head = columns.map((column) => column.id).join(",");
    const rows = this.view?.isListing === true ? this.model.held : this.model.top(this.view?.slotCount ?? 0);
    const lines = rows.flatMap((row) =>
      row.kind === "record"
        ? [columns.map((column) => quoted(column.text(row.record, this.model.linkOf(row.record)))).join(",")]
        : [],
    );
    return [head, ...lines].join("\n");
  }

  resetColumns(): void {
    localStorage.removeItem(this.columnsKey());
    this.view?.resetColumns();
  }

  private unmount(): void {
    this.subscription?.close();
    this.subscription = null;
    for (const undo of this.undo.splice(0)) undo();
    window.clearTimeout(this.hoverTimer);
    this.paging.reset();
    this.view?.destroy();
    this.view = null;
  }

  private request() {
    const { stream, filters, depth, run } = this.options;
    return { channel: stream, filters, depth, run };
  }

  private subscribe(): void {
    this.model.expectSnapshot();
    this.subscription = live.subscribe(this.request(), {
      onFrame: (frame, at) => {
        if (frame.type === "dropped") patchHealth({ dropped: health.get().dropped + frame.count });
        if (frame.type === "gap") patchHealth({ gaps: health.get().gaps + 1 });
        // What was refused before is granted now.
        if (frame.type === "snapshot") this.model.status.patch({ problem: null });
        this.model.take(frame, at);
      },
      onLinks: (links) => this.model.takeLinks(links),
      onError: ({ code, detail }) => this.model.status.patch({ problem: `${detail} (${code})` }),
      whileHidden: this.options.whileHidden,
    });
  }

  private isDirty(now: number): boolean {
    return this.model.dirty || (this.refreshAt !== null && now >= this.refreshAt);
  }

  private commit(now: number): number | null {
    const { model, view } = this;
    if (view === null) return null;
    model.dirty = false;
    if (model.status.get().mode === "hold") {
      if (model.revised.size > 0) {
        const changed = [...model.revised].map((id) => model.held[model.heldIndex(id)]);
        view.redraw(changed.filter((row) => row !== undefined));
        model.revised.clear();
      }
      model.publish();
      return null;
    }
    const fresh = view.showTop(model.top(view.slotCount), now);
    this.refreshAt = fresh ? now + FRESH_MS : null;
    model.publish();
    const receivedAt = model.newestReceivedAt;
    model.newestReceivedAt = null;
    return receivedAt;
  }

  private scrolled(nearEnd: boolean, nearStart: boolean): void {
    if (this.view?.isListing !== true) return;
    this.hovered.set(null);
    if (nearEnd) void this.paging.older();
    else if (nearStart) void this.paging.newer();
  }

  private pressed(id: string, action: RowAction): void {
    this.hold();
    this.select(id);
    const row = this.selectedRow();
    if (row?.kind === "gap" || action === "open") this.openSelected();
    else if (action === "expand") {
      void this.expandSelected(row?.kind === "record" && !this.isExpanded(row.id));
    }
    else if (action === "menu" && row?.kind === "record") this.onMenu(row.record);
  }

  private hover(id: string | null, x: number, y: number): void {
    window.clearTimeout(this.hoverTimer);
    this.hovered.set(null);
    if (id === null) return;
    this.hoverTimer = window.setTimeout(() => {
      const entry = this.model.ring.get(id);
      const listed = this.view?.isListing === true ? this.view.rowAt(id) : null;
      const row: RecordRow<R> | null =
        listed?.kind === "record" ? listed
        : entry === undefined ? null
        : { kind: "record", id, record: entry.record, receivedAt: entry.receivedAt };
      if (row !== null) this.hovered.set({ row, link: this.model.linkOf(row.record), x, y, openedAt: Date.now() });
    }, HOVER_MS);
  }

  private columnsKey(): string {
    return `islandflow.columns.${this.options.layoutKey}`;
  }

  private keepColumns(): void {
    if (this.view === null) return;
    try {
      const columns = JSON.stringify(this.view.columnLayout());
      if (columns === localStorage.getItem(this.columnsKey())) return;
      localStorage.setItem(this.columnsKey(), columns);
      columnChanges.set((before) => before + 1);
    } catch {
      // The layout then lasts as long as the tab.
    }
  }

  private restoreColumns(): void {
    try {
      const kept: unknown = JSON.parse(localStorage.getItem(this.columnsKey()) ?? "null");
      if (Array.isArray(kept)) this.view?.applyColumnLayout(kept as ReturnType<GridView<R>["columnLayout"]>);
    } catch {
      // Something foreign under our key: the default columns are right.
    }
  }
}

const HOVER_MS = 300;

function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
