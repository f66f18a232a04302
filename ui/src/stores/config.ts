/** What the gateway tells the terminal at start (`/config/ui`); defaults until it has. */
import { get } from "../wire/rest";
import { patchHealth } from "./health";
import { createStore } from "./store";

export interface Config {
  readonly version: string;
  readonly hotWindow: number;
  readonly optionsHotWindow: number;
  readonly nbboMaxAgeMs: number;
  readonly flowFilterPreset: string;
  readonly feeds: readonly string[];
  readonly replayEnabled: boolean;
  /** As the gateway sent it, for what is not named above. */
  readonly raw: Readonly<Record<string, unknown>>;
}

export const config = createStore<Config>({
  version: "",
  hotWindow: 600,
  optionsHotWindow: 1200,
  nbboMaxAgeMs: 1000,
  flowFilterPreset: "smart-money",
  feeds: [],
  replayEnabled: false,
  raw: {},
});

/** Find a value by any of its names, at the top or in `settings`, `limits`, `live`. */
function find(body: Readonly<Record<string, unknown>>, names: readonly string[]): unknown {
  const places = [body, body.settings, body.limits, body.live];
  for (const place of places) {
    if (typeof place !== "object" || place === null) continue;
    for (const name of names) {
      const value = (place as Readonly<Record<string, unknown>>)[name];
      if (value !== undefined) return value;
    }
  }
  return undefined;
}

export function readConfig(body: Readonly<Record<string, unknown>>): Config {
  const before = config.get();
  const number = (names: readonly string[], otherwise: number): number => {
    const value = find(body, names);
    return typeof value === "number" ? value : otherwise;
  };
  const preset = find(body, ["flow_filter_preset", "next_public_flow_filter_preset", "preset"]);
  const feeds = find(body, ["feeds"]);
  const replay = find(body, ["replay_enabled", "replay"]);
  return {
    version: typeof body.version === "string" ? body.version : "",
    hotWindow: number(["live_hot_window", "next_public_live_hot_window"], before.hotWindow),
    optionsHotWindow: number(
      ["live_hot_window_options", "next_public_live_hot_window_options"],
      before.optionsHotWindow,
    ),
    nbboMaxAgeMs: number(["nbbo_max_age_ms", "next_public_nbbo_max_age_ms"], before.nbboMaxAgeMs),
    flowFilterPreset: typeof preset === "string" ? preset : before.flowFilterPreset,
    feeds: Array.isArray(feeds) ? feeds.filter((feed) => typeof feed === "string") : [],
    replayEnabled: replay === true,
    raw: body,
  };
}

export async function loadConfig(): Promise<void> {
  const read = readConfig(await get<Readonly<Record<string, unknown>>>("/config/ui"));
  config.set(read);
  patchHealth({ feeds: read.feeds });
}
