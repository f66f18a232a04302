/** The layout tree: splits with ratios, panes as leaves. Pure; the shell draws and keeps it. */

export interface PaneLeaf {
  readonly kind: "pane";
  readonly id: string;
  readonly pane: string;
  readonly params: Readonly<Record<string, string>>;
}

export interface Split {
  readonly kind: "split";
  /** `row`: side by side; `column`: one above the other. */
  readonly direction: "row" | "column";
  /** Share of the first child, 0 to 1. */
  readonly ratio: number;
  readonly first: LayoutNode;
  readonly second: LayoutNode;
}

export type LayoutNode = PaneLeaf | Split;

/** Path of a node: which child at each split from the root. */
export type LayoutPath = readonly ("first" | "second")[];

export const DIVIDER_PX = 1;
const LEAST_RATIO = 0.08;

export function pane(kind: string, params: PaneLeaf["params"] = {}, id = kind): PaneLeaf {
  return { kind: "pane", id, pane: kind, params };
}

export function row(ratio: number, first: LayoutNode, second: LayoutNode): Split {
  return { kind: "split", direction: "row", ratio, first, second };
}

export function column(ratio: number, first: LayoutNode, second: LayoutNode): Split {
  return { kind: "split", direction: "column", ratio, first, second };
}

/** Panes in reading order: the order of `J` and `K`. */
export function leaves(node: LayoutNode): readonly PaneLeaf[] {
  return node.kind === "pane" ? [node] : [...leaves(node.first), ...leaves(node.second)];
}

/** Sizes of both children in whole pixels, the divider between them. */
export function shares(total: number, ratio: number): { first: number; second: number } {
  const room = Math.max(0, total - DIVIDER_PX);
  const first = Math.round(room * ratio);
  return { first, second: room - first };
}

export function setRatio(node: LayoutNode, path: LayoutPath, ratio: number): LayoutNode {
  if (node.kind === "pane") return node;
  const [step, ...rest] = path;
  if (step === undefined) {
    return { ...node, ratio: Math.min(1 - LEAST_RATIO, Math.max(LEAST_RATIO, ratio)) };
  }
  return { ...node, [step]: setRatio(node[step], rest, ratio) };
}

/** Take a pane away; its neighbour takes the room. Null when it was the last. */
export function close(node: LayoutNode, id: string): LayoutNode | null {
  if (node.kind === "pane") return node.id === id ? null : node;
  const first = close(node.first, id);
  const second = close(node.second, id);
  if (first === null) return second;
  if (second === null) return first;
  return first === node.first && second === node.second ? node : { ...node, first, second };
}

/** Put a new pane beside one that is there. */
export function splitAt(
  node: LayoutNode,
  id: string,
  direction: Split["direction"],
  added: PaneLeaf,
): LayoutNode {
  if (node.kind === "pane") {
    return node.id === id
      ? { kind: "split", direction, ratio: 0.5, first: node, second: added }
      : node;
  }
  return {
    ...node,
    first: splitAt(node.first, id, direction, added),
    second: splitAt(node.second, id, direction, added),
  };
}

/** Let two panes change places. */
export function swap(node: LayoutNode, one: string, other: string): LayoutNode {
  const found = new Map(leaves(node).map((leaf) => [leaf.id, leaf]));
  const a = found.get(one);
  const b = found.get(other);
  if (a === undefined || b === undefined) return node;
  const visit = (part: LayoutNode): LayoutNode => {
    if (part.kind === "split") {
      return { ...part, first: visit(part.first), second: visit(part.second) };
    }
    return part.id === one ? b : part.id === other ? a : part;
  };
  return visit(node);
}

/** An id for another pane of a kind: `chart`, `chart-2`, … */
export function freeId(node: LayoutNode, kind: string): string {
  const taken = new Set(leaves(node).map((leaf) => leaf.id));
  if (!taken.has(kind)) return kind;
  let number = 2;
  while (taken.has(`${kind}-${number}`)) number += 1;
  return `${kind}-${number}`;
}

/** Read a stored layout; null where it is not one (an older version, or edited by hand). */
export function parseLayout(value: unknown): LayoutNode | null {
  if (typeof value !== "object" || value === null) return null;
  const node = value as Partial<Record<string, unknown>>;
  if (node.kind === "pane") {
    const { id, pane: kind, params } = node;
    if (typeof id !== "string" || typeof kind !== "string") return null;
    return pane(kind, typeof params === "object" ? (params as PaneLeaf["params"]) : {}, id);
  }
  if (node.kind !== "split" || typeof node.ratio !== "number") return null;
  const first = parseLayout(node.first);
  const second = parseLayout(node.second);
  if (first === null || second === null) return null;
  const direction = node.direction === "column" ? "column" : "row";
  return { kind: "split", direction, ratio: node.ratio, first, second };
}
