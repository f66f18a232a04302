/**
 * Where the terminal is: page, symbol and parameters, all in the URL (terminal specification, 6, 9).
 *
 * `/app/tape?ws=1&sym=NVDA`, `/app/ticker/NVDA`. Parameters keep the names REST uses; defaults are
 * left out by whoever sets them.
 */
import { createStore } from "../stores/store";

export interface Route {
  /** First part of the path under `/app/`; the page's. */
  readonly page: string;
  /** What follows it, e.g. the symbol of `ticker`. */
  readonly rest: string | null;
  readonly params: Readonly<Record<string, string>>;
}

const BASE = "/app/";
const FIRST_PAGE = "tape";

export function parseRoute(pathname: string, search: string): Route {
  const path = pathname.startsWith(BASE) ? pathname.slice(BASE.length) : "";
  const [page = "", rest = ""] = path.split("/").map(decode);
  return {
    page: page === "" ? FIRST_PAGE : page,
    rest: rest === "" ? null : rest,
    params: Object.fromEntries(new URLSearchParams(search)),
  };
}

export function routeUrl(route: Route): string {
  const query = new URLSearchParams(route.params).toString();
  const rest = route.rest === null ? "" : `/${encodeURIComponent(route.rest)}`;
  // Commas stay readable; they mean the same and lists are full of them.
  return `${BASE}${route.page}${rest}${query === "" ? "" : `?${query.replaceAll("%2C", ",")}`}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function here(): Route {
  return parseRoute(location.pathname, location.search);
}

export const route = createStore<Route>(
  typeof location === "undefined" ? parseRoute(BASE, "") : here(),
);

/** The symbol a page shows; null for all. The workspace of a symbol has it in its path. */
export function symbolOfPage({ page, rest, params }: Route): string | null {
  return page === "ticker" ? rest : (params.sym ?? null);
}

/** The replay that is looked at; null for live. */
export function runOf({ params }: Route): string | null {
  return params.run ?? null;
}

/** Go to a page; workspace, run and pinned evidence stay, other parameters are the page's own. */
export function navigate(page: string, rest: string | null = null): void {
  const { params } = route.get();
  const kept = ["ws", "run", "pins"].flatMap((name) => {
    const value = params[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const next: Route = { page, rest, params: Object.fromEntries(kept) };
  go(next);
}

/** Go to a place as it stands, with a new entry in the history. */
export function go(next: Route): void {
  history.pushState(null, "", routeUrl(next));
  route.set(next);
}

/** Set or (null) remove parameters without a new entry in the history. */
export function setParams(changes: Readonly<Record<string, string | null>>): void {
  const before = route.get();
  const params = Object.fromEntries(
    Object.entries({ ...before.params, ...changes }).filter(
      (entry): entry is [string, string] => entry[1] !== null,
    ),
  );
  const next = { ...before, params };
  history.replaceState(null, "", routeUrl(next));
  route.set(next);
}

export function listenForRoutes(): () => void {
  const changed = (): void => route.set(here());
  window.addEventListener("popstate", changed);
  return () => window.removeEventListener("popstate", changed);
}
