/**
 * Alerts seen, symbols snoozed, classifiers muted: one document a trading date under `/acks`.
 *
 * A change is applied here at once and written under the version it was read with; where another
 * tab was faster (412) both lists are united, since neither can take the other's back.
 */
import type { Nanos } from "../../generated";
import type { DocumentList, DocumentOut } from "../../generated/rest";
import { createStore } from "../../stores/store";
import { dateOf } from "../../ui/time";
import { Problem, get, getVersioned, send } from "../../wire/rest";

export interface Muted {
  readonly kind: "alert" | "symbol" | "classifier";
  readonly value: string;
  /** When it ends, ns; null for the whole date. */
  readonly until_ts: Nanos | null;
}

export interface Acks {
  readonly trade_date: string;
  readonly seen: readonly string[];
  readonly muted: readonly Muted[];
}

/** As the gateway keeps it; only terminals write documents of this kind. */
type AcksDocument = DocumentOut & { readonly body: Acks };
type AcksList = Omit<DocumentList, "data"> & { readonly data: readonly AcksDocument[] };

interface Known {
  readonly acks: Acks;
  readonly seen: ReadonlySet<string>;
  readonly etag: string | null;
  readonly problem: string | null;
}

/** What a document holds at most (gateway, operator documents). */
const MOST_SEEN = 5000;
const WRITE_AFTER_MS = 1000;

function known(acks: Acks, etag: string | null): Known {
  return { acks, seen: new Set(acks.seen), etag, problem: null };
}

const empty = (date: string): Acks => ({ trade_date: date, seen: [], muted: [] });

export const acks = createStore<Known>(known(empty(""), null));

interface Named {
  readonly alert_id: string;
  readonly first_ts: Nanos;
}

export function isSeen(alert: Named): boolean {
  return acks.get().seen.has(alert.alert_id);
}

/** Whether an alert is snoozed or muted at `now`, ns. */
export function isMuted(
  alert: Named & { readonly underlying_id: string; readonly hits: readonly { readonly classifier_id: string }[] },
  muted: readonly Muted[] = acks.get().acks.muted,
): boolean {
  return muted.some(({ kind, value, until_ts }) => {
    if (until_ts !== null && until_ts <= alert.first_ts) return false;
    if (kind === "symbol") return value === alert.underlying_id;
    if (kind === "alert") return value === alert.alert_id;
    return alert.hits.length > 0 && alert.hits.every((hit) => hit.classifier_id === value);
  });
}

/** Both lists, each entry once. */
export function united(mine: Acks, theirs: Acks): Acks {
  const muted = new Map([...theirs.muted, ...mine.muted].map((each) => [`${each.kind} ${each.value}`, each]));
  return {
    trade_date: mine.trade_date,
    seen: [...new Set([...theirs.seen, ...mine.seen])].slice(-MOST_SEEN),
    muted: [...muted.values()],
  };
}

let reading: string | null = null;
let timer = 0;

/** Read the document of the date of an instant, unless it is the one at hand. */
export async function readAcks(ts: Nanos): Promise<void> {
  const date = dateOf(ts, "ET");
  if (acks.get().acks.trade_date === date || reading === date) return;
  reading = date;
  try {
    // A day nobody has acknowledged anything of has no document yet, which is no error: so the list
    // is asked for it.
    const { data } = await get<AcksList>("/acks");
    const found = data.find((each) => each.id === date);
    acks.set(found === undefined ? known(empty(date), null) : known(united(found.body, found.body), `"${found.version}"`));
  } catch (error) {
    acks.set({ ...known(empty(date), null), problem: String(error) });
  } finally {
    reading = null;
  }
}

function change(next: (before: Acks) => Acks): void {
  acks.set((before) => ({ ...known(next(before.acks), before.etag) }));
  window.clearTimeout(timer);
  timer = window.setTimeout(() => void write(), WRITE_AFTER_MS);
}

async function write(isSecond = false): Promise<void> {
  const { acks: body, etag } = acks.get();
  if (body.trade_date === "") return;
  const document = { name: body.trade_date, body };
  try {
    const answer =
      etag === null
        ? await send<AcksDocument>("POST", "/acks", document)
        : await send<AcksDocument>("PUT", `/acks/${body.trade_date}`, document, { ifMatch: etag });
    acks.patch({ etag: answer.etag, problem: null });
  } catch (error) {
    const isOld = error instanceof Problem && (error.status === 412 || error.status === 409);
    if (!isOld || isSecond) {
      acks.patch({ problem: `not saved: ${String(error)}` });
      return;
    }
    const { body: theirs, etag: newer } = await getVersioned<AcksDocument>(`/acks/${body.trade_date}`);
    acks.set(known(united(body, theirs.body), newer));
    await write(true);
  }
}

export function acknowledge(alert: Named): void {
  if (isSeen(alert)) return;
  void readAcks(alert.first_ts).then(() =>
    change((before) => ({ ...before, seen: [...before.seen, alert.alert_id].slice(-MOST_SEEN) })),
  );
}

/** Mute or, where it is, unmute. */
export function toggleMuted(entry: Muted): void {
  change((before) => {
    const rest = before.muted.filter((each) => each.kind !== entry.kind || each.value !== entry.value);
    return { ...before, muted: rest.length < before.muted.length ? rest : [...rest, entry] };
  });
}
