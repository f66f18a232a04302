/** Bodies of the gateway's REST. Generated from api/openapi.json by `python -m schemas.generate`. */

import type { BaselineSnapshot, ClassifierHit, DarkInference, EquityCandle, EquityJoin, EquityOrderFlow, EquityPrint, EquityProfile, EquityQuote, EquityState, FlowAlert, FlowPacket, IsoDate, MarketEvent, Nanos, OpenInterest, OptionsNbbo, OptionsNetPremium, OptionsTape, Signal, SmartMoneyEvent } from "./index";

export interface AlertsAscendingPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly FlowAlert[];
  /** null at the end */
  readonly next: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

/** Alerts of the trade date that were not retracted. */
export interface AlertsBlock {
  /** newest event it rests on; null when missing */
  readonly as_of: Nanos | null;
  /** live: within a minute of now; prior_close: of a session before; stored: else */
  readonly basis: "live" | "stored" | "prior_close" | "missing";
  readonly count: number;
  readonly newest_id: string | null;
  readonly newest_ts: Nanos | null;
  readonly top_severity: "low" | "medium" | "high" | null;
}

export interface AlertsPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly FlowAlert[];
  /** null at the end */
  readonly next_before: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

/** Every document of the operator, by kind. */
export interface Bundle {
  readonly documents: Readonly<Record<string, readonly BundleDocument[]>>;
  readonly version?: 1;
}

/** A document of a bundle; version and time are told and not read back. */
export interface BundleDocument {
  readonly body: Readonly<Record<string, unknown>>;
  readonly id: string;
  readonly name: string;
  readonly updated_ts?: Nanos;
  readonly version?: number;
}

/** How many documents were put back. */
export interface BundleResult {
  readonly restored: number;
}

/** Prints by trace id. */
export interface ByTrace {
  /** in the order asked */
  readonly data: readonly OptionsTape[];
  /** ids that neither rings nor tables have */
  readonly missing: readonly string[];
}

/** Stated probability against what came. */
export interface CalibrationBin {
  readonly high: number;
  readonly hit_rate: number;
  readonly low: number;
  readonly mean_probability: number;
  readonly n: number;
}

/** Bars of a chart. */
export interface Candles {
  /** oldest first */
  readonly data: readonly EquityCandle[];
  /** the newest, while it is not closed */
  readonly forming: EquityCandle | null;
}

/** Change against the close before. */
export interface Change {
  /** newest event it rests on; null when missing */
  readonly as_of: Nanos | null;
  /** live: within a minute of now; prior_close: of a session before; stored: else */
  readonly basis: "live" | "stored" | "prior_close" | "missing";
  readonly change_pct: number | null;
}

/** One live channel: its state and why, records a second, what is not read, what was lost. */
export interface ChannelPipeline {
  readonly cause: string | null;
  readonly dropped: number;
  readonly duplicates: number;
  readonly groups: number;
  readonly lag: number;
  readonly newest_ts: Nanos | null;
  readonly rate: number;
  readonly rejected: number;
  readonly state: "live" | "quiet" | "stale" | "down" | "closed";
}

export interface ClassifierHitsAscendingPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly ClassifierHit[];
  /** null at the end */
  readonly next: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

export interface ClassifierHitsPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly ClassifierHit[];
  /** null at the end */
  readonly next_before: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

/** One open socket: what it was sent and what waits for it. */
export interface ClientPipeline {
  readonly bytes: number;
  readonly conflated: number;
  readonly connected_s: number;
  readonly dropped: number;
  readonly frame_ms: number | null;
  readonly heap_mb: number | null;
  readonly messages: number;
  readonly name: string;
  readonly outbox_bytes: number;
  readonly outbox_ms: number;
  readonly subscriptions: readonly string[];
}

/** A command without values. */
export interface CommandIn {
  /** sent again under it, the command is carried out once */
  readonly command_id?: string | null;
}

/** Off-exchange trading in one price row. */
export interface DarkLevel {
  /** ns UTC, decimal digits */
  readonly first_ts: Nanos;
  /** ns UTC, decimal digits */
  readonly last_ts: Nanos;
  readonly notional: number;
  /** lower edge of the row */
  readonly price: number;
  readonly print_count: number;
  /** of all off-exchange volume in the range */
  readonly share: number;
  readonly volume: number;
}

/** Off-exchange trading by price, from the top; wholesalers as well as dark pools. */
export interface DarkLevels {
  readonly data: readonly DarkLevel[];
  /** ns UTC, decimal digits */
  readonly end_ts: Nanos;
  readonly row_e4: number;
  /** ns UTC, decimal digits */
  readonly start_ts: Nanos;
  readonly underlying_id: string;
}

