/** Workspaces, presets and watchlists between this tab and the gateway. */
import { groupSymbols, paneGroups } from "../../app/intents";
import { route } from "../../app/router";
import { SHIPPED, columnChanges, goWhereLeft, layouts, names, workspaceName, workspaceNumber } from "../../app/workspace";
import { createStore } from "../../stores/store";
import { zone } from "../../ui/time";
import { Problem } from "../../wire/rest";
import { session } from "../login/store";
import { Keeper, gateway, unsaved } from "./documents";
import type { Body, Document, Kind } from "./documents";
import { capture, enter, parseWorkspace, store } from "./state";
import type { WorkspaceBody } from "./state";

export const presets = createStore<readonly Document[]>([]);
export const watchlists = createStore<readonly Document[]>([]);
export const rules = createStore<readonly Document[]>([]);

const kept = new Map<number, WorkspaceBody>();
/** Nothing is saved before what is stored has been read. */
let isLoaded = false;
/** By key or palette, while what is stored was still being read. */
let wasChosenEarly = false;
/** While a document is put on the screen its changes are not the operator's. */
let isEntering = false;

export const workspaces = new Keeper("workspaces", (_, document) => {
  if (document !== null) take(document, true);
});

function entering(found: WorkspaceBody): void {
  isEntering = true;
  enter(found);
  isEntering = false;
}

function take(document: Document, mayEnter: boolean): void {
  const found = parseWorkspace(document.body);
  if (found === null) return;
  workspaces.known(String(found.key), document);
  kept.set(found.key, found);
  isEntering = true;
  store(found);
  names.set((before) => ({ ...before, [found.key]: document.name }));
  isEntering = false;
  if (mayEnter && found.key === workspaceNumber()) entering(found);
}

function changed(): void {
  if (!isLoaded || isEntering) return;
  const body = capture();
  kept.set(body.key, body);
  workspaces.change(String(body.key), workspaceName(body.key), { v: 1, ...body });
}

/** Save a workspace under another name, or as another number. */
export function rename(number: number, name: string): void {
  names.set((before) => ({ ...before, [number]: name }));
  const body = number === workspaceNumber() ? capture() : kept.get(number);
  if (body !== undefined) workspaces.change(String(number), name, { v: 1, ...body });
}

export function duplicate(to: number): void {
  const body = { ...capture(), key: to };
  const name = `${workspaceName(workspaceNumber())} copy`;
  kept.set(to, body);
  store(body);
  names.set((before) => ({ ...before, [to]: name }));
  workspaces.change(String(to), name, { v: 1, ...body });
}

/** A document that is written at once, by a form; 412 is the form's to tell. */
export async function saveDocument(kind: Kind, before: Document | null, name: string, body: Body): Promise<Document> {
  const saved =
    before === null ? await gateway.create(kind, name, body) : await gateway.put(kind, before.id, name, body, before.version);
  await reload(kind);
  return saved;
}

export async function removeDocument(kind: Kind, document: Document): Promise<void> {
  await gateway.remove(kind, document.id, document.version);
  await reload(kind);
}

const LISTS = { presets, watchlists, "alert-rules": rules } as const;

export async function reload(kind: Kind): Promise<void> {
  if (kind === "workspaces" || kind === "settings") return;
  LISTS[kind].set(await gateway.list(kind));
}

async function load(): Promise<void> {
  try {
    const found = await gateway.list("workspaces");
    const isBare = location.pathname === "/app/" && location.search === "";
    for (const document of found) take(document, true);
    const number = workspaceNumber();
    // An address that says where to go is right; a bare one goes on where the workspace was left,
    // and so does a workspace chosen before anybody knew where that was.
    if ((isBare || wasChosenEarly) && kept.has(number)) goWhereLeft(number);
    isLoaded = true;
    await Promise.all([reload("presets"), reload("watchlists")]);
  } catch (cause) {
    if (cause instanceof Problem) unsaved.set(cause);
  }
}

export function startSync(): void {
  let number = workspaceNumber();
  route.subscribe(() => {
    const next = workspaceNumber();
    if (next !== number) {
      number = next;
      wasChosenEarly = !isLoaded;
      const found = kept.get(next);
      if (found !== undefined) entering(found);
      else if (SHIPPED[next] === undefined) return;
    }
    changed();
  });
  for (const each of [layouts, zone, paneGroups, groupSymbols]) each.subscribe(changed);
  columnChanges.subscribe(changed);
  const sawSession = (): void => {
    if (session.get().state === "in" && !isLoaded) void load();
  };
  session.subscribe(sawSession);
  sawSession();
}
