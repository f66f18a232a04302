import { beforeEach, expect, test } from "vitest";
import { Problem } from "../../wire/rest";
import { Keeper, conflicts, unsaved } from "./documents";
import type { Body, Document, Kind, Wire } from "./documents";

/** A gateway of one kind that keeps versions as the real one does. */
class Store implements Wire {
  readonly documents = new Map<string, Document>();
  writes = 0;

  list = () => Promise.resolve([...this.documents.values()]);
  get = (_kind: Kind, id: string) => {
    const found = this.documents.get(id);
    return found === undefined ? Promise.reject(refusal(404)) : Promise.resolve(found);
  };
  create = (_: Kind, name: string, body: Body) => this.write("d1", name, body, 1);
  put = (_: Kind, id: string, name: string, body: Body, version: number) => {
    const found = this.documents.get(id);
    if (found === undefined) return Promise.reject(refusal(404));
    return found.version === version ? this.write(id, name, body, version + 1) : Promise.reject(refusal(412));
  };
  remove = (_: Kind, id: string) => Promise.resolve(void this.documents.delete(id));

  write(id: string, name: string, body: Body, version: number): Promise<Document> {
    this.writes += 1;
    const made = { id, name, version, updated_ts: "1", body };
    this.documents.set(id, made);
    return Promise.resolve(made);
  }
}

const refusal = (status: number) => new Problem(status, "version_mismatch", "", "", null, []);

function desk() {
  const store = new Store();
  const waiting = new Map<number, () => void>();
  let next = 1;
  const theirs: [string, Document | null][] = [];
  const keeper = new Keeper("workspaces", (slot, document) => theirs.push([slot, document]), store, {
    later: (run, ms) => {
      expect(ms).toBe(1_000);
      waiting.set(next, run);
      return next++;
    },
    never: (timer) => waiting.delete(timer),
  });
  return { store, keeper, waiting, theirs };
}

beforeEach(() => {
  conflicts.set([]);
  unsaved.set(null);
});

test("changes within a second are one write, of the last", async () => {
  const { store, keeper, waiting } = desk();
  keeper.change("1", "a", { n: 1 });
  keeper.change("1", "a", { n: 2 });
  expect(waiting.size).toBe(1);
  await keeper.save("1");
  expect(store.writes).toBe(1);
  expect(store.documents.get("d1")?.body).toEqual({ n: 2 });
});

test("what is saved already is not written again, whatever the order of its names", async () => {
  const { store, keeper } = desk();
  keeper.change("1", "a", { x: 1, y: { b: 1, c: 2 } });
  await keeper.save("1");
  keeper.change("1", "a", { y: { c: 2, b: 1 }, x: 1 });
  await keeper.save("1");
  expect(store.writes).toBe(1);
});

async function contested() {
  const made = desk();
  made.keeper.change("1", "a", { n: 1 });
  await made.keeper.save("1");
  await made.store.write("d1", "a", { n: "theirs" }, 2);
  made.keeper.change("1", "a", { n: "mine" });
  await made.keeper.save("1");
  const conflict = conflicts.get()[0];
  if (conflict === undefined) throw new Error("no conflict was told");
  return { ...made, conflict };
}

test("a document changed elsewhere is not overwritten: both are shown", async () => {
  const { store, keeper, conflict } = await contested();
  expect(conflict.mine.body).toEqual({ n: "mine" });
  expect(conflict.theirs?.body).toEqual({ n: "theirs" });
  keeper.change("1", "a", { n: "mine still" });
  await keeper.save("1");
  expect(store.documents.get("d1")?.body).toEqual({ n: "theirs" });
});

test("mine kept is written over theirs", async () => {
  const { store, conflict } = await contested();
  await conflict.resolve("mine");
  expect(store.documents.get("d1")).toMatchObject({ version: 3, body: { n: "mine" } });
  expect(conflicts.get()).toEqual([]);
});

test("theirs kept is applied and not written", async () => {
  const { store, keeper, theirs, conflict } = await contested();
  await conflict.resolve("theirs");
  expect(theirs.map(([slot, document]) => [slot, document?.version])).toEqual([["1", 2]]);
  await keeper.save("1");
  expect(store.writes).toBe(2);
});

test("one deleted elsewhere is asked about too, and mine makes it anew", async () => {
  const { store, keeper } = desk();
  keeper.change("1", "a", { n: 1 });
  await keeper.save("1");
  store.documents.clear();
  keeper.change("1", "a", { n: 2 });
  await keeper.save("1");
  expect(conflicts.get()[0]?.theirs).toBeNull();
  await conflicts.get()[0]?.resolve("mine");
  expect(store.documents.get("d1")?.body).toEqual({ n: 2 });
});

test("the same change made in two tabs is no conflict", async () => {
  const { store, keeper } = desk();
  keeper.change("1", "a", { n: 1 });
  await keeper.save("1");
  await store.write("d1", "a", { n: 2 }, 2);
  keeper.change("1", "a", { n: 2 });
  await keeper.save("1");
  expect(conflicts.get()).toEqual([]);
});
