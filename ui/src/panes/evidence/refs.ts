/** Refs: typed strings that name records, and the records of an evidence document by them. */
import type { EvidenceRef } from "../../generated";
import type { Evidence } from "../../generated/rest";

export type Fields = Readonly<Record<string, unknown>>;

export interface Found {
  readonly ref: string;
  /** Name of the list it came in: `hits`, `packets`, … */
  readonly kind: Kind;
  readonly record: Fields;
}

export type Kind =
  | "alert" | "hits" | "smart_money" | "packets" | "prints" | "quotes" | "equity_prints"
  | "equity_quotes" | "joins" | "dark" | "signals" | "states" | "order_flow" | "profiles" | "candles"
  | "net_premium" | "levels" | "news" | "events" | "open_interest" | "baselines";

/** From what concludes to what was seen; the order children of one record are listed in. */
export const KINDS: readonly { readonly kind: Kind; readonly one: string; readonly many: string; readonly field: string; readonly type: string }[] = [
  { kind: "alert", one: "alert", many: "alerts", field: "alert_id", type: "" },
  { kind: "hits", one: "hit", many: "hits", field: "hit_id", type: "" },
  { kind: "smart_money", one: "profile", many: "profiles", field: "event_id", type: "" },
  { kind: "packets", one: "packet", many: "packets", field: "id", type: "" },
  { kind: "dark", one: "inferred event", many: "inferred events", field: "trace_id", type: "" },
  { kind: "signals", one: "signal", many: "signals", field: "trace_id", type: "" },
  { kind: "states", one: "market state", many: "market states", field: "trace_id", type: "" },
  { kind: "order_flow", one: "order flow", many: "order flow", field: "trace_id", type: "order-flow:" },
  { kind: "levels", one: "level", many: "levels", field: "id", type: "" },
  { kind: "profiles", one: "volume profile", many: "volume profiles", field: "trace_id", type: "" },
  { kind: "candles", one: "candle", many: "candles", field: "trace_id", type: "" },
  { kind: "net_premium", one: "net premium", many: "net premium", field: "trace_id", type: "" },
  { kind: "joins", one: "join", many: "joins", field: "trace_id", type: "" },
  { kind: "prints", one: "print", many: "prints", field: "trace_id", type: "print:" },
  { kind: "quotes", one: "quote", many: "quotes", field: "trace_id", type: "option-nbbo:" },
  { kind: "equity_prints", one: "equity print", many: "equity prints", field: "trace_id", type: "equity-print:" },
  { kind: "equity_quotes", one: "equity quote", many: "equity quotes", field: "trace_id", type: "equity-quote:" },
  { kind: "events", one: "event", many: "events", field: "trace_id", type: "event:" },
  { kind: "open_interest", one: "open interest", many: "open interest", field: "trace_id", type: "oi:" },
  { kind: "baselines", one: "baseline", many: "baselines", field: "snapshot_id", type: "baseline:" },
  { kind: "news", one: "news", many: "news", field: "trace_id", type: "news:" },
];

/** What stands before the id of an `EvidenceRef` in its typed form; ids of other kinds carry it. */
const TYPE_OF: Readonly<Record<string, string>> = {
  option_print: "print:",
  option_nbbo: "option-nbbo:",
  equity_print: "equity-print:",
  equity_quote: "equity-quote:",
  order_flow: "order-flow:",
  event: "event:",
  event_calendar: "calendar:",
  oi_snapshot: "oi:",
  baseline_snapshot: "baseline:",
  news: "news:",
};

export function refText({ kind, id }: Pick<EvidenceRef, "kind" | "id">): string {
  const type = TYPE_OF[kind] ?? "";
  return id.startsWith(type) ? id : type + id;
}

/** Records of a document by ref; a record known under two refs is found by either. */
export function recordsOf(document: Evidence): ReadonlyMap<string, Found> {
  const found = new Map<string, Found>();
  const add = (kind: Kind, ref: string, record: Fields): void => {
    found.set(ref, { ref, kind, record });
  };
  for (const { kind, field, type } of KINDS) {
    const rows = kind === "alert" ? [document.alert] : document[kind];
    for (const row of rows) {
      if (row === null) continue;
      const record = row as unknown as Fields;
      const id = record[field];
      if (typeof id === "string") add(kind, type + id, record);
      if (kind === "open_interest") {
        add(kind, `oi:${String(record.option_contract_id)}@${String(record.as_of_date)}`, record);
      } else if (kind === "events") add(kind, `calendar:${String(record.event_id)}`, record);
    }
  }
  return found;
}

export function kindWord(kind: Kind, many = false): string {
  const words = KINDS.find((each) => each.kind === kind);
  return (many ? words?.many : words?.one) ?? kind;
}

/** Kind of a ref from its form alone, for records that are missing. */
export function kindOfRef(ref: string): string {
  const prefix = ref.slice(0, ref.indexOf(":"));
  const short: Readonly<Record<string, string>> = {
    al: "alert", alert: "alert", hit: "hit", sm: "profile", pk: "packet", st: "structure", oi: "open interest",
    "option-nbbo": "quote", calendar: "event",
  };
  return short[prefix] ?? prefix.replaceAll("-", " ");
}
