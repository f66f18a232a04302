import { describe, expect, test } from "vitest";
import type { Command } from "./commands";
import { match } from "./commands";
import { keyName, resolve } from "./keys";
import { close, column, freeId, leaves, pane, parseLayout, row, setRatio, shares, splitAt, swap } from "./layout";
import { parseRoute, routeUrl } from "./router";

const press = (key: string, held: Partial<Record<"ctrlKey" | "shiftKey" | "altKey" | "metaKey", boolean>> = {}) =>
  keyName({ key, ctrlKey: false, shiftKey: false, altKey: false, metaKey: false, ...held });

describe("keys", () => {
  test.each([
    [press("J", { shiftKey: true }), "J"],
    [press("K", { ctrlKey: true, shiftKey: true }), "Ctrl+k"],
    [press("k", { metaKey: true }), "Ctrl+k"],
    [press("Enter", { shiftKey: true }), "Shift+Enter"],
    [press(" "), "Space"],
    [press("Escape"), "Esc"],
    [press("?", { shiftKey: true }), "?"],
  ])("a press is named %s", (name, expected) => {
    expect(name).toBe(expected);
  });

  const command = (id: string, keys: string[], part: Partial<Command> = {}): Command => ({
    id, title: id, group: "", keys, run: () => undefined, ...part,
  });
  const all = [
    command("hold", ["Space"], { pane: "tape" }),
    command("pause", ["Space"]),
    command("tape", ["g t"]),
    command("close", ["Esc"], { when: () => false }),
    command("live", ["Esc Esc"]),
  ];

  test("the active pane's meaning goes before the general one", () => {
    const id = (paneId: string) => resolve(all, "Space", { paneId, paneKind: null }).command?.id;
    expect(id("tape")).toBe("hold");
    expect(id("chart")).toBe("pause");
  });

  test("a sequence begins, and a command not possible now is passed over", () => {
    const scope = { paneId: null, paneKind: null };
    expect(resolve(all, "g", scope)).toEqual({ command: null, begins: true });
    expect(resolve(all, "g t", scope).command?.id).toBe("tape");
    expect(resolve(all, "Esc", scope)).toEqual({ command: null, begins: true });
    expect(resolve(all, "q", scope)).toEqual({ command: null, begins: false });
  });

  test("the palette ranks a beginning over a word over letters in order", () => {
    const score = (text: string) => match({ title: "Go to Tape", group: "Pages" }, text) ?? -1;
    expect(score("go")).toBeGreaterThan(score("tape"));
    expect(score("tape")).toBeGreaterThan(score("gtp"));
    expect(score("xyz")).toBe(-1);
  });
});

describe("the layout", () => {
  const tree = row(892 / 1439, column(530 / 837, pane("a"), pane("b")), column(426 / 837, pane("c"), pane("d")));

  test("has the specification's sizes at 1440 × 900", () => {
    expect(shares(1440, 892 / 1439)).toEqual({ first: 892, second: 547 });
    expect(shares(838, 530 / 837)).toEqual({ first: 530, second: 307 });
    expect(shares(838, 426 / 837)).toEqual({ first: 426, second: 411 });
  });

  test("splits, swaps, resizes and closes without touching the rest", () => {
    const ids = (node: typeof tree | null) => (node === null ? [] : leaves(node).map((leaf) => leaf.id));
    expect(ids(splitAt(tree, "b", "row", pane("e")) as typeof tree)).toEqual(["a", "b", "e", "c", "d"]);
    expect(ids(swap(tree, "a", "d") as typeof tree)).toEqual(["d", "b", "c", "a"]);
    expect(ids(close(tree, "c") as typeof tree)).toEqual(["a", "b", "d"]);
    expect(close(pane("a"), "a")).toBeNull();
    expect(setRatio(tree, ["first"], 0.99)).toMatchObject({ first: { ratio: 0.92 }, ratio: 892 / 1439 });
    expect(freeId(tree, "a")).toBe("a-2");
  });

  test("comes back from its stored form, and nothing else does", () => {
    expect(parseLayout(JSON.parse(JSON.stringify(tree)))).toEqual(tree);
    expect(parseLayout({ kind: "split", ratio: 0.5, first: {} })).toBeNull();
    expect(parseLayout("x")).toBeNull();
  });
});

describe("routes", () => {
  test.each([
    ["/app/", "", { page: "tape", rest: null, params: {} }],
    ["/app/ticker/NVDA", "?run=r1", { page: "ticker", rest: "NVDA", params: { run: "r1" } }],
    ["/app/tape", "?side=AA,A&sym=BRK.B", { page: "tape", rest: null, params: { side: "AA,A", sym: "BRK.B" } }],
  ])("%s%s is read", (path, search, expected) => {
    expect(parseRoute(path, search)).toEqual(expected);
  });

  test("a URL says what was read, with readable lists", () => {
    const route = { page: "tape", rest: null, params: { sym: "NVDA", side: "AA,A" } };
    expect(routeUrl(route)).toBe("/app/tape?sym=NVDA&side=AA,A");
    expect(parseRoute("/app/tape", "?sym=NVDA&side=AA,A")).toEqual(route);
  });
});
