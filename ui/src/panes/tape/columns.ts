/** Columns of the options tape (terminal specification, 6.1): 892 px, the width of its pane. */
import type { OptionsTape } from "../../generated";
import { SIDES, SIDE_WORDS, contractLabel, directionGlyph, profileCode, quoteText, sideLetters } from "../../ui/market";
import { MISSING, compact, count, duration, fixed, money, percent, price } from "../../ui/number";
import { dayOf, millis } from "../../ui/time";
import type { PrintLink } from "../../wire/frames";
import { by, dim, symbolColumn, timeColumn } from "../grid/columns";
import type { TapeColumn } from "../grid/columns";
import { hitCount, profileClasses } from "../grid/links";

/** Quotes older than this are struck through; `/config/ui` may say another. */
export const quoteAge = { maxMs: 1000 };

type Column = TapeColumn<OptionsTape>;

/**
 * Why a print matters, in fixed places: packet, profile code, number of hits, alert.
 *
 * An abstained profile shows its code in brackets: it is named, not claimed.
 */
export function why(link: PrintLink | undefined): string {
  if (link === undefined) return "";
  const code = profileCode(link.profile);
  const hits = hitCount(link);
  return [
    link.structure_id ? "≡" : link.packet_id ? "▪" : "",
    code === null ? "" : link.abstained ? `(${code})` : code,
    hits > 0 ? String(hits) : "",
    link.alert_id ? "!" : "",
  ]
    .filter((part) => part !== "")
    .join(" ");
}

function whyTip(link: PrintLink | undefined): string | null {
  if (link === undefined) return null;
  const said = link.abstained ? "abstained" : `${directionGlyph(link.direction)} ${link.direction ?? ""}`;
  return [link.profile, link.probability === null ? null : percent(link.probability), said]
    .filter((part) => part !== null && part !== undefined && part !== "")
    .join(" · ");
}

function number(
  id: string,
  title: string,
  width: number,
  read: (print: OptionsTape) => number | null,
  text: (value: number | null) => string,
  rest: Partial<Column> = {},
): Column {
  return {
    id,
    title,
    width,
    align: "right",
    text: (print) => text(read(print)),
    order: by(read),
    ...rest,
  };
}

const sideClasses: NonNullable<Column["classes"]> = {
  "side-AA": (print) => print.nbbo_side === "AA",
  "side-A": (print) => print.nbbo_side === "A",
  "side-B": (print) => print.nbbo_side === "B",
  "side-BB": (print) => print.nbbo_side === "BB",
  "side-none": (print) => print.nbbo_side === "MISSING" || print.nbbo_side === "STALE",
};

const isOld = (print: OptionsTape): boolean => (print.nbbo_age_ms ?? 0) > quoteAge.maxMs;

const shown: readonly Column[] = [
  timeColumn<OptionsTape>(92),
  symbolColumn<OptionsTape>(),
  {
    id: "contract",
    title: "contract",
    width: 118,
    text: (print) => contractLabel(print.strike, print.right, print.expiry, print.trade_date),
    classes: { call: (print) => print.right === "C", put: (print) => print.right === "P" },
    order: by((print) => print.option_contract_id),
  },
  number("dte", "DTE", 36, (print) => print.dte_days, count, { classes: dim }),
  {
    id: "side",
    title: "side",
    width: 44,
    align: "centre",
    text: (print) => sideLetters(print.nbbo_side),
    tip: (print) => SIDE_WORDS[print.nbbo_side] ?? null,
    classes: sideClasses,
    order: by((print) => (SIDES as readonly string[]).indexOf(print.nbbo_side)),
  },
  number("price", "price", 58, (print) => print.price, price),
  number("size", "size", 54, (print) => print.size, count),
  number("premium", "premium", 70, (print) => print.notional, money, {
    classes: { strong: (print) => print.notional >= 250_000 },
  }),
  {
    id: "quote",
    title: "bid × ask",
    name: "NBBO the print traded against",
    width: 96,
    align: "right",
    text: (print) => quoteText(print.nbbo_bid, print.nbbo_ask),
    classes: { dim: () => true, struck: isOld },
  },
  number("iv", "IV", 48, (print) => print.iv, (value) => (value === null ? MISSING : fixed(value * 100, 1)), {
    name: "implied volatility, %",
    classes: dim,
  }),
  number("spot", "spot", 62, (print) => print.underlying_mid, price, { classes: dim }),
  {
    id: "venue",
    title: "venue",
    width: 50,
    text: (print) => (print.exchange === "" ? MISSING : print.exchange),
    classes: dim,
    order: by((print) => print.exchange),
  },
  {
    id: "condition",
    title: "condition",
    width: 58,
    text: (print) => print.conditions.join(" "),
    tip: (print) => print.raw_conditions.join(" "),
    classes: { dim: () => true, struck: (print) => print.reversed },
  },
  {
    id: "why",
    title: "why",
    width: 54,
    text: (_, link) => why(link),
    tip: (_, link) => whyTip(link),
    classes: profileClasses((_, link) => link?.profile),
  },
];

const hidden: readonly Column[] = [
  {
    id: "inferred",
    title: "inferred",
    name: "inferred aggressor, its probability and method",
    width: 110,
    hidden: true,
    text: (print) =>
      `${print.aggressor_side} ${percent(print.aggressor_probability)} ${print.aggressor_method}`,
  },
  number("oi", "OI", 60, (print) => print.oi, compact, { hidden: true }),
  number(
    "volume-oi",
    "vol/OI",
    54,
    (print) => (print.oi === null || print.oi === 0 ? null : print.session_volume / print.oi),
    (value) => fixed(value, 2),
    { hidden: true },
  ),
  number("spread-position", "in spread", 58, (print) => print.spread_position, (value) => fixed(value, 2), {
    hidden: true,
  }),
  number("quote-age", "quote age", 64, (print) => print.nbbo_age_ms, duration, { hidden: true }),
  number("moneyness", "moneyness", 66, (print) => print.moneyness, (value) => fixed(value, 3), {
    hidden: true,
  }),
  number("delta", "delta", 50, (print) => print.delta, (value) => fixed(value, 2), { hidden: true }),
  {
    id: "reasons",
    title: "signal reasons",
    width: 160,
    hidden: true,
    text: (print) => print.signal_reasons.join(" "),
  },
  number(
    "latency",
    "latency",
    64,
    (print) => millis(print.ingest_ts) - millis(print.source_ts),
    duration,
    { name: "source to ingest", hidden: true },
  ),
  { id: "source", title: "source", width: 80, hidden: true, text: (print) => print.source },
  {
    id: "oi-date",
    title: "OI of",
    width: 58,
    hidden: true,
    text: (print) => dayOf(print.oi_as_of, print.trade_date),
  },
];

export const columns: readonly Column[] = [...shown, ...hidden];
