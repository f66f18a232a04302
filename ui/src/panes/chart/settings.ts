/** What a chart shows beside its bars; one choice for every chart, kept on this machine. */
import { createStore } from "../../stores/store";

export interface ChartSettings {
  readonly intervalMs: number;
  readonly isHeikinAshi: boolean;
  readonly volume: boolean;
  readonly vwap: boolean;
  readonly circles: boolean;
  readonly alerts: boolean;
  readonly hits: boolean;
  readonly smartMoney: boolean;
  readonly inferred: boolean;
  readonly lines: boolean;
  readonly profile: boolean;
}

export type Layer = Exclude<keyof ChartSettings, "intervalMs">;

export const LAYERS: readonly { readonly layer: Layer; readonly text: string }[] = [
  { layer: "isHeikinAshi", text: "Heikin-Ashi" },
  { layer: "volume", text: "Volume" },
  { layer: "vwap", text: "VWAP of each bar" },
  { layer: "circles", text: "Off-exchange circles" },
  { layer: "alerts", text: "Alerts" },
  { layer: "smartMoney", text: "Smart money" },
  { layer: "hits", text: "Classifier hits" },
  { layer: "inferred", text: "Inferred events" },
  { layer: "lines", text: "Levels" },
  { layer: "profile", text: "Volume profile" },
];

const KEY = "islandflow.chart";
const FIRST: ChartSettings = {
  intervalMs: 60_000,
  isHeikinAshi: false,
  volume: true,
  vwap: true,
  circles: true,
  alerts: true,
  hits: false,
  smartMoney: true,
  inferred: true,
  lines: true,
  profile: false,
};

function stored(): ChartSettings {
  try {
    return { ...FIRST, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<ChartSettings>) };
  } catch {
    return FIRST;
  }
}

export const settings = createStore<ChartSettings>(stored());

settings.subscribe(() => {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings.get()));
  } catch {
    // Holds for this tab only.
  }
});
