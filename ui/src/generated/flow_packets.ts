/** Record of `flow.packets`. Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead. */

import type { EvidenceRef, JoinQuality, PacketFeatures, PacketLeg, PacketStructure } from "./nested";
import type { Counter, IsoDate, Nanos } from "./scalars";

/** Parent events: prints of one contract clustered in event time. */
export interface FlowPacket {
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
  readonly id: string;
  /** contract or structure */
  readonly packet_kind: string;
  readonly revision: number;
  readonly underlying_id: string;
  readonly option_contract_id: string | null;
  readonly right: string | null;
  readonly strike: number | null;
  readonly expiry: IsoDate | null;
  /** first and last member */
  readonly start_ts: Nanos;
  /** first and last member */
  readonly end_ts: Nanos;
  readonly window_ms: number;
  readonly member_count: number;
  readonly signal_member_count: number;
  /** print trace ids, complete up to 2,000 */
  readonly members: readonly string[];
  readonly reversed_print_ids: readonly string[];
  /** previous packet of the same contract and dominant side */
  readonly continues: string | null;
  readonly chain_length: number;
  /** full or no_trade_size */
  readonly aggressor_stack: string;
  readonly late_arrival: boolean;
  readonly features: PacketFeatures;
  readonly features_ext: Readonly<Record<string, number>>;
  readonly join_quality: JoinQuality;
  /** of a structure packet */
  readonly legs: readonly PacketLeg[];
  /** of a structure packet; in ClickHouse a missing structure is the empty tuple, type = '' */
  readonly structure: PacketStructure | null;
  /** on a leg: the structure it belongs to */
  readonly structure_id: string | null;
  /** snapshot the baselines were warmed from, none when they started cold */
  readonly baseline_snapshot_id: string;
  readonly evidence_refs: readonly EvidenceRef[];
  /** policies that decided, joined by + */
  readonly policy_version: string;
  /** 8 hex digits over the effective thresholds */
  readonly config_hash: string;
}
