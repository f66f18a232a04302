/** An alert rule as its form has it, and as the gateway keeps it. Pure. */
import type { Filters } from "../../wire/streams";
import type { Body } from "../workspaces/documents";

export interface RuleForm {
  readonly name: string;
  readonly enabled: boolean;
  readonly stream: string;
  readonly filters: Filters;
  readonly cooldown: string;
  readonly dedupe: "underlying" | "contract" | "classifier";
  readonly quietFrom: string;
  readonly quietTo: string;
  readonly perHour: string;
  readonly sound: number | null;
  readonly volume: number;
  readonly desktop: boolean;
  readonly webhook: string;
  /** Kept as read: the signing key is never typed here. */
  readonly secret: string | null;
  readonly snoozeUntil: string | null;
}

export const BLANK: RuleForm = {
  name: "", enabled: true, stream: "alerts", filters: {}, cooldown: "300", dedupe: "underlying",
  quietFrom: "", quietTo: "", perHour: "", sound: 1, volume: 1, desktop: false, webhook: "", secret: null, snoozeUntil: null,
};

type Fields = Readonly<Record<string, unknown>>;
const fields = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});
const text = (value: unknown): string => (typeof value === "string" || typeof value === "number" ? String(value) : "");

export function formOf(name: string, body: Body): RuleForm {
  const quiet = fields(body.quiet_hours);
  const actions = (Array.isArray(body.actions) ? body.actions : []).map(fields);
  const one = (kind: string): Fields | undefined => actions.find((each) => each.kind === kind);
  const hook = one("webhook");
  const tone = one("sound");
  const dedupe = body.dedupe_by;
  return {
    name,
    enabled: body.enabled !== false,
    stream: text(body.stream),
    filters: fields(body.filters) as Filters,
    cooldown: text(body.cooldown_s),
    dedupe: dedupe === "contract" || dedupe === "classifier" ? dedupe : "underlying",
    quietFrom: text(quiet.from),
    quietTo: text(quiet.to),
    perHour: text(body.max_per_hour),
    sound: typeof tone?.sound === "number" ? tone.sound : null,
    volume: typeof tone?.volume === "number" ? tone.volume : 1,
    desktop: one("desktop") !== undefined,
    webhook: text(hook?.url),
    secret: typeof hook?.secret === "string" ? hook.secret : null,
    snoozeUntil: typeof body.snooze_until === "string" ? body.snooze_until : null,
  };
}

export function bodyOf(form: RuleForm): Body {
  const hook = form.webhook.trim();
  return {
    v: 1,
    enabled: form.enabled,
    stream: form.stream,
    filters: form.filters,
    cooldown_s: form.cooldown.trim() === "" ? 300 : Number(form.cooldown),
    dedupe_by: form.dedupe,
    quiet_hours: form.quietFrom === "" || form.quietTo === "" ? null : { from: form.quietFrom, to: form.quietTo },
    snooze_until: form.snoozeUntil,
    max_per_hour: form.perHour.trim() === "" ? null : Number(form.perHour),
    actions: [
      ...(form.sound === null ? [] : [{ kind: "sound", sound: form.sound, volume: form.volume }]),
      ...(form.desktop ? [{ kind: "desktop" }] : []),
      ...(hook === "" ? [] : [{ kind: "webhook", url: hook, ...(form.secret === null ? {} : { secret: form.secret }) }]),
    ],
  };
}

/** Filters as text, one name a line: `side: AA,A`. */
export function filtersText(filters: Filters): string {
  return Object.entries(filters)
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(",") : String(value)}`)
    .join("\n");
}

const LISTS = /^(underlying_ids|source|side|type|conditions|exchange|profile|direction|classifier|severity|kind|state|outcome|structure|status|provider|resolution|option_contract_id|flow_packet_id)$/;

/** The same read back; null where a line has no name. */
export function parseFilters(typed: string): Filters | null {
  const found: Record<string, Filters[string]> = {};
  for (const line of typed.split("\n").map((each) => each.trim()).filter((each) => each !== "")) {
    const match = /^([a-z_]+)\s*[:=]\s*(\S.*)$/.exec(line);
    if (match === null) return null;
    const [, name = "", value = ""] = match;
    found[name] = LISTS.test(name)
      ? value.split(",").map((each) => each.trim()).filter((each) => each !== "")
      : /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  }
  return found;
}
