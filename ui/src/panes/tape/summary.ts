/** What the tape now filters, in words, for the control bar. */
import { createStore } from "../../stores/store";

export const filterSummary = createStore("");
