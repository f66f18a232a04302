/** What `/tickers/{symbol}` answers, block by block, and the figures of the header. */
import type { Nanos } from "../../generated";
import type { TickerSummary } from "../../generated/rest";
import { MISSING, change, compact, count, fixed, money, moneyExact, percent, price } from "../../ui/number";
import { dateOf, dayOf, millis, timeOf } from "../../ui/time";

type Block = Pick<TickerSummary["last"], "as_of" | "basis">;
export type Basis = Block["basis"];

/** One figure of the header. */
export interface Figure {
  readonly name: string;
  readonly text: string;
  /** Exact value or explanation. */
  readonly tip: string;
  readonly tone: "up" | "down" | "plain";
  readonly asOf: Nanos | null;
  readonly basis: Basis;
}

const BASIS_WORDS: Readonly<Record<Basis, string>> = {
  live: "live",
  stored: "stored",
  prior_close: "prior close",
  missing: "missing",
};

/** Age of a figure in as few letters as say it. */
export function shortAge(asOf: Nanos | null, nowMs: number): string {
  if (asOf === null) return "";
  const seconds = Math.max(0, Math.round((nowMs - millis(asOf)) / 1000));
  if (seconds < 100) return `${seconds}s`;
  if (seconds < 6_000) return `${Math.round(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)}h`;
  return `${Math.round(seconds / 86_400)}d`;
}

export function basisText({ asOf, basis }: Pick<Figure, "asOf" | "basis">, nowMs: number): string {
  return [shortAge(asOf, nowMs), BASIS_WORDS[basis]].filter((part) => part !== "").join(" ");
}

const toneOf = (value: number | null): Figure["tone"] =>
  value === null || value === 0 ? "plain" : value > 0 ? "up" : "down";
const glyph = (value: number | null): string => {
  const tone = toneOf(value);
  return tone === "plain" ? "" : tone === "up" ? "▲ " : "▼ ";
};

/** `earnings 25 Nov`; `–` where none is known. */
export function eventText({ kind, event_ts }: TickerSummary["next_event"]): string {
  return kind === null ? MISSING : `${kind.replaceAll("_", " ")} ${dayOf(dateOf(event_ts, "ET"))}`;
}

export function eventTip({ event_ts, timing }: TickerSummary["next_event"]): string {
  return event_ts === null ? "none is known" : `${dateOf(event_ts, "ET")} ${timeOf(event_ts, 0, "ET")} ET ${timing ?? ""}`;
}

/** The figures of the header, in reading order; what is not known is `–`, never 0. */
export function figuresOf(ticker: TickerSummary): readonly Figure[] {
  const { last, prev_close, session, premium, put_call, next_event } = ticker;
  const figure = (
    name: string,
    block: Block,
    text: string,
    tip = "",
    tone: Figure["tone"] = "plain",
  ): Figure => ({ name, text, tip, tone, asOf: block.as_of, basis: block.basis });
  const moved = ticker.change.change_pct;
  const net = premium.net_premium;
  return [
    figure("last", last, price(last.price), last.source === "tape" ? "mid an option print saw" : "close of the newest minute"),
    figure(
      "change",
      ticker.change,
      moved === null ? MISSING : `${glyph(moved)}${change(moved)} %`,
      prev_close.price === null ? "no close before" : `against the close before, ${price(prev_close.price)} on ${dateOf(prev_close.as_of, "ET")}`,
      toneOf(moved),
    ),
    figure("volume", session, compact(session.volume), count(session.volume)),
    figure("off-exchange", session, percent(session.off_exchange_share, 1), "share of the volume of regular hours"),
    figure("call premium", premium, money(premium.call_premium), moneyExact(premium.call_premium)),
    figure("put premium", premium, money(premium.put_premium), moneyExact(premium.put_premium)),
    figure("net premium", premium, `${glyph(net)}${money(net)}`, `${moneyExact(net)}; ${moneyExact(premium.excluded)} excluded`, toneOf(net)),
    figure("put/call", put_call, fixed(put_call.ratio, 2), `${count(put_call.put_size)} puts, ${count(put_call.call_size)} calls`),
    figure("IV", { as_of: null, basis: "missing" }, MISSING, "the gateway gives no implied volatility of a whole symbol"),
    figure("next event", next_event, eventText(next_event), eventTip(next_event)),
  ];
}
