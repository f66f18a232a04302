/**
 * The chain as a tree that arrow keys walk: a record, what it rests on, and so on down to quotes.
 *
 * The links of a document form a graph (two hits share one profile), so a record may stand in the
 * tree more than once; a node's key is its path, and a record never stands under itself.
 */
import { KINDS, kindOfRef } from "./refs";
import type { Found, Kind } from "./refs";

export interface TreeNode {
  readonly key: string;
  readonly parent: string | null;
  readonly depth: number;
  /** Null for a node that only counts records of one kind. */
  readonly ref: string | null;
  readonly kind: Kind | null;
  readonly count: number;
  readonly hasChildren: boolean;
  readonly isOpen: boolean;
}

export interface Chain {
  readonly root: string;
  readonly links: readonly (readonly [string, string])[];
  readonly records: ReadonlyMap<string, Found>;
}

/** More records of one kind than this stand under one line that counts them. */
const GROUP_FROM = 4;
const ORDER = new Map(KINDS.map(({ kind }, at) => [kind, at]));

function childrenOf(links: Chain["links"]): ReadonlyMap<string, readonly string[]> {
  const below = new Map<string, string[]>();
  for (const [from, to] of links) {
    const list = below.get(from) ?? [];
    if (!list.includes(to)) list.push(to);
    below.set(from, list);
  }
  return below;
}

/** Nodes now visible, in the order shown. */
export function visibleNodes(chain: Chain, open: ReadonlySet<string>): readonly TreeNode[] {
  const below = childrenOf(chain.links);
  const nodes: TreeNode[] = [];
  const place = (ref: string): number => ORDER.get(chain.records.get(ref)?.kind ?? "news") ?? KINDS.length;
  const addRecord = (ref: string, parent: string | null, depth: number, above: readonly string[]): void => {
    const key = parent === null ? ref : `${parent}>${ref}`;
    const children = (below.get(ref) ?? []).filter((child) => child !== ref && !above.includes(child));
    const isOpen = open.has(key);
    nodes.push({
      key, parent, depth, ref, kind: chain.records.get(ref)?.kind ?? null, count: 1,
      hasChildren: children.length > 0, isOpen,
    });
    if (!isOpen) return;
    const byKind = new Map<string, string[]>();
    for (const child of children.toSorted((a, b) => place(a) - place(b))) {
      const name = chain.records.get(child)?.kind ?? `missing ${kindOfRef(child)}`;
      byKind.set(name, [...(byKind.get(name) ?? []), child]);
    }
    for (const [name, refs] of byKind) {
      if (refs.length < GROUP_FROM) {
        for (const child of refs) addRecord(child, key, depth + 1, [...above, ref]);
        continue;
      }
      const group = `${key}>(${name})`;
      const [first = ""] = refs;
      nodes.push({
        key: group, parent: key, depth: depth + 1, ref: null, kind: chain.records.get(first)?.kind ?? null,
        count: refs.length, hasChildren: true, isOpen: open.has(group),
      });
      if (open.has(group)) for (const child of refs) addRecord(child, group, depth + 2, [...above, ref]);
    }
  };
  addRecord(chain.root, null, 0, []);
  return nodes;
}

export interface Step {
  /** Key of the node that has the keyboard afterwards. */
  readonly at: string;
  readonly open: ReadonlySet<string>;
}

/** What an arrow key does: null where the key is not one the tree knows. */
export function walk(nodes: readonly TreeNode[], open: ReadonlySet<string>, at: string, key: string): Step | null {
  const index = Math.max(0, nodes.findIndex((node) => node.key === at));
  const node = nodes[index];
  if (node === undefined) return null;
  const go = (to: TreeNode | undefined): Step => ({ at: to?.key ?? node.key, open });
  const opened = new Set(open);
  switch (key) {
    case "ArrowDown":
      return go(nodes[index + 1]);
    case "ArrowUp":
      return go(nodes[index - 1]);
    case "Home":
      return go(nodes[0]);
    case "End":
      return go(nodes.at(-1));
    case "ArrowRight":
      if (!node.hasChildren) return go(node);
      if (node.isOpen) return go(nodes[index + 1]);
      return { at: node.key, open: opened.add(node.key) };
    case "ArrowLeft":
      if (!node.isOpen) return go(nodes.find((each) => each.key === node.parent));
      opened.delete(node.key);
      return { at: node.key, open: opened };
    default:
      return null;
  }
}

/** What has to be open so that a record can be seen, and where it then is; null if nowhere. */
export function reveal(chain: Chain, ref: string): Step | null {
  const open = new Set<string>();
  // Breadth first, so the nearest place of a record that stands in several is shown.
  for (let round = 0; round < 12; round += 1) {
    const nodes = visibleNodes(chain, open);
    const found = nodes.find((node) => node.ref === ref);
    if (found !== undefined) {
      const needed = new Set<string>();
      for (let up = found.parent; up !== null; ) {
        const above = nodes.find((node) => node.key === up);
        needed.add(up);
        up = above?.parent ?? null;
      }
      return { at: found.key, open: needed };
    }
    const shut = nodes.filter((node) => node.hasChildren && !node.isOpen);
    if (shut.length === 0) return null;
    for (const node of shut) open.add(node.key);
  }
  return null;
}
