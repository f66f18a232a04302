/**
 * The fixed slots of a following tape: what each shows, and writing it into the grid's own cells.
 *
 * The grid's way of changing a row sets every cell's classes anew and makes its text anew, which
 * costs ten times what is written here: a text where it differs, classes where they differ. The
 * grid's row nodes hold the same slots, so whatever it draws by itself says the same.
 */
import { PROFILE_CODES } from "../../ui/market";
import type { PrintLink } from "../../wire/frames";
import type { TapeColumn, TapeRow, Tint } from "./columns";

/** Steps of tint strength; a class a step is cheaper than a style a row. */
const TINT_STEPS = 10;

export interface Slot<R> {
  readonly key: string;
  readonly row: TapeRow<R> | null;
  readonly link: PrintLink | undefined;
  readonly tint: Tint | null;
  readonly fresh: boolean;
  readonly selected: boolean;
}

export type RowLooks<R> = Readonly<Record<string, (record: R, link: PrintLink | undefined) => boolean>>;

/** Text of a slot's cell; what stands for records that are not there is said in the first. */
export function cellText<R>(column: TapeColumn<R>, isFirst: boolean, slot: Slot<R> | null | undefined): string {
  const row = slot?.row;
  if (row === null || row === undefined) return "";
  if (row.kind === "record") return column.text(row.record, slot?.link);
  if (row.kind === "child") return row.cells[column.id] ?? "";
  return isFirst ? noteOf(row) : "";
}

/** Classes of a row by name; the grid's rules and the slots' looks are these. */
export function rowRules<R>(
  hasTint: boolean,
  looks: RowLooks<R>,
): Readonly<Record<string, (slot: Slot<R> | undefined) => boolean>> {
  const rules: Record<string, (slot: Slot<R> | undefined) => boolean> = {
    fresh: (slot) => slot?.fresh === true,
    selected: (slot) => slot?.selected === true,
    "row-gap": (slot) => slot?.row?.kind === "gap",
    "row-edge": (slot) => slot?.row?.kind === "edge",
    "row-child": (slot) => slot?.row?.kind === "child",
  };
  if (hasTint) {
    for (const code of PROFILE_CODES) {
      rules[`tint-${code.toLowerCase()}`] = (slot) => slot?.tint?.code === code;
    }
    for (let step = 1; step <= TINT_STEPS; step += 1) {
      rules[`tint-p${step}`] = (slot) =>
        slot?.tint !== null &&
        slot?.tint !== undefined &&
        Math.round(slot.tint.probability * TINT_STEPS) === step;
    }
  }
  for (const [name, rule] of Object.entries(looks)) {
    rules[name] = (slot) => slot?.row?.kind === "record" && rule(slot.row.record, slot.link);
  }
  return rules;
}

/** An element whose classes of certain names are ours. */
class Look<S> {
  /** One digit a rule: those that hold now; null until they were first written. */
  private shown: string | null = null;

  constructor(
    private readonly element: Element,
    private readonly rules: readonly (readonly [string, (slot: S) => boolean])[],
  ) {}

  write(slot: S): void {
    let wanted = "";
    for (const [, holds] of this.rules) wanted += holds(slot) ? "1" : "0";
    if (wanted === this.shown) return;
    for (const [at, [name]] of this.rules.entries()) {
      const is = wanted[at] === "1";
      if (this.shown === null || is !== (this.shown[at] === "1")) this.element.classList.toggle(name, is);
    }
    this.shown = wanted;
  }
}

interface Cell<R> {
  readonly column: TapeColumn<R>;
  readonly isFirst: boolean;
  readonly element: Element;
  shown: string;
  readonly look: Look<Slot<R>>;
}

interface BoundRow<R> {
  readonly look: Look<Slot<R>>;
  readonly cells: readonly Cell<R>[];
}

/** Cells of the slots as the grid has made them; bound anew whenever it may have made others. */
export class SlotCells<R> {
  private rows = new Map<string, BoundRow<R>>();
  private readonly rowLooks: readonly (readonly [string, (slot: Slot<R>) => boolean])[];

  constructor(
    private readonly host: Element,
    private readonly columns: readonly TapeColumn<R>[],
    hasTint: boolean,
    looks: RowLooks<R>,
  ) {
    this.rowLooks = Object.entries(rowRules(hasTint, looks));
  }

  /** Forget the cells: the grid makes, moves or redraws its own. */
  unbind(): void {
    this.rows.clear();
  }

  /** Write a slot into its cells; returns whether the grid has them on screen. */
  write(slot: Slot<R>): boolean {
    const row = this.rows.get(slot.key) ?? this.bind(slot.key);
    if (row === null) return false;
    row.look.write(slot);
    for (const cell of row.cells) {
      const wanted = cellText(cell.column, cell.isFirst, slot);
      if (cell.shown !== wanted) {
        cell.shown = wanted;
        // A text of its own each time: one that grew to the left would count as one that moved.
        cell.element.textContent = wanted;
      }
      cell.look.write(slot);
    }
    return true;
  }

  private bind(key: string): BoundRow<R> | null {
    const element = this.host.querySelector(`.ag-row[row-id="${key}"]`);
    if (element === null) return null;
    const cells: Cell<R>[] = [];
    for (const [at, column] of this.columns.entries()) {
      const cell = element.querySelector(`[col-id="${CSS.escape(column.id)}"]`);
      // A column that is not shown has no cell.
      if (cell === null) continue;
      const looks = Object.entries(column.classes ?? {}).map(
        ([name, rule]) =>
          [name, ({ row, link }: Slot<R>) => row?.kind === "record" && rule(row.record, link)] as const,
      );
      cells.push({ column, isFirst: at === 0, element: cell, shown: cell.textContent, look: new Look(cell, looks) });
    }
    const row = { look: new Look(element, this.rowLooks), cells };
    this.rows.set(key, row);
    return row;
  }
}

function noteOf<R>(row: TapeRow<R>): string {
  if (row.kind === "edge") return row.note;
  if (row.kind === "gap") {
    const many = row.count === null ? "records" : `${row.count.toLocaleString("en-US")} records`;
    return `${many} ${row.note} · load`;
  }
  return "";
}
