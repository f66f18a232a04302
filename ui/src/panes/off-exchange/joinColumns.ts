/** Columns of off-exchange prints joined to the quote they traded against. */
import type { EquityJoin } from "../../generated";
import { SIDE_WORDS, quoteText, sideLetters } from "../../ui/market";
import { duration, fixed } from "../../ui/number";
import { millis } from "../../ui/time";
import { by, dim, timeColumn } from "../grid/columns";
import type { TapeColumn } from "../grid/columns";
import { facility, facilityCode } from "./words";

type Column = TapeColumn<EquityJoin>;

export const time = timeColumn<EquityJoin>(92);

export const reportingFacility: Column = {
  id: "facility",
  title: "facility",
  name: "reporting facility",
  width: 72,
  text: (join) => facilityCode(join.trf_id),
  tip: (join) => facility(join.trf_id),
  classes: dim,
  order: by((join) => join.trf_id ?? ""),
};

export const quote: Column = {
  id: "quote",
  title: "bid × ask",
  name: "quote at the print",
  width: 116,
  align: "right",
  text: (join) => quoteText(join.bid, join.ask),
  tip: (join) => (join.quote_age_ms === null ? null : `${duration(join.quote_age_ms)} old`),
  classes: { dim: () => true, struck: (join) => join.nbbo_side === "STALE" },
};

/** Place in the quote, never a direction: no colour of up or down. */
export const placement: Column = {
  id: "placement",
  title: "place",
  name: "placement against the quote; not a direction",
  width: 46,
  align: "centre",
  text: (join) => sideLetters(join.nbbo_side),
  tip: (join) =>
    [SIDE_WORDS[join.nbbo_side], join.retail_proxy === null ? null : retailWords(join.retail_proxy)]
      .filter((part) => part !== null && part !== undefined)
      .join("; "),
  classes: {
    faint: (join) => join.nbbo_side === "MISSING" || join.nbbo_side === "STALE",
    "place-above": (join) => join.nbbo_side === "AA" || join.nbbo_side === "A",
    "place-below": (join) => join.nbbo_side === "BB" || join.nbbo_side === "B",
  },
};

export const spreadPosition: Column = {
  id: "spread-position",
  title: "in spread",
  name: "0 at the bid, 1 at the ask",
  width: 56,
  align: "right",
  text: (join) => fixed(join.spread_position, 2),
  classes: dim,
  order: by((join) => join.spread_position),
};

export const condition: Column = {
  id: "condition",
  title: "condition",
  width: 60,
  text: (join) => join.conditions.join(" "),
  tip: (join) => (join.quality_flags.length === 0 ? null : join.quality_flags.join(" ").replaceAll("_", " ")),
  classes: { dim: () => true, struck: (join) => join.cancelled },
};

/** From execution to the report, where the feed gave the time of execution. */
export function reportingDelayMs(join: EquityJoin): number | null {
  const ms = millis(join.source_ts) - millis(join.join_ts);
  return Number.isFinite(ms) && ms >= 0 ? ms : null;
}

export const reportingDelay: Column = {
  id: "delay",
  title: "delay",
  name: "reporting delay, from execution to report",
  width: 58,
  align: "right",
  text: (join) => duration(reportingDelayMs(join)),
  classes: { dim: () => true, warn: (join) => (reportingDelayMs(join) ?? 0) >= 10_000 },
  order: by(reportingDelayMs),
};

/** A sub-penny price suggests a wholesaler's improvement: a tag with its caveat, never a side. */
function retailWords(proxy: string): string {
  return `sub-penny price, often a retail order a wholesaler filled (${proxy} by its fraction); a tag, not a side`;
}

export const retail: Column = {
  id: "retail",
  title: "tag",
  name: "retail proxy: a tag, not a side",
  width: 52,
  hidden: true,
  text: (join) => (join.retail_proxy === null ? "" : "retail?"),
  tip: (join) => (join.retail_proxy === null ? null : retailWords(join.retail_proxy)),
  classes: dim,
};