/** One rejected message; `value_hex` is its first KiB. */
export interface DeadLetterBody {
  readonly attempt: number;
  readonly error: string;
  readonly id: string;
  readonly is_replayable: boolean;
  readonly is_replayed: boolean;
  readonly offset: number | null;
  readonly origin: string;
  readonly partition: number | null;
  readonly position: string;
  readonly size: number;
  readonly topic: string;
  readonly value_hex: string;
}

/** Whose dead letters are sent again; of all topics when none is named. */
export interface DeadLetterReplay {
  readonly topics?: readonly string[];
}

/** Newest dead letters first, and how many there are by topic. */
export interface DeadLetters {
  readonly data: readonly DeadLetterBody[];
  readonly totals: Readonly<Record<string, number>>;
}

/** How many were sent again, and how many not because their bytes are no message. */
export interface DeadLettersReplayed {
  readonly by_topic: Readonly<Record<string, number>>;
  readonly replayed: number;
  readonly skipped: number;
}

/** Newest notifications of a rule, and how its matches were judged since it was saved. */
export interface DeliveryList {
  readonly data: readonly DeliveryOut[];
  readonly verdicts: Readonly<Record<string, number>>;
}

/** One notification of a rule; `ts` is ns UTC, decimal. */
export interface DeliveryOut {
  readonly action: "notification" | "webhook";
  readonly attempts: number;
  readonly error: string;
  readonly event_id: string;
  readonly host: string;
  readonly outcome: string;
  readonly status: number | null;
  readonly ts: Nanos;
}

/** How one dependency is, since when (ns UTC), and what was found. */
export interface DependencyHealth {
  readonly detail: string;
  readonly latency_ms: number | null;
  readonly since: string;
  readonly status: "ok" | "quiet" | "degraded" | "down" | "unknown";
}

/** A document as it is to be. */
export interface DocumentIn {
  readonly body: Readonly<Record<string, unknown>>;
  readonly name: string;
}

/** All documents of a kind, by name. */
export interface DocumentList {
  readonly data: readonly DocumentOut[];
}

/** A document as it is; `updated_ts` is ns UTC, decimal. */
export interface DocumentOut {
  readonly body: Readonly<Record<string, unknown>>;
  readonly id: string;
  readonly name: string;
  readonly updated_ts: Nanos;
  readonly version: number;
}

export interface EquitiesAscendingPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly EquityPrint[];
  /** null at the end */
  readonly next: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

export interface EquitiesPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly EquityPrint[];
  /** null at the end */
  readonly next_before: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

export interface EquityCandlesAscendingPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly EquityCandle[];
  /** null at the end */
  readonly next: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

export interface EquityCandlesPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly EquityCandle[];
  /** null at the end */
  readonly next_before: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

export interface EquityJoinsAscendingPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly EquityJoin[];
  /** null at the end */
  readonly next: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

export interface EquityJoinsPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly EquityJoin[];
  /** null at the end */
  readonly next_before: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

export interface EquityProfileAscendingPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly EquityProfile[];
  /** null at the end */
  readonly next: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

export interface EquityProfilePage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly EquityProfile[];
  /** null at the end */
  readonly next_before: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

export interface EquityQuotesAscendingPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly EquityQuote[];
  /** null at the end */
  readonly next: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

export interface EquityQuotesPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly EquityQuote[];
  /** null at the end */
  readonly next_before: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

/** The next announced event. */
export interface EventBlock {
  /** newest event it rests on; null when missing */
  readonly as_of: Nanos | null;
  /** live: within a minute of now; prior_close: of a session before; stored: else */
  readonly basis: "live" | "stored" | "prior_close" | "missing";
  readonly event_id: string | null;
  readonly event_ts: Nanos | null;
  readonly kind: string | null;
  readonly timing: string | null;
}

/** A record with everything it rests on, and what refers to it. */
export interface Evidence {
  readonly alert: FlowAlert | null;
  readonly baselines: readonly BaselineSnapshot[];
  readonly candles: readonly EquityCandle[];
  readonly dark: readonly DarkInference[];
  readonly equity_prints: readonly EquityPrint[];
  readonly equity_quotes: readonly EquityQuote[];
  readonly events: readonly MarketEvent[];
  readonly hits: readonly ClassifierHit[];
  readonly joins: readonly EquityJoin[];
  readonly levels: readonly Level[];
  /** from a record to what it rests on */
  readonly links: readonly (readonly [string, string])[];
  readonly missing: readonly Missing[];
  readonly net_premium: readonly OptionsNetPremium[];
  /** nothing publishes news yet */
  readonly news: readonly Readonly<Record<string, unknown>>[];
  readonly open_interest: readonly OpenInterest[];
  readonly order_flow: readonly EquityOrderFlow[];
  readonly outcomes: readonly Outcome[];
  readonly packets: readonly FlowPacket[];
  readonly prints: readonly OptionsTape[];
  readonly profiles: readonly EquityProfile[];
  readonly quotes: readonly OptionsNbbo[];
  readonly root: string;
  readonly signals: readonly Signal[];
  readonly smart_money: readonly SmartMoneyEvent[];
  readonly source: "hot" | "store" | "mixed";
  readonly states: readonly EquityState[];
  /** by list */
  readonly truncated: Readonly<Record<string, Truncated>>;
  readonly used_by: readonly UsedBy[];
}

