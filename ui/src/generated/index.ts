/** Records of every topic. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

export * from "./scalars";
export type * from "./nested";
export type * from "./baseline_snapshots";
export type * from "./control_replay_status";
export type * from "./control_replay";
export type * from "./control_synthetic";
export type * from "./dark_inferred";
export type * from "./equities_candles";
export type * from "./equities_joins";
export type * from "./equities_order_flow";
export type * from "./equities_prints";
export type * from "./equities_profile";
export type * from "./equities_quotes";
export type * from "./equities_state";
export type * from "./flow_alerts";
export type * from "./flow_classifier_hits";
export type * from "./flow_packets";
export type * from "./flow_smart_money";
export type * from "./options_nbbo";
export type * from "./options_net_premium";
export type * from "./options_prints";
export type * from "./options_tape";
export type * from "./refdata_events";
export type * from "./refdata_open_interest";
export type * from "./signals";
