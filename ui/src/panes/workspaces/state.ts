/** A workspace as a document: captured from the screen, and put back on it. */
import { groupSymbols, paneGroups } from "../../app/intents";
import type { LinkGroup } from "../../app/intents";
import { parseLayout } from "../../app/layout";
import type { LayoutNode } from "../../app/layout";
import { layouts, placeHere, places, workspaceNumber } from "../../app/workspace";
import type { PlaceOf } from "../../app/workspace";
import { zone } from "../../ui/time";
import type { Zone } from "../../ui/time";
import type { Body } from "./documents";

const COLUMNS = "islandflow.columns.";

export interface WorkspaceBody {
  readonly key: number;
  readonly place: PlaceOf;
  readonly layouts: Readonly<Record<string, LayoutNode>>;
  readonly columns: Readonly<Record<string, unknown>>;
  readonly groups: Readonly<Record<string, LinkGroup | null>>;
  readonly symbols: Readonly<Partial<Record<LinkGroup, string>>>;
  readonly zone: Zone;
}

function keptColumns(): Readonly<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (let at = 0; at < localStorage.length; at += 1) {
    const key = localStorage.key(at);
    if (key?.startsWith(COLUMNS) !== true) continue;
    try {
      found[key.slice(COLUMNS.length)] = JSON.parse(localStorage.getItem(key) ?? "null");
    } catch {
      // Something foreign under our key is not part of the workspace.
    }
  }
  return found;
}

/** The workspace on screen. */
export function capture(): WorkspaceBody {
  const key = workspaceNumber();
  const own = Object.entries(layouts.get()).flatMap(([name, node]) => {
    const [number, page = ""] = name.split("/");
    return number === String(key) ? [[page, node] as const] : [];
  });
  return {
    key,
    place: placeHere(),
    layouts: Object.fromEntries(own),
    columns: keptColumns(),
    groups: paneGroups.get(),
    symbols: groupSymbols.get(),
    zone: zone.get(),
  };
}

const fields = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {};

/** Strings of an object; whatever else is in it is left out. */
function texts(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fields(value)).filter((each): each is [string, string] => typeof each[1] === "string"));
}

function placeOf(value: unknown): PlaceOf | null {
  const { page, rest, params } = fields(value);
  if (typeof page !== "string" || page === "") return null;
  return { page, rest: typeof rest === "string" ? rest : null, params: texts(params) };
}

const isGroup = (value: unknown): value is LinkGroup => typeof value === "string" && /^[A-D]$/.test(value);

/** Read a document's body; null where it is no workspace of this terminal. */
export function parseWorkspace(body: Body): WorkspaceBody | null {
  const place = placeOf(body.place);
  if (typeof body.key !== "number" || body.key < 1 || body.key > 9 || place === null) return null;
  const nodes = Object.entries(fields(body.layouts)).flatMap(([page, node]) => {
    const parsed = parseLayout(node);
    return parsed === null ? [] : [[page, parsed] as const];
  });
  const groups = Object.entries(fields(body.groups)).filter((each): each is [string, LinkGroup] => isGroup(each[1]));
  const symbols = Object.entries(texts(body.symbols)).filter(([group]) => isGroup(group));
  return {
    key: body.key,
    place,
    layouts: Object.fromEntries(nodes),
    columns: fields(body.columns),
    groups: Object.fromEntries(groups),
    symbols: Object.fromEntries(symbols),
    zone: body.zone === "UTC" ? "UTC" : "ET",
  };
}

/** Keep a workspace's layouts and place; they show when it is chosen. */
export function store(found: WorkspaceBody): void {
  layouts.set((before) => ({
    ...Object.fromEntries(Object.entries(before).filter(([name]) => !name.startsWith(`${found.key}/`))),
    ...Object.fromEntries(Object.entries(found.layouts).map(([page, node]) => [`${found.key}/${page}`, node])),
  }));
  places.set((before) => ({ ...before, [found.key]: found.place }));
}

/** Make the rest of a workspace hold on the screen: columns, link groups, zone. */
export function enter(found: WorkspaceBody): void {
  try {
    for (const name of Object.keys(keptColumns())) {
      if (!(name in found.columns)) localStorage.removeItem(COLUMNS + name);
    }
    for (const [name, value] of Object.entries(found.columns)) localStorage.setItem(COLUMNS + name, JSON.stringify(value));
  } catch {
    // Storage is refused: tapes show their own columns.
  }
  paneGroups.set(found.groups);
  groupSymbols.set(found.symbols);
  zone.set(found.zone);
}