/** Multiples of what the mode emits. */
export interface Factors {
  /** multiple of the mode's rate */
  readonly prints?: number;
  /** multiple of the mode's rate */
  readonly quotes?: number;
  /** multiple of the mode's rate */
  readonly scenarios?: number;
}

/** One parameter or field that is wrong. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

export interface FlowAscendingPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly FlowPacket[];
  /** by print id, what is known of the prints of this page */
  readonly links: Readonly<Record<string, PrintLink>>;
  /** null at the end */
  readonly next: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

export interface FlowPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly FlowPacket[];
  /** by print id, what is known of the prints of this page */
  readonly links: Readonly<Record<string, PrintLink>>;
  /** null at the end */
  readonly next_before: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

/** One dataflow: how far its output is behind its input, in records and in event time. */
export interface FlowPipeline {
  readonly lag_s: number | null;
  readonly records_behind: number;
  readonly stalled_s: number;
  readonly status: "ok" | "quiet" | "degraded" | "down" | "unknown";
}

/** A symbol or contract. */
export interface Found {
  readonly expiry: IsoDate | null;
  readonly option_contract_id: string | null;
  readonly right: "C" | "P" | null;
  /** contracts traded, as stored */
  readonly size: number;
  readonly strike: number | null;
  readonly symbol: string;
}

/** Premium of one strike and expiry; money in dollars. */
export interface GridCell {
  readonly call_buy: number;
  readonly call_net_premium: number;
  readonly call_sell: number;
  readonly excluded: number;
  /** YYYY-MM-DD */
  readonly expiry: IsoDate;
  /** ns UTC, decimal digits */
  readonly first_ts: Nanos;
  /** ns UTC, decimal digits */
  readonly last_ts: Nanos;
  /** calls' net minus puts' net */
  readonly net_premium: number;
  readonly premium: number;
  readonly print_count: number;
  readonly put_buy: number;
  readonly put_net_premium: number;
  readonly put_sell: number;
  readonly size: number;
  readonly strike: number;
}

/** Newest headlines; nothing publishes news yet. */
export interface HeadlinesBlock {
  /** newest event it rests on; null when missing */
  readonly as_of: Nanos | null;
  /** live: within a minute of now; prior_close: of a session before; stored: else */
  readonly basis: "live" | "stored" | "prior_close" | "missing";
  readonly data: readonly string[];
}

/** How the gateway is; who is not known gets `status` only. */
export interface HealthBody {
  readonly checked_ts?: Nanos | null;
  readonly dependencies?: Readonly<Record<string, DependencyHealth>> | null;
  readonly status: "starting" | "ok" | "degraded" | "down";
}

/** What one kind of event adds to the heat. */
export interface HeatShare {
  readonly events: number;
  readonly heat: number;
  readonly part: "alert" | "profile" | "packet" | "off_exchange" | "news";
  readonly share: number;
}

export interface InferredDarkAscendingPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly DarkInference[];
  /** null at the end */
  readonly next: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

export interface InferredDarkPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly DarkInference[];
  /** null at the end */
  readonly next_before: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

/** A scenario that is begun once, after its lead of 5 or 61 seconds. */
export interface Injection {
  readonly scenario: string;
  /** null for any that suits and is free */
  readonly symbol?: string | null;
}

/** A price of profiles. */
export interface Level {
  readonly level_kind: string;
  readonly price: number;
  readonly profile_ids: readonly string[];
  readonly source: string;
  readonly underlying_id: string;
}

/** The three nearest levels of the newest profiles. */
export interface LevelsBlock {
  /** newest event it rests on; null when missing */
  readonly as_of: Nanos | null;
  /** live: within a minute of now; prior_close: of a session before; stored: else */
  readonly basis: "live" | "stored" | "prior_close" | "missing";
  readonly data: readonly NearLevel[];
}

/** The operator's password. */
export interface LoginBody {
  readonly password: string;
}

