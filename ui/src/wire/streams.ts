/** Names of the gateway's streams and the record each carries (gateway specification, 4). */
import type {
  ClassifierHit,
  Counter,
  DarkInference,
  EquityCandle,
  EquityJoin,
  EquityOrderFlow,
  EquityPrint,
  EquityProfile,
  EquityQuote,
  EquityState,
  FlowAlert,
  FlowPacket,
  Nanos,
  OptionsNbbo,
  OptionsNetPremium,
  OptionsTape,
  Signal,
  SmartMoneyEvent,
} from "../generated";

export interface Streams {
  readonly options: OptionsTape;
  readonly nbbo: OptionsNbbo;
  readonly equities: EquityPrint;
  readonly "equity-quotes": EquityQuote;
  readonly "equity-joins": EquityJoin;
  readonly "equity-candles": EquityCandle;
  readonly flow: FlowPacket;
  readonly "smart-money": SmartMoneyEvent;
  readonly "classifier-hits": ClassifierHit;
  readonly alerts: FlowAlert;
  readonly "net-premium": OptionsNetPremium;
  readonly "inferred-dark": DarkInference;
  readonly "equity-profile": EquityProfile;
  readonly "order-flow": EquityOrderFlow;
  readonly "market-state": EquityState;
  readonly signals: Signal;
}

export type Stream = keyof Streams;

/** What every record begins with; derived, so it cannot drift from the schemas. */
export type Header = Pick<OptionsTape, "source_ts" | "ingest_ts" | "seq" | "trace_id">;

/** A place in a stream: the order of every page is (`ts`, `seq`, id). */
export interface Place {
  readonly ts: Nanos;
  readonly seq: Counter;
}

/** The version of a record: its revision where it has one, else its sequence number. */
export function versionOf(record: Header & { readonly revision?: number }): number {
  return record.revision ?? Number(record.seq);
}

/** One more than a counter, without losing digits past 2^53. */
export function after(counter: Counter): string {
  return (BigInt(counter) + 1n).toString();
}

/** Filters as the gateway takes them over the socket: lists as arrays, names of section 4. */
export type Filters = Readonly<Record<string, FilterValue>>;
export type FilterValue = string | number | boolean | readonly string[];

/** One text for equal filters, whatever the order their names were given in. */
export function filtersKey(filters: Filters): string {
  const names = Object.keys(filters).sort();
  return JSON.stringify(
    names.map((name) => {
      const value = filters[name];
      return [name, Array.isArray(value) ? [...(value as readonly string[])].sort() : value];
    }),
  );
}
