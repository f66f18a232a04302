/** Record of `options.prints`. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { Counter, IsoDate, Nanos } from "./scalars";

/** Every option trade report, as received; immutable. */
export interface OptionsPrint {
  /** event time, ns UTC; of a derived record the event time at which it became knowable */
  readonly source_ts: Nanos;
  /** first receipt, ns UTC; of a derived record the largest of its inputs */
  readonly ingest_ts: Nanos;
  /** source sequence; of a derived record that of its last input */
  readonly seq: Counter;
  /** deterministic and unique for ever; of a derived record its own id */
  readonly trace_id: string;
  /** topic and version of the shape */
  readonly schema_version: string;
  /** feed, e.g. databento, synthetic, file:tos */
  readonly source: string;
  /** ROOT-YYYY-MM-DD-STRIKE-C|P */
  readonly option_contract_id: string;
  /** root symbol of the underlying, key of the topic */
  readonly underlying_id: string;
  /** option root */
  readonly root: string;
  /** C or P */
  readonly right: string;
  /** refdata, feed or default */
  readonly multiplier_source: string;
  /** OPRA participant letter, empty when the feed has none */
  readonly exchange: string;
  /** expiry date */
  readonly expiry: IsoDate;
  /** units per contract */
  readonly multiplier: number;
  /** contracts */
  readonly size: number;
  /** $ */
  readonly strike: number;
  /** $ per unit */
  readonly price: number;
  readonly adjusted: boolean;
  readonly flex: boolean;
  /** normalised OPRA letters */
  readonly conditions: readonly string[];
  /** as received */
  readonly raw_conditions: readonly string[];
  /** venue trade id, for cancel matching */
  readonly source_trade_id: string | null;
  /** NBBO traded against, $ per unit */
  readonly nbbo_bid: number | null;
  /** NBBO traded against, $ per unit */
  readonly nbbo_ask: number | null;
  /** contracts */
  readonly nbbo_bid_size: number | null;
  /** contracts */
  readonly nbbo_ask_size: number | null;
  /** ns UTC */
  readonly nbbo_ts: Nanos | null;
  /** OPRA participant letter */
  readonly nbbo_bid_venue: string | null;
  /** OPRA participant letter */
  readonly nbbo_ask_venue: string | null;
  /** BBO of the executing venue, $ per unit */
  readonly venue_bid: number | null;
  /** BBO of the executing venue, $ per unit */
  readonly venue_ask: number | null;
  /** contracts */
  readonly venue_bid_size: number | null;
  /** contracts */
  readonly venue_ask_size: number | null;
  /** as carried by the feed, $ */
  readonly underlying_bid: number | null;
  /** as carried by the feed, $ */
  readonly underlying_ask: number | null;
  /** ns UTC */
  readonly underlying_ts: Nanos | null;
  /** as carried, 0.2 = 20 % */
  readonly provider_iv: number | null;
  /** buy or sell */
  readonly vendor_aggressor: string | null;
}