/** One kind of loss of the day. */
export interface Loss {
  readonly count: number;
  readonly from_ts: Nanos | null;
  readonly kind: "dead_letters" | "dropped" | "gap" | "log" | "late" | "disconnect" | "duplicates_removed";
  readonly to_ts: Nanos | null;
  readonly where: string;
}

/** What was lost, late or thrown away since midnight in New York, or since the start. */
export interface Losses {
  readonly data: readonly Loss[];
  readonly since_ts: Nanos;
}

/** One low-volume node and how far it is. */
export interface LowVolumeNode {
  /** dollars, above the last price positive */
  readonly distance: number;
  readonly distance_bps: number | null;
  readonly price: number;
  readonly profile_id: string;
  /** ns UTC, decimal digits */
  readonly profile_ts: Nanos;
  readonly window: string;
}

/** Low-volume nodes, the nearest first. */
export interface LowVolumeNodes {
  readonly data: readonly LowVolumeNode[];
  /** last price they are measured from */
  readonly price: number | null;
  readonly price_ts: Nanos | null;
  readonly underlying_id: string;
}

/** A token with its secret, which is not shown again. */
export interface MadeToken {
  readonly created_ts: Nanos;
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly token: string;
}

export interface MarketStateAscendingPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly EquityState[];
  /** null at the end */
  readonly next: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

export interface MarketStatePage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly EquityState[];
  /** null at the end */
  readonly next_before: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

/** A reference without a record. */
export interface Missing {
  readonly reason: "not_found" | "expired" | "not_yet_stored";
  readonly ref: string;
}

/** Counts by interval and name. */
export interface Mix {
  readonly by: "profile" | "abstention" | "severity";
  readonly data: readonly MixCount[];
  readonly interval_ms: number;
}

/** Events of one name in one interval. */
export interface MixCount {
  readonly events: number;
  /** profile ('' for none), named or abstained, or severity */
  readonly name: string;
  /** dollars */
  readonly premium: number;
  /** ns UTC, decimal digits */
  readonly window_start: Nanos;
}

export interface NbboAscendingPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly OptionsNbbo[];
  /** null at the end */
  readonly next: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

export interface NbboPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly OptionsNbbo[];
  /** null at the end */
  readonly next_before: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

/** A level near the last price. */
export interface NearLevel {
  readonly kind: "lvn" | "hvn" | "poc" | "vah" | "val";
  readonly price: number;
  readonly profile_id: string;
  readonly window: string;
}

/** Series of one underlying, oldest first. */
export interface NetPremium {
  readonly data: readonly PremiumInterval[];
  readonly interval_ms: number;
  readonly underlying_id: string;
}

export interface NetPremiumAscendingPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly OptionsNetPremium[];
  /** null at the end */
  readonly next: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

export interface NetPremiumPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly OptionsNetPremium[];
  /** null at the end */
  readonly next_before: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

/** What a token is to be called and may do. */
export interface NewToken {
  readonly name: string;
  readonly scopes: readonly ("read" | "operate" | "sql" | "admin")[];
}

export interface OptionsAscendingPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly OptionsTape[];
  /** by print id, what is known of the prints of this page */
  readonly links: Readonly<Record<string, PrintLink>>;
  /** null at the end */
  readonly next: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

export interface OptionsPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly OptionsTape[];
  /** by print id, what is known of the prints of this page */
  readonly links: Readonly<Record<string, PrintLink>>;
  /** null at the end */
  readonly next_before: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

export interface OrderFlowAscendingPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly EquityOrderFlow[];
  /** null at the end */
  readonly next: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

export interface OrderFlowPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly EquityOrderFlow[];
  /** null at the end */
  readonly next_before: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

/** What the underlying did from an alert's first activity to a horizon. */
export interface Outcome {
  /** closed one-minute bars, or mids the option tape saw; null unless known */
  readonly basis: "candles" | "tape" | null;
  /** move of the underlying */
  readonly bps: number | null;
  readonly entry_price: number | null;
  readonly entry_ts: Nanos | null;
  readonly exit_price: number | null;
  readonly exit_ts: Nanos | null;
  readonly horizon: "5m" | "30m" | "close" | "next_close";
  /** the move in the alert's direction; null without bullish or bearish */
  readonly signed_bps: number | null;
  readonly state: "pending" | "known" | "unknown";
  /** ns UTC, decimal digits */
  readonly target_ts: Nanos;
}

/** Outcomes of one alert. */
export interface OutcomesAnswer {
  readonly alert_id: string;
  readonly data: readonly Outcome[];
  readonly direction: string;
  /** ns UTC, decimal digits */
  readonly first_ts: Nanos;
  readonly underlying_id: string;
}

