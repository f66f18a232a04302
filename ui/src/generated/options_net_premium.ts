/** Record of `options.net-premium`. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { Counter, IsoDate, Nanos } from "./scalars";

/** Signed option premium per underlying, market and basket in buckets of one minute. */
export interface OptionsNetPremium {
  /** event time, ns UTC; of a derived record the event time at which it became knowable */
  readonly source_ts: Nanos;
  /** first receipt, ns UTC; of a derived record the largest of its inputs */
  readonly ingest_ts: Nanos;
  /** source sequence; of a derived record that of its last input */
  readonly seq: Counter;
  /** np:<underlying or _market or _basket>:<window_start> */
  readonly trace_id: string;
  /** topic and version of the shape */
  readonly schema_version: string;
  /** root symbol; _market over every underlying, _basket over those of NET_PREMIUM_BASKET */
  readonly underlying_id: string;
  /** underlying, market or basket */
  readonly scope: string;
  /** first instant of the bucket, ns UTC */
  readonly window_start: Nanos;
  /** length of the bucket */
  readonly interval_ms: number;
  /** session the bucket belongs to */
  readonly trade_date: IsoDate;
  /** one more each time the bucket comes out */
  readonly revision: number;
  /** the bucket was still open at source_ts */
  readonly forming: boolean;
  /** volume-eligible prints, cancelled ones taken out */
  readonly print_count: number;
  /** their contracts */
  readonly size: number;
  /** $ premium of calls placed AA or A */
  readonly call_ask: number;
  /** $ premium of calls placed MID */
  readonly call_mid: number;
  /** $ premium of calls placed B or BB */
  readonly call_bid: number;
  /** $ premium of calls placed MISSING or STALE */
  readonly call_unplaced: number;
  /** call_ask - call_bid, $ */
  readonly call_net: number;
  /** $ premium of calls, each print times its probability of being a buy */
  readonly call_p_buy: number;
  /** $ premium of calls, each print times its probability of being a sell */
  readonly call_p_sell: number;
  /** call_p_buy - call_p_sell, $ */
  readonly call_p_net: number;
  /** $ premium of calls of class full, not late, with aggressor buy */
  readonly call_buy: number;
  /** $ premium of calls of class full, not late, with aggressor sell */
  readonly call_sell: number;
  /** $ delta of calls, ask side minus bid side */
  readonly call_dollar_delta: number;
  /** $ delta of calls, each print times P(buy) - P(sell) */
  readonly call_p_dollar_delta: number;
  /** $ premium of puts placed AA or A */
  readonly put_ask: number;
  /** $ premium of puts placed MID */
  readonly put_mid: number;
  /** $ premium of puts placed B or BB */
  readonly put_bid: number;
  /** $ premium of puts placed MISSING or STALE */
  readonly put_unplaced: number;
  /** put_ask - put_bid, $ */
  readonly put_net: number;
  /** $ premium of puts, each print times its probability of being a buy */
  readonly put_p_buy: number;
  /** $ premium of puts, each print times its probability of being a sell */
  readonly put_p_sell: number;
  /** put_p_buy - put_p_sell, $ */
  readonly put_p_net: number;
  /** $ premium of puts of class full, not late, with aggressor buy */
  readonly put_buy: number;
  /** $ premium of puts of class full, not late, with aggressor sell */
  readonly put_sell: number;
  /** $ delta of puts, ask side minus bid side */
  readonly put_dollar_delta: number;
  /** $ delta of puts, each print times P(buy) - P(sell) */
  readonly put_p_dollar_delta: number;
  /** $ premium that is in none of call_buy, call_sell, put_buy, put_sell */
  readonly excluded: number;
  /** $ premium of the prints whose dollar delta is known */
  readonly delta_premium: number;
  /** call_net - put_net, $ */
  readonly directional_net: number;
  /** call_dollar_delta + put_dollar_delta, $ */
  readonly net_dollar_delta: number;
  /** call_p_dollar_delta + put_p_dollar_delta, $ */
  readonly p_net_dollar_delta: number;
  /** $ premium of the session up to and including this bucket */
  readonly session_premium: number;
  /** call_net of the session up to and including this bucket, $ */
  readonly session_call_net: number;
  /** put_net of the session up to and including this bucket, $ */
  readonly session_put_net: number;
  /** call_p_net of the session up to and including this bucket, $ */
  readonly session_call_p_net: number;
  /** put_p_net of the session up to and including this bucket, $ */
  readonly session_put_p_net: number;
  /** directional_net of the session up to and including this bucket, $ */
  readonly session_directional_net: number;
  /** net_dollar_delta of the session up to and including this bucket, $ */
  readonly session_net_dollar_delta: number;
  /** p_net_dollar_delta of the session up to and including this bucket, $ */
  readonly session_p_net_dollar_delta: number;
  /** policies that decided, joined by + */
  readonly policy_version: string;
  /** 8 hex digits over the effective thresholds */
  readonly config_hash: string;
}
