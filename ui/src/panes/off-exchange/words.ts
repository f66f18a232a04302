/** Words of off-exchange reporting. */
import { MISSING } from "../../ui/number";

const FACILITIES: Readonly<Record<string, readonly [string, string]>> = {
  N: ["NYSE TRF", "NYSE TRF"],
  Q: ["Nasdaq TRF Carteret", "NQ Cart"],
  B: ["Nasdaq TRF Chicago", "NQ Chic"],
  A: ["FINRA ADF", "ADF"],
};

/** The reporting facility; the feed may not tell. */
export function facility(id: string | null): string {
  return id === null ? "facility not told by the feed" : (FACILITIES[id]?.[0] ?? id);
}

/** The same, short enough for a cell. */
export function facilityCode(id: string | null): string {
  return id === null ? MISSING : (FACILITIES[id]?.[1] ?? id);
}

/** The line that stands under every list of off-exchange prints. */
export const HONEST_LINE =
  "Off-exchange includes wholesalers as well as dark pools; a print has no direction by itself.";

export const INFERRED_KINDS: Readonly<Record<string, string>> = {
  absorbed_block: "absorbed block",
  stealth_accumulation: "stealth accumulation",
  distribution: "distribution",
  hidden_liquidity_zone: "hidden liquidity zone",
};

export function inferredKind(kind: string): string {
  return INFERRED_KINDS[kind] ?? kind.replaceAll("_", " ");
}
