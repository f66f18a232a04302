import { expect, test } from "vitest";
import { FrameError, decodeMessage } from "./frames";

const encode = (value: unknown): ArrayBuffer =>
  new TextEncoder().encode(JSON.stringify(value)).buffer;

test("the example of the gateway specification decodes", () => {
  const frames = decodeMessage(
    encode([
      { type: "subscribed", id: "tape", key: "k7f3ab2" },
      {
        type: "snapshot", key: "k7f3ab2", items: [], part: 1, last: true, short: false,
        cursor: "g6F2", watermark: { ts: "1763650800123456789", seq: 8812 },
        next_before: { ts: "1763650712000456789", seq: 8613 },
      },
      { type: "events", key: "k7f3ab2", items: [{}], cursor: "g6F3", stamps: { append: 1763650800134.402 } },
    ]),
  );
  expect(frames.map((frame) => frame.type)).toEqual(["subscribed", "snapshot", "events"]);
  expect(frames[1]).toMatchObject({ watermark: { ts: "1763650800123456789", seq: 8812 }, last: true });
  expect(frames[2]).toMatchObject({ backfill: false, watermark: null });
});

test("text messages decode as binary ones do", () => {
  const message = [{ type: "dropped", key: "k", count: 312 }];
  expect(decodeMessage(JSON.stringify(message))).toEqual(decodeMessage(encode(message)));
});

test("a frame of an unknown type is skipped and told", () => {
  const unknown: string[] = [];
  const frames = decodeMessage(
    encode([{ type: "weather", key: "k" }, { type: "links", links: { a: { profile: "arbitrage" } } }]),
    (type) => unknown.push(type),
  );
  expect(unknown).toEqual(["weather"]);
  expect(frames).toEqual([{ type: "links", key: null, links: { a: { profile: "arbitrage" } } }]);
});

test.each([
  ["an object", {}],
  ["a frame without type", [{ key: "k" }]],
  ["a snapshot without key", [{ type: "snapshot", items: [] }]],
  ["events whose items are no list", [{ type: "events", key: "k", items: 3 }]],
])("%s is refused", (_, message) => {
  expect(() => decodeMessage(encode(message))).toThrow(FrameError);
});
