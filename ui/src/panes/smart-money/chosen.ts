/** The event chosen in the tape; the detail pane shows it. */
import type { SmartMoneyEvent } from "../../generated";
import { createStore } from "../../stores/store";

export const chosen = createStore<SmartMoneyEvent | null>(null);
