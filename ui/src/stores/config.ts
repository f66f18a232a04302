/** What the gateway tells the terminal at start (`/config/ui`); defaults until it has. */
import type { UiChannel, UiConfig } from "../generated/rest";
import { get } from "../wire/rest";
import { createStore } from "./store";

export interface Config {
  /** Of the gateway; empty until known. */
  readonly version: string;
  /** Rows a tape keeps live. */
  readonly hotWindow: number;
  readonly optionsHotWindow: number;
  readonly nbboMaxAgeMs: number;
  readonly flowFilterPreset: string;
  /** Pause in which similar events raise no further alert. */
  readonly alertCooldownMs: number;
  readonly feeds: readonly string[];
  /** By name. */
  readonly channels: Readonly<Record<string, UiChannel>>;
  /** Rows of one export; null until known. */
  readonly exportMaxRows: number | null;
}

export const config = createStore<Config>({
  version: "",
  hotWindow: 600,
  optionsHotWindow: 1200,
  nbboMaxAgeMs: 1000,
  flowFilterPreset: "smart-money",
  alertCooldownMs: 30_000,
  feeds: [],
  channels: {},
  exportMaxRows: null,
});

/** What is told replaces the default; who is not signed in is told nothing of it. */
function configOf(told: UiConfig, before: Config): Config {
  return {
    version: told.version,
    hotWindow: told.live_hot_window ?? before.hotWindow,
    optionsHotWindow: told.live_hot_window_options ?? before.optionsHotWindow,
    nbboMaxAgeMs: told.nbbo_max_age_ms ?? before.nbboMaxAgeMs,
    flowFilterPreset: told.flow_filter_preset ?? before.flowFilterPreset,
    alertCooldownMs: told.alert_cooldown_ms ?? before.alertCooldownMs,
    feeds: told.feeds ?? [],
    channels: told.channels ?? {},
    exportMaxRows: told.limits?.export_max_rows ?? null,
  };
}

export async function loadConfig(): Promise<void> {
  const told = await get<UiConfig>("/config/ui");
  config.set((before) => configOf(told, before));
}