/** Top three packets of the trade date by premium. */
export interface PacketsBlock {
  /** newest event it rests on; null when missing */
  readonly as_of: Nanos | null;
  /** live: within a minute of now; prior_close: of a session before; stored: else */
  readonly basis: "live" | "stored" | "prior_close" | "missing";
  readonly data: readonly TopPacket[];
}

/** How the records flow; `stages` are percentiles by stage and by 1m, 5m and session. */
export interface PipelineBody {
  readonly channels: Readonly<Record<string, ChannelPipeline>>;
  readonly checked_ts: Nanos;
  readonly clients: readonly ClientPipeline[];
  readonly flows: Readonly<Record<string, FlowPipeline>>;
  readonly stages: Readonly<Record<string, Readonly<Record<string, SpanPercentiles>>>>;
  readonly topics: Readonly<Record<string, TopicPipeline>>;
}

/** Where a page ends; `before_ts` and `before_seq`, or `after_…`, of the next one. */
export interface Position {
  readonly seq: number;
  /** ns UTC, decimal digits */
  readonly ts: Nanos;
}

/** Option premium of the trade date, dollars. */
export interface PremiumBlock {
  /** newest event it rests on; null when missing */
  readonly as_of: Nanos | null;
  /** live: within a minute of now; prior_close: of a session before; stored: else */
  readonly basis: "live" | "stored" | "prior_close" | "missing";
  readonly call_drift: number | null;
  readonly call_net_premium: number | null;
  readonly call_premium: number | null;
  readonly excluded: number | null;
  /** calls' net minus puts' net */
  readonly net_premium: number | null;
  readonly put_drift: number | null;
  readonly put_net_premium: number | null;
  readonly put_premium: number | null;
}

/** Net premium by strike and expiry. */
export interface PremiumGrid {
  readonly data: readonly GridCell[];
  /** ns UTC, decimal digits */
  readonly end_ts: Nanos;
  /** ns UTC, decimal digits */
  readonly start_ts: Nanos;
  readonly underlying_id: string;
}

/** Net premium of one interval; money in dollars. */
export interface PremiumInterval {
  /** premium of calls at the ask minus at the bid */
  readonly call_ask_bid_net: number;
  readonly call_buy: number;
  /** sum of call_net_premium since 09:30 Eastern; null before that */
  readonly call_drift: number | null;
  /** call_buy - call_sell */
  readonly call_net_premium: number;
  readonly call_sell: number;
  /** mid, complex, stock-tied, late, of unknown side */
  readonly excluded: number;
  /** excluded of gross; null without premium */
  readonly excluded_share: number | null;
  /** a bucket of it was still open */
  readonly forming: boolean;
  /** all premium */
  readonly gross: number;
  readonly interval_ms: number;
  readonly print_count: number;
  /** premium of puts at the ask minus at the bid */
  readonly put_ask_bid_net: number;
  readonly put_buy: number;
  /** sum of put_net_premium since 09:30 Eastern; null before that */
  readonly put_drift: number | null;
  /** put_buy - put_sell */
  readonly put_net_premium: number;
  readonly put_sell: number;
  /** YYYY-MM-DD */
  readonly trade_date: IsoDate;
  /** ns UTC, decimal digits */
  readonly window_start: Nanos;
}

/** A price in dollars. */
export interface Price {
  /** newest event it rests on; null when missing */
  readonly as_of: Nanos | null;
  /** live: within a minute of now; prior_close: of a session before; stored: else */
  readonly basis: "live" | "stored" | "prior_close" | "missing";
  readonly price: number | null;
  /** close of a one-minute bar, or mid an option print saw */
  readonly source: "bars" | "tape" | null;
}

/** What is known of a print: its packet and what was read from that. */
export interface PrintLink {
  readonly abstained?: boolean | null;
  readonly alert_id?: string | null;
  readonly direction?: string | null;
  readonly hits?: readonly string[];
  readonly packet_id?: string | null;
  readonly probability?: number | null;
  readonly profile?: string | null;
  readonly structure_id?: string | null;
}

/** What every error answers with. */
export interface ProblemBody {
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  readonly instance: string;
  readonly request_id: string;
  readonly status: number;
  readonly title: string;
  readonly type: string;
}

/** Latest volume profile. */
export interface ProfileAnswer {
  readonly data: EquityProfile;
  readonly underlying_id: string;
  readonly window: "session" | "rolling" | "composite";
}

/** Top three profiles of the trade date by the premium of events that name them. */
export interface ProfilesBlock {
  /** newest event it rests on; null when missing */
  readonly as_of: Nanos | null;
  /** live: within a minute of now; prior_close: of a session before; stored: else */
  readonly basis: "live" | "stored" | "prior_close" | "missing";
  readonly data: readonly TopProfile[];
}

