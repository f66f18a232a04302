/**
 * The operator's documents: saved a second after the last change, never over somebody else's.
 *
 * A document is written under the version it was read at. When the gateway answers 412, another
 * tab has changed it meanwhile: nothing is written, both versions go to `conflicts`, and the
 * operator says which one stays. Until then later changes of this tab wait in "mine".
 */
import { createStore } from "../../stores/store";
import type { DocumentList, DocumentOut } from "../../generated/rest";
import { Problem, get, send } from "../../wire/rest";

export type Kind = "watchlists" | "presets" | "workspaces" | "alert-rules" | "settings";
export type Document = DocumentOut;
export type Body = Document["body"];

/** How documents are reached; tests bring their own. */
export interface Wire {
  readonly list: (kind: Kind) => Promise<readonly Document[]>;
  readonly get: (kind: Kind, id: string) => Promise<Document>;
  readonly create: (kind: Kind, name: string, body: Body) => Promise<Document>;
  readonly put: (kind: Kind, id: string, name: string, body: Body, version: number) => Promise<Document>;
  readonly remove: (kind: Kind, id: string, version: number) => Promise<void>;
}

const path = (kind: Kind, id: string): string => `/${kind}/${encodeURIComponent(id)}`;
const etag = (version: number): string => `"${version}"`;

export const gateway: Wire = {
  list: async (kind) => (await get<DocumentList>(`/${kind}`)).data,
  get: (kind, id) => get<Document>(path(kind, id)),
  create: async (kind, name, body) => (await send<Document>("POST", `/${kind}`, { name, body })).body,
  put: async (kind, id, name, body, version) =>
    (await send<Document>("PUT", path(kind, id), { name, body }, { ifMatch: etag(version) })).body,
  remove: async (kind, id, version) => {
    await send("DELETE", path(kind, id), undefined, { ifMatch: etag(version) });
  },
};

export interface Conflict {
  readonly kind: Kind;
  readonly slot: string;
  readonly mine: { readonly name: string; readonly body: Body };
  /** Null when it was deleted there. */
  readonly theirs: Document | null;
  readonly resolve: (keep: "mine" | "theirs") => Promise<void>;
}

export const conflicts = createStore<readonly Conflict[]>([]);
/** Why documents are not saved now; null when they are. */
export const unsaved = createStore<Problem | null>(null);

const SAVE_AFTER_MS = 1_000;

interface Timers {
  readonly later: (run: () => void, ms: number) => number;
  readonly never: (timer: number) => void;
}

const browser: Timers = {
  later: (run, ms) => window.setTimeout(run, ms),
  never: (timer) => window.clearTimeout(timer),
};

interface Slot {
  saved: Document | null;
  wanted: { readonly name: string; readonly body: Body } | null;
  timer: number | null;
  isSaving: boolean;
  isContested: boolean;
}

const same = (a: unknown, b: unknown): boolean => ordered(a) === ordered(b);

/** JSON with its names in order: the gateway may answer them in another one. */
function ordered(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** Keeps documents of one kind, each under a slot of the terminal's choosing. */
export class Keeper {
  private readonly slots = new Map<string, Slot>();

  constructor(
    readonly kind: Kind,
    /** Told of what another tab has made of a document. */
    private readonly onTheirs: (slot: string, document: Document | null) => void,
    private readonly wire: Wire = gateway,
    private readonly timers: Timers = browser,
  ) {}

  /** Take a document as read; a later change is written over this version. */
  known(slot: string, document: Document): void {
    this.slot(slot).saved = document;
  }

  saved(slot: string): Document | null {
    return this.slots.get(slot)?.saved ?? null;
  }

  /** Save a second from now, unless it changes again. */
  change(slot: string, name: string, body: Body): void {
    const at = this.slot(slot);
    at.wanted = { name, body };
    if (at.timer !== null) this.timers.never(at.timer);
    at.timer = this.timers.later(() => void this.save(slot), SAVE_AFTER_MS);
  }

  async save(slot: string): Promise<void> {
    const at = this.slot(slot);
    at.timer = null;
    const { wanted } = at;
    if (wanted === null || at.isSaving || at.isContested) return;
    if (at.saved !== null && at.saved.name === wanted.name && same(at.saved.body, wanted.body)) return;
    at.isSaving = true;
    try {
      at.saved =
        at.saved === null
          ? await this.wire.create(this.kind, wanted.name, wanted.body)
          : await this.wire.put(this.kind, at.saved.id, wanted.name, wanted.body, at.saved.version);
      unsaved.set(null);
    } catch (cause) {
      if (!(cause instanceof Problem)) throw cause;
      if ((cause.status === 412 || cause.status === 404) && at.saved !== null) await this.contest(slot, at, at.saved.id);
      else unsaved.set(cause);
    } finally {
      at.isSaving = false;
    }
    // What was changed while this was on its way.
    const later: Slot["wanted"] = this.slot(slot).wanted;
    if (later !== null && later !== wanted && !this.isContested(slot)) this.change(slot, later.name, later.body);
  }

  private async contest(slot: string, at: Slot, id: string): Promise<void> {
    at.isContested = true;
    let theirs: Document | null = null;
    try {
      theirs = await this.wire.get(this.kind, id);
    } catch (cause) {
      if (!(cause instanceof Problem) || cause.status !== 404) {
        at.isContested = false;
        if (cause instanceof Problem) unsaved.set(cause);
        return;
      }
    }
    const mine = at.wanted ?? { name: "", body: {} };
    if (theirs !== null && theirs.name === mine.name && same(theirs.body, mine.body)) {
      at.saved = theirs;
      at.isContested = false;
      return;
    }
    const conflict: Conflict = {
      kind: this.kind,
      slot,
      mine,
      theirs,
      resolve: async (keep) => {
        conflicts.set((before) => before.filter((each) => each !== conflict));
        at.saved = theirs;
        at.isContested = false;
        if (keep === "mine") await this.save(slot);
        else {
          at.wanted = null;
          this.onTheirs(slot, theirs);
        }
      },
    };
    conflicts.set((before) => [...before, conflict]);
  }

  private isContested(slot: string): boolean {
    return this.slot(slot).isContested;
  }

  private slot(name: string): Slot {
    const found = this.slots.get(name);
    if (found !== undefined) return found;
    const made: Slot = { saved: null, wanted: null, timer: null, isSaving: false, isContested: false };
    this.slots.set(name, made);
    return made;
  }
}
