/** What the degraded banner says: which dependency, and what still works without it. */
import type { HealthBody } from "../../generated/rest";
import type { ChannelHealth } from "../../wire/frames";

const STILL: Readonly<Record<string, string>> = {
  kafka: "History and evidence still work; nothing new arrives.",
  registry: "What is running goes on; a restart would wait.",
  clickhouse: "Live panes go on; history, evidence of older records, export and SQL do not.",
  redis: "Live panes go on; a restart begins with empty windows, and signing in fails.",
  disk: "Everything goes on until it is full.",
};

/** More channels than these are counted, not named. */
const MOST_NAMED = 4;

export interface Banner {
  readonly word: "DEGRADED" | "DOWN";
  readonly text: string;
}

/** Null while nothing needed is down. */
export function bannerOf(
  report: HealthBody | null,
  channels: Readonly<Record<string, ChannelHealth>>,
): Banner | null {
  const down = Object.entries(report?.dependencies ?? {}).filter(([, each]) => each.status === "down");
  if (down.length > 0) {
    const [name = "", each] = down[0] ?? [];
    const rest = down.length > 1 ? ` So are ${down.slice(1).map(([other]) => other).join(", ")}.` : "";
    const still = STILL[name] ?? (name.startsWith("flow ") ? "What it derives stands still; the rest goes on." : "The rest goes on.");
    return { word: "DOWN", text: `${name}: ${each?.detail ?? "no detail"}. ${still}${rest}` };
  }
  const silent = Object.entries(channels).filter(([, each]) => each.state === "down");
  if (silent.length === 0) return null;
  const causes = [...new Set(silent.map(([, each]) => each.cause ?? "no cause given"))];
  const isMost = silent.length > MOST_NAMED;
  const what = isMost ? `records on ${silent.length} of ${Object.keys(channels).length} channels` : silent.map(([name]) => name).join(", ");
  return { word: "DEGRADED", text: `no new ${what}: ${causes.join("; ")}. The other channels go on.` };
}
