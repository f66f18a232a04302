/** Symbols the operator watches: those of the first watchlist. */
import { get } from "../../wire/rest";

interface Document {
  readonly name: string;
  readonly body: { readonly symbols?: readonly string[]; readonly pinned?: readonly string[] };
}

export interface Watched {
  readonly symbols: readonly string[];
  /** Name of the list they are from; null when there is none and whatever is quoted stands in. */
  readonly list: string | null;
}

/** A list of a filter has at most so many values. */
export const MOST_SYMBOLS = 100;

/** The documents of an answer, whether it is a list or a page of one. */
function documentsOf(answer: unknown): readonly Document[] {
  if (Array.isArray(answer)) return answer as readonly Document[];
  const data = (answer as { readonly data?: unknown } | null)?.data;
  return Array.isArray(data) ? (data as readonly Document[]) : [];
}

/** Pinned symbols first, then the list's order, each once. */
export function symbolsOf(body: Document["body"]): readonly string[] {
  return [...new Set([...(body.pinned ?? []), ...(body.symbols ?? [])])].slice(0, MOST_SYMBOLS);
}

/** The first watchlist; without one no symbols and no name. */
export async function readWatched(): Promise<Watched> {
  const [first] = documentsOf(await get<unknown>("/watchlists"));
  const symbols = first === undefined ? [] : symbolsOf(first.body);
  return first === undefined || symbols.length === 0 ? { symbols: [], list: null } : { symbols, list: first.name };
}
