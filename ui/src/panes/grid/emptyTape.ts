/** What an empty tape says: what was asked, why there may be none, what to try. */
import { chooseSymbol } from "../../app/intents";

export interface EmptyTape {
  readonly text: string;
  readonly detail?: string;
  readonly actions?: readonly { readonly text: string; readonly run: () => void }[];
}

interface Nothing {
  readonly paneId: string;
  /** Null for every symbol. */
  readonly symbol: string | null;
  /** Records in the plural: `packets`. */
  readonly what: string;
  /** The filter in words, ` with this filter`; empty where there is none. */
  readonly narrowing?: string;
  readonly detail: string;
  /** What asks for more than the filter lets through. */
  readonly widen?: EmptyTape["actions"];
}

/** An empty tape that follows the pane's symbol; all symbols are always worth a try. */
export function nothingHeld({ paneId, symbol, what, narrowing = "", detail, widen = [] }: Nothing): EmptyTape {
  const all = { text: "All symbols", run: () => chooseSymbol(null, paneId) };
  return {
    text: `No ${what}${symbol === null ? "" : ` of ${symbol}`} held${narrowing}.`,
    detail,
    actions: symbol === null ? widen : [...widen, all],
  };
}
