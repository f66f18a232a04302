/** Symbols the operator watches: those of the first watchlist. */
import type { DocumentList } from "../../generated/rest";
import { get } from "../../wire/rest";

/** Body of a watchlist, as terminals write it. */
interface Watchlist {
  readonly symbols?: readonly string[];
  readonly pinned?: readonly string[];
}

export interface Watched {
  readonly symbols: readonly string[];
  /** Name of the list they are from; null when there is none and whatever is quoted stands in. */
  readonly list: string | null;
}

/** A list of a filter has at most so many values. */
export const MOST_SYMBOLS = 100;

/** Pinned symbols first, then the list's order, each once. */
export function symbolsOf(body: Watchlist): readonly string[] {
  return [...new Set([...(body.pinned ?? []), ...(body.symbols ?? [])])].slice(0, MOST_SYMBOLS);
}

/** The first watchlist; without one no symbols and no name. */
export async function readWatched(): Promise<Watched> {
  const [first] = (await get<DocumentList>("/watchlists")).data;
  const symbols = first === undefined ? [] : symbolsOf(first.body);
  return first === undefined || symbols.length === 0 ? { symbols: [], list: null } : { symbols, list: first.name };
}
