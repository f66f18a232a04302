/**
 * Columns of the equity prints. Quote and placement are those of the print's join; only prints that
 * were reported off exchange are joined, the others show none.
 */
import type { EquityJoin, EquityPrint } from "../../generated";
import { SIDE_WORDS, quoteText, sideLetters } from "../../ui/market";
import { MISSING } from "../../ui/number";
import { dim, timeColumn } from "../grid/columns";
import type { TapeColumn } from "../grid/columns";
import * as trade from "../off-exchange/tradeColumns";
import { facility } from "../off-exchange/words";

type Column = TapeColumn<EquityPrint>;

const MOST_JOINS = 4_000;
const joins = new Map<string, EquityJoin>();

/** Keep the newest joins by the id of their print. */
export function putJoin(join: EquityJoin): void {
  const held = joins.get(join.print_trace_id);
  if (held !== undefined && held.revision >= join.revision) return;
  joins.set(join.print_trace_id, join);
  if (joins.size <= MOST_JOINS) return;
  const oldest = joins.keys().next().value;
  if (oldest !== undefined) joins.delete(oldest);
}

function joinOf(print: EquityPrint): EquityJoin | undefined {
  return joins.get(print.trace_id);
}

const NOT_JOINED = "only prints reported off exchange are matched with a quote";
/** Reported after its turn: sold out of sequence, in its several forms. */
const LATE_CONDITIONS = ["L", "U", "Z"];

export function isLate(print: EquityPrint): boolean {
  return print.conditions.some((each) => LATE_CONDITIONS.includes(each));
}

export const columns: readonly Column[] = [
  timeColumn<EquityPrint>(92),
  trade.symbol,
  trade.tradePrice,
  trade.size,
  trade.notional,
  { id: "venue", title: "venue", width: 46, text: (print) => (print.exchange === "" ? MISSING : print.exchange), classes: dim },
  {
    id: "off-exchange",
    title: "off-ex",
    name: "reported off exchange",
    width: 46,
    text: (print) => (print.off_exchange_flag ? "off" : ""),
    tip: (print) => (print.off_exchange_flag ? facility(print.trf_id) : null),
    classes: { "off-badge": (print) => print.off_exchange_flag },
  },
  {
    id: "quote",
    title: "bid × ask",
    name: "quote at the print",
    width: 116,
    align: "right",
    text: (print) => {
      const join = joinOf(print);
      return join === undefined ? MISSING : quoteText(join.bid, join.ask);
    },
    tip: (print) => (joinOf(print) === undefined ? NOT_JOINED : null),
    classes: { dim: () => true, struck: (print) => joinOf(print)?.nbbo_side === "STALE" },
  },
  {
    id: "placement",
    title: "place",
    name: "placement against the quote; not a direction",
    width: 46,
    align: "centre",
    text: (print) => sideLetters(joinOf(print)?.nbbo_side),
    tip: (print) => SIDE_WORDS[joinOf(print)?.nbbo_side ?? ""] ?? NOT_JOINED,
    classes: {
      faint: (print) => joinOf(print) === undefined,
      "place-above": (print) => ["A", "AA"].includes(joinOf(print)?.nbbo_side ?? ""),
      "place-below": (print) => ["B", "BB"].includes(joinOf(print)?.nbbo_side ?? ""),
    },
  },
  {
    id: "conditions",
    title: "conditions",
    width: 66,
    text: (print) => print.conditions.join(" "),
    tip: (print) => print.raw_conditions.join(" "),
    classes: dim,
  },
  {
    id: "late",
    title: "late",
    name: "reported out of sequence, or late by its join",
    width: 40,
    text: (print) => (isLate(print) || joinOf(print)?.quality_flags.includes("late_report") ? "late" : ""),
    classes: { warn: () => true },
  },
  trade.session,
  {
    id: "action",
    title: "action",
    width: 54,
    text: (print) => (print.action === "trade" ? "" : print.action),
    tip: (print) => print.ref_trace_id,
    classes: { warn: () => true },
  },
];
