/**
 * What a tape shows: rows and columns.
 *
 * ## Making a tape of your own
 *
 * A pane of streaming records is a `<Tape>` (`./Tape`) with a stream, filters and columns:
 *
 * ```tsx
 * const columns: readonly TapeColumn<EquityPrint>[] = [
 *   timeColumn(),
 *   { id: "symbol", title: "symbol", width: 52, text: (p) => p.underlying_id },
 *   { id: "price", title: "price", width: 58, align: "right",
 *     text: (p) => price(p.price), order: (a, b) => a.price - b.price },
 * ];
 * export const EquitiesPane = ({ pane }: PaneProps) => (
 *   <Tape pane={pane} title="Equities" stream="equities" filters={filters} columns={columns}
 *     rate="tape" refOf={(p) => `equity-print:${p.trace_id}`}
 *     empty={{ text: "No equity prints since 09:30 ET." }} />
 * );
 * ```
 *
 * The tape does the rest: subscription and resume, fixed slots, hold, paging into history, gap
 * rows, revisions in place, links, selection and its keys, hover card, column layout.
 *
 * Rules that keep it fast and honest:
 * * `text` is pure and quick (it runs for every cell shown, up to 60 times a second) and returns
 *   text, never markup; looks come from `classes`, whose names are styled in the pane's own CSS.
 * * `columns` keep their identity between renders: a module constant.
 * * A missing value is `–` (formatters do that), never 0 and never a guess.
 */
import type { PrintLink } from "../../wire/frames";
import type { Header, Place } from "../../wire/streams";
import { timeOf, zone } from "../../ui/time";

export interface RecordRow<R> {
  readonly kind: "record";
  readonly id: string;
  readonly record: R;
  readonly receivedAt: number;
}

/** Records that were not shown, readable from history. */
export interface GapRow {
  readonly kind: "gap";
  readonly id: string;
  /** How many; null when the gateway could not tell. */
  readonly count: number | null;
  readonly from: Place | null;
  readonly to: Place | null;
  readonly note: string;
}

/** The first or last row of a held list: why there is no more. */
export interface EdgeRow {
  readonly kind: "edge";
  readonly id: string;
  readonly note: string;
}

/** A row under an expanded record: a packet's print, a structure's leg. */
export interface ChildRow {
  readonly kind: "child";
  readonly id: string;
  /** Id of the record it belongs to. */
  readonly parent: string;
  /** Text by column id; a column not named stays empty. */
  readonly cells: Readonly<Record<string, string>>;
  readonly open?: () => void;
}

export type TapeRow<R> = RecordRow<R> | GapRow | EdgeRow | ChildRow;

export interface TapeColumn<R> {
  /** Stable name: column layouts are kept under it. */
  readonly id: string;
  /** Head of the column, lower case; a function where the zone belongs in it. */
  readonly title: string | (() => string);
  /** Full name, for the column list and the head's tooltip. */
  readonly name?: string;
  readonly width: number;
  readonly align?: "left" | "right" | "centre";
  readonly text: (record: R, link: PrintLink | undefined) => string;
  /** Exact value or explanation for hover. */
  readonly tip?: (record: R, link: PrintLink | undefined) => string | null;
  /** CSS classes of a cell by name. */
  readonly classes?: Readonly<Record<string, (record: R, link: PrintLink | undefined) => boolean>>;
  /** Ascending order; a column without it cannot be sorted. Sorting exists in hold only. */
  readonly order?: (a: R, b: R) => number;
  /** Not shown until the operator adds it. */
  readonly hidden?: boolean;
}

/** Row tint: a profile's code letter and how probable it is. */
export interface Tint {
  readonly code: string;
  readonly probability: number;
}

/** Ascending order by what is read of a record; what is not known stands first. */
export function by<R>(read: (record: R) => number | string | null): (a: R, b: R) => number {
  return (a, b) => {
    const left = read(a);
    const right = read(b);
    if (left === right) return 0;
    return right !== null && (left === null || left < right) ? -1 : 1;
  };
}

/** Classes of a cell that always stands back. */
export const dim = { dim: () => true };

/** The symbol a record is of. */
export function symbolColumn<R extends { readonly underlying_id: string }>(
  width = 52,
  classes: TapeColumn<R>["classes"] = { strong: () => true },
): TapeColumn<R> {
  return { id: "symbol", title: "symbol", width, text: (record) => record.underlying_id, classes, order: by((record) => record.underlying_id) };
}

/** The time column every tape begins with. */
export function timeColumn<R extends Header>(width = 92): TapeColumn<R> {
  return {
    id: "time",
    title: () => `time ${zone.get()}`,
    width,
    text: (record) => timeOf(record.source_ts),
    order: by((record) => record.source_ts),
  };
}
