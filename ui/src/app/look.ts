/** Theme, colour set and density: kept on this machine, applied to the root element. */
import { createStore } from "../stores/store";

export type ThemeChoice = "dark" | "light" | "system";

export interface Look {
  readonly theme: ThemeChoice;
  /** `safe`: blue and orange in place of green and red. */
  readonly colours: "standard" | "safe";
  readonly density: "compact" | "normal" | "roomy";
}

/** `public/theme.js` reads the same key before the first paint. */
const KEY = "islandflow.look";
const FIRST: Look = { theme: "dark", colours: "standard", density: "normal" };
export const ROW_PX: Readonly<Record<Look["density"], number>> = { compact: 22, normal: 24, roomy: 28 };

function stored(): Look {
  try {
    return { ...FIRST, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Look>) };
  } catch {
    return FIRST;
  }
}

export const look = createStore<Look>(stored());

function apply(): void {
  const { theme, colours, density } = look.get();
  const light =
    theme === "light" ||
    (theme === "system" && matchMedia("(prefers-color-scheme: light)").matches);
  Object.assign(document.documentElement.dataset, {
    theme: light ? "light" : "dark",
    colours,
    density,
  });
}

export function startLook(): void {
  apply();
  look.subscribe(() => {
    apply();
    try {
      localStorage.setItem(KEY, JSON.stringify(look.get()));
    } catch {
      // Not kept over a reload then; the choice holds for this tab.
    }
  });
  matchMedia("(prefers-color-scheme: light)").addEventListener("change", apply);
}
