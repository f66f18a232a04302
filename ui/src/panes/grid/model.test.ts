import { expect, test } from "vitest";
import type { OptionsTape } from "../../generated";
import type { EventsFrame, SnapshotFrame } from "../../wire/frames";
import { TapeModel } from "./model";

const print = (id: number, revision = 0, notional = 100) =>
  ({ trace_id: `t${id}`, seq: id, source_ts: `${1_763_650_800_000_000_000n + BigInt(id)}`, revision, notional }) as unknown as OptionsTape;

const events = (...items: OptionsTape[]): EventsFrame => ({
  type: "events", key: "k", items, cursor: null, watermark: null, stamps: null, backfill: false,
});
const snapshot = (...newestFirst: OptionsTape[]): SnapshotFrame => ({
  type: "snapshot", key: "k", items: newestFirst, part: 1, last: true, short: false,
  cursor: null, watermark: null, next_before: null,
});

function modelWith(count: number): TapeModel<OptionsTape> {
  const model = new TapeModel<OptionsTape>(100);
  model.expectSnapshot();
  model.take(snapshot(...Array.from({ length: count }, (_, at) => print(count - at))), 0);
  return model;
}

const ids = (model: TapeModel<OptionsTape>, count = 10): string[] => model.top(count).map((row) => row.id);

test("the newest rows come first, snapshot and events alike", () => {
  const model = modelWith(3);
  model.take(events(print(4), print(5)), 0);
  expect(ids(model)).toEqual(["t5", "t4", "t3", "t2", "t1"]);
  expect(ids(model, 2)).toEqual(["t5", "t4"]);
});

test("hold freezes what was last drawn and counts what comes after", () => {
  const model = modelWith(3);
  model.top(2);
  model.take(events(print(4)), 0);
  model.hold();
  expect(model.held.map((row) => row.id)).toEqual(["t3", "t2", "t1"]);
  model.take(events(print(5), print(6)), 0);
  model.publish();
  expect(model.status.get()).toMatchObject({ mode: "hold", newCount: 3 });
  model.release();
  expect(ids(model, 1)).toEqual(["t6"]);
});

test("what is not drawn yet is held once it is, unless it is let go before", () => {
  const model = modelWith(3);
  model.hold();
  expect(model.status.get().mode).toBe("following");
  model.top(2);
  model.publish();
  expect(model.status.get()).toMatchObject({ mode: "hold", held: 3 });

  model.expectSnapshot();
  model.hold();
  model.publish();
  expect(model.status.get().mode).toBe("following");
  model.take(snapshot(print(9)), 0);
  model.top(2);
  model.publish();
  expect(model.held.map((row) => row.id)).toEqual(["t9"]);

  model.expectSnapshot();
  model.hold();
  model.release();
  model.take(snapshot(print(10)), 0);
  model.top(2);
  model.publish();
  expect(model.status.get().mode).toBe("following");
});

test("a revision changes a held row in place and is not a new one", () => {
  const model = modelWith(3);
  model.top(3);
  model.hold();
  model.take(events(print(2, 1)), 0);
  model.publish();
  const row = model.held[1];
  expect(row?.kind === "record" && row.record.revision).toBe(1);
  expect([...model.revised]).toEqual(["t2"]);
  expect(model.status.get().newCount).toBe(0);
});

test("losses become a row between what was there and what follows", () => {
  const model = modelWith(2);
  const place = { ts: "1", seq: 1 };
  model.take({ type: "dropped", key: "k", count: 300, from: place, to: place }, 0);
  model.take({ type: "dropped", key: "k", count: 12, from: place, to: place }, 0);
  model.take(events(print(3)), 0);
  const rows = model.top(10);
  expect(rows.map((row) => row.kind)).toEqual(["record", "gap", "record", "record"]);
  expect(rows[1]).toMatchObject({ count: 312, from: place });
});

test("a floor hides rows at once and lifting it shows them again", () => {
  const model = modelWith(2);
  model.take(events(print(3, 0, 9)), 0);
  model.setKeep((record) => record.notional >= 50);
  expect(ids(model)).toEqual(["t2", "t1"]);
  model.setKeep(null);
  expect(ids(model)).toEqual(["t3", "t2", "t1"]);
});

test("links are found by print id, with or without its type in front", () => {
  const model = modelWith(2);
  model.takeLinks({ "print:t1": { profile: "arbitrage" }, t2: { alert_id: "al:1" } });
  expect(model.link("t1")?.profile).toBe("arbitrage");
  expect(model.link("t2")?.alert_id).toBe("al:1");
});

test("rows of other filters leave when the new snapshot comes, not before", () => {
  const model = modelWith(2);
  model.expectSnapshot();
  expect(ids(model)).toEqual(["t2", "t1"]);
  model.take(snapshot(print(9)), 0);
  expect(ids(model)).toEqual(["t9"]);
});