/** Contracts of puts over those of calls. */
export interface PutCallBlock {
  /** newest event it rests on; null when missing */
  readonly as_of: Nanos | null;
  /** live: within a minute of now; prior_close: of a session before; stored: else */
  readonly basis: "live" | "stored" | "prior_close" | "missing";
  readonly call_size: number | null;
  readonly put_size: number | null;
  readonly ratio: number | null;
}

/** Symbols, pinned ones first, then by heat. */
export interface Rail {
  /** ns UTC, decimal digits */
  readonly as_of: Nanos;
  readonly data: readonly RailTicker[];
}

/** A symbol of the rail. */
export interface RailTicker {
  readonly change_pct: number | null;
  readonly heat: number;
  readonly is_pinned: boolean;
  readonly last: Price;
  readonly newest_ts: Nanos | null;
  readonly prev_close: number | null;
  /** the three largest */
  readonly shares: readonly HeatShare[];
  readonly symbol: string;
}

/** The gateway takes requests. */
export interface ReadyBody {
  readonly status: "ready";
}

/** References whose evidence is asked. */
export interface RefsBody {
  readonly refs: readonly string[];
}

/** An alert rule that is not saved yet. */
export interface RuleIn {
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a marked sample of a rule did, and how often the rule would have spoken. */
export interface RuleTest {
  readonly deliveries: readonly DeliveryOut[];
  readonly last_session: SessionCount;
  readonly sample: Readonly<Record<string, unknown>>;
}

/** Event time reached, null for none, and wall time it was stated at; ns UTC, decimal. */
export interface RunClock {
  readonly event_ts: Nanos | null;
  readonly wall_ts: Nanos;
}

/** A new run; what is left out is as `REPLAY_…` says. */
export interface RunIn {
  readonly batch_size?: number | null;
  /** sent again under it, the command is carried out once */
  readonly command_id?: string | null;
  /** event time it ends before; 0 for the end */
  readonly end_ts?: Nanos | number | null;
  readonly flows?: readonly ("options" | "equities")[];
  readonly label?: string;
  readonly paused?: boolean;
  /** log or store */
  readonly source?: string;
  /** 0 flat out, else 0.1 to 1000 times real time */
  readonly speed?: number | null;
  /** first event time; 0 for the first record */
  readonly start_ts?: Nanos | number | null;
  readonly streams?: readonly ("options" | "nbbo" | "equities" | "equity-quotes")[] | null;
  readonly underlying_ids?: readonly string[];
  /** compare what it derived with live at its end */
  readonly verify?: boolean;
  readonly warmup_s?: number;
}

/** All runs, by name, and whether there is a worker that takes new ones. */
export interface RunList {
  readonly data: readonly RunOut[];
  readonly has_worker: boolean;
}

/** How a run is doing. */
export interface RunOut {
  readonly clock: RunClock;
  readonly comparison: string;
  readonly digests: Readonly<Record<string, string>>;
  readonly end_ts: Nanos | null;
  readonly error: string;
  readonly generation: number;
  readonly lag: Readonly<Record<string, number>>;
  readonly live: boolean;
  readonly matches_live: "true" | "false" | "unknown";
  readonly progress: number | null;
  readonly records: Readonly<Record<string, number>>;
  readonly run_id: string;
  readonly source: string;
  readonly speed: number;
  readonly start_ts: Nanos | null;
  readonly state: string;
  readonly topic_namespace: string;
  readonly visible_from_ts: Nanos | null;
}

/** A column of a table. */
export interface SchemaColumn {
  readonly comment: string;
  readonly name: string;
  readonly type: string;
}

/** A table or view. */
export interface SchemaTable {
  readonly columns: readonly SchemaColumn[];
  readonly name: string;
}

/** Alerts that share a name; '' is all of them. */
export interface ScoreGroup {
  readonly alerts: number;
  readonly base_n: number;
  /** same underlyings, same time of day, no alert */
  readonly base_rate: number | null;
  readonly base_samples: number;
  readonly calibration: readonly CalibrationBin[];
  readonly high: number | null;
  readonly hit_rate: number | null;
  readonly hits: number;
  /** n reaches 30; below it is too small to say anything */
  readonly is_enough: boolean;
  readonly known_share: number;
  /** 95 % Wilson interval */
  readonly low: number | null;
  readonly mean_signed_bps: number | null;
  /** alerts whose return to the horizon is known */
  readonly n: number;
  readonly name: string;
  readonly oi_outcomes: Readonly<Record<string, number>>;
  readonly settled: number;
}

/** How alerts turned out; past results, no forecast. */
export interface Scorecard {
  readonly by: "classifier" | "profile" | "score_band";
  readonly data: readonly ScoreGroup[];
  /** ns UTC, decimal digits */
  readonly end_ts: Nanos;
  readonly horizon: string;
  readonly overall: ScoreGroup | null;
  /** ns UTC, decimal digits */
  readonly start_ts: Nanos;
}

/** What matches. */
export interface SearchAnswer {
  readonly data: readonly Found[];
}

/** Where to go. */
export interface SeekIn {
  /** sent again under it, the command is carried out once */
  readonly command_id?: string | null;
  /** 10, 13, 16 or 19 digits, or RFC 3339 */
  readonly ts: Nanos | number;
}

/** Regular hours of the session. */
export interface SessionBlock {
  /** newest event it rests on; null when missing */
  readonly as_of: Nanos | null;
  /** live: within a minute of now; prior_close: of a session before; stored: else */
  readonly basis: "live" | "stored" | "prior_close" | "missing";
  readonly high: number | null;
  readonly low: number | null;
  readonly off_exchange_share: number | null;
  readonly volume: number | null;
  readonly vwap: number | null;
}

/** Who asks, and until when at the latest. */
export interface SessionBody {
  /** ns; null when nothing ends it */
  readonly ends_ts: Nanos | null;
  readonly kind: "local" | "session" | "token";
  /** password, or none where API_AUTH is disabled */
  readonly login: string;
  readonly name: string;
  readonly scopes: readonly string[];
}

/** How often a rule would have spoken in the newest session of its stream. */
export interface SessionCount {
  readonly matches: number;
  readonly trade_date: string | null;
  readonly would_fire: number | null;
}

export interface SignalsAscendingPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly Signal[];
  /** null at the end */
  readonly next: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

export interface SignalsPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly Signal[];
  /** null at the end */
  readonly next_before: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

export interface SmartMoneyAscendingPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly SmartMoneyEvent[];
  /** null at the end */
  readonly next: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

export interface SmartMoneyPage {
  /** when it was read */
  readonly as_of: Nanos;
  /** records, in order */
  readonly data: readonly SmartMoneyEvent[];
  /** null at the end */
  readonly next_before: Position | null;
  /** null at the end */
  readonly next_cursor: string | null;
  /** rings, tables, or both */
  readonly source: "hot" | "store" | "mixed";
}

/** Percentiles in ms, null without a measurement. */
export interface SpanPercentiles {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** How fast to go. */
export interface SpeedIn {
  /** sent again under it, the command is carried out once */
  readonly command_id?: string | null;
  readonly speed: number;
}

/** One statement. */
export interface SqlBody {
  readonly format?: "json" | "csv" | "parquet";
  /** values of {name:Type} in the statement */
  readonly params?: Readonly<Record<string, unknown>>;
  /** one SELECT, at most 20 KiB */
  readonly statement: string;
}

/** One column of a result. */
export interface SqlColumn {
  readonly name: string;
  /** ClickHouse's type */
  readonly type: string;
}

/** The answer of a statement. */
export interface SqlResult {
  readonly columns: readonly SqlColumn[];
  /** rows; whole numbers from 2^53 and decimals as strings, NaN as null */
  readonly data: readonly (readonly unknown[])[];
  readonly elapsed_ms: number;
  readonly rows: number;
  readonly rows_read: number;
}

/** What statements can read. */
export interface SqlSchema {
  readonly database: string;
  readonly tables: readonly SchemaTable[];
}

/** Balance or imbalance of the auction. */
export interface StateBlock {
  /** newest event it rests on; null when missing */
  readonly as_of: Nanos | null;
  /** live: within a minute of now; prior_close: of a session before; stored: else */
  readonly basis: "live" | "stored" | "prior_close" | "missing";
  readonly confidence: number | null;
  readonly preset: string | null;
  readonly since_ts: Nanos | null;
  readonly state: string | null;
  readonly trace_id: string | null;
}

/** How far to go. */
export interface StepIn {
  readonly by?: "event" | "ms" | "bar" | "alert";
  /** sent again under it, the command is carried out once */
  readonly command_id?: string | null;
  readonly n?: number;
}

/** How the market is; `equities_mode` is null where stocks are quoted only. */
export interface SyntheticControlOut {
  readonly equities_mode: string | null;
  readonly factors: Factors;
  readonly focus: readonly string[];
  readonly mode: string;
  readonly modes: readonly string[];
  readonly scenarios: readonly string[];
  readonly seed: number;
  readonly session: string;
}

/** How the market is to be; what is left out stays as it is. */
export interface SyntheticIn {
  readonly command_id?: string | null;
  readonly equities_mode?: "realistic" | "active" | "firehose" | null;
  readonly factors?: Factors | null;
  readonly focus?: readonly string[] | null;
  readonly inject?: Injection | null;
  readonly mode?: "realistic" | "active" | "firehose" | null;
  readonly preset?: string | null;
  readonly seed?: number | null;
}

/** How the feed is doing; times are ns UTC, decimal. */
export interface SyntheticStatusOut {
  readonly error: string;
  readonly last_command_id: string;
  readonly market_ts: Nanos;
  readonly mode: string;
  readonly seed: number;
  readonly session: string;
  readonly stated_ts: Nanos;
  readonly tick: number;
}

/** A symbol at an instant. */
export interface TickerSummary {
  readonly alerts: AlertsBlock;
  /** ns UTC, decimal digits */
  readonly as_of: Nanos;
  readonly change: Change;
  readonly headlines: HeadlinesBlock;
  readonly last: Price;
  readonly levels: LevelsBlock;
  readonly market_state: StateBlock;
  readonly next_event: EventBlock;
  readonly packets: PacketsBlock;
  readonly premium: PremiumBlock;
  readonly prev_close: Price;
  readonly profiles: ProfilesBlock;
  readonly put_call: PutCallBlock;
  readonly session: SessionBlock;
  readonly symbol: string;
  /** YYYY-MM-DD */
  readonly trade_date: IsoDate;
  readonly value_area: ValueArea;
}

/** A token without its secret. */
export interface TokenBody {
  readonly created_ts: Nanos;
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
}

/** All tokens, oldest first. */
export interface TokenList {
  readonly data: readonly TokenBody[];
}

/** One of the packets of largest premium. */
export interface TopPacket {
  /** ns UTC, decimal digits */
  readonly end_ts: Nanos;
  readonly id: string;
  readonly option_contract_id: string | null;
  readonly order_shape: string;
  readonly total_premium: number;
  readonly total_size: number;
}

/** One of the profiles of largest premium. */
export interface TopProfile {
  readonly events: number;
  /** ns UTC, decimal digits */
  readonly newest_ts: Nanos;
  readonly premium: number;
  /** largest of its events */
  readonly probability: number;
  readonly profile_id: string;
}

/** One topic: records it has had and has a second, and those of its dead letters. */
export interface TopicPipeline {
  readonly dead_letter_rate: number | null;
  readonly dead_letters: number;
  readonly lag: number | null;
  readonly rate: number | null;
  readonly records: number;
  readonly watermark_ts: Nanos | null;
}

/** A list that goes on. */
export interface Truncated {
  /** parameter cursor of the next part */
  readonly next_cursor: string | null;
  readonly shown: number;
  readonly total: number;
}

/** One channel: how many records its window holds, and what happens to a slow client. */
export interface UiChannel {
  readonly depth: number;
  readonly policy: "conflate" | "drop" | "keep";
}

/** What the terminal is told at start; who is not logged in gets `version` and `auth` only. */
export interface UiConfig {
  readonly alert_cooldown_ms?: number | null;
  readonly api_url?: string | null;
  readonly auth: "required" | "disabled";
  readonly channels?: Readonly<Record<string, UiChannel>> | null;
  readonly feeds?: readonly string[] | null;
  readonly flow_filter_preset?: string | null;
  readonly limits?: UiLimits | null;
  readonly live_hot_window?: number | null;
  readonly live_hot_window_options?: number | null;
  readonly nbbo_max_age_ms?: number | null;
  readonly replay_enabled?: boolean | null;
  readonly trading_enabled?: boolean | null;
  readonly version: string;
  readonly zone?: string | null;
}

/** Bounds a client has to keep to. */
export interface UiLimits {
  readonly export_max_rows: number;
  readonly lookup_per_minute: number;
  readonly rest_default_limit: number;
  readonly rest_per_minute: number;
  readonly sql_max_rows: number;
  readonly ws_max_message_bytes: number;
  readonly ws_max_subscriptions: number;
  readonly ws_messages_per_minute: number;
}

/** A record that refers to the root. */
export interface UsedBy {
  readonly kind: string;
  readonly ref: string;
  /** ns UTC, decimal digits */
  readonly source_ts: Nanos;
  /** its headline, classifier, profile, shape or side */
  readonly told: string | null;
}

/** Value area of the newest session profile. */
export interface ValueArea {
  /** newest event it rests on; null when missing */
  readonly as_of: Nanos | null;
  /** live: within a minute of now; prior_close: of a session before; stored: else */
  readonly basis: "live" | "stored" | "prior_close" | "missing";
  readonly poc: number | null;
  readonly profile_id: string | null;
  readonly vah: number | null;
  readonly val: number | null;
  readonly window: string | null;
}
