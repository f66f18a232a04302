/**
 * Everything the operator can do, in one registry: the palette lists it, the key map runs it, `?`
 * prints it. A command is registered by whoever can do it.
 *
 * ```ts
 * registerCommands([{ id: "chart.table", title: "Chart: table view", group: "Chart", keys: ["v"],
 *   pane: "chart", run: () => … }]);            // for the life of the tab
 * useCommands(() => [ … ], [deps]);             // for the life of a component
 * ```
 * A command with `pane` runs by key only while a pane of that id or kind is active; the palette
 * offers it always. Later registrations win over earlier ones for the same key and scope.
 */
import { useLayoutEffect } from "react";
import { createStore } from "../stores/store";

export interface Command {
  readonly id: string;
  readonly title: string;
  readonly group: string;
  /** Key sequences: `z`, `Shift+Enter`, `g t`, `Ctrl+k`, `Esc Esc`. */
  readonly keys?: readonly string[];
  /** Id or kind of the pane that must be active for the keys to count. */
  readonly pane?: string;
  /** Not offered and not run while false. */
  readonly when?: () => boolean;
  /** Left out of the palette: keys that only make sense on the spot, like `j`. */
  readonly quiet?: boolean;
  readonly run: () => void;
}

export const commands = createStore<readonly Command[]>([]);

export function registerCommands(added: readonly Command[]): () => void {
  commands.set((before) => [...before, ...added]);
  return () => commands.set((before) => before.filter((each) => !added.includes(each)));
}

export function useCommands(make: () => readonly Command[], deps: readonly unknown[]): void {
  // Before anything is painted: a key counts as soon as what it acts on can be seen. The caller
  // names what its commands close over, as with any effect.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  useLayoutEffect(() => registerCommands(make()), deps);
}

/** Of a command that has the letters typed, but not as they were typed. */
export const LOOSE_SCORE = 20;

/** Score of how well a command answers typed text; null for not at all. */
export function match(command: Pick<Command, "title" | "group">, text: string): number | null {
  const title = command.title.toLowerCase();
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return 0;
  const at = title.indexOf(wanted);
  if (at === 0) return 100;
  if (at > 0) return title[at - 1] === " " ? 80 : 60;
  if (`${command.group.toLowerCase()} ${title}`.includes(wanted)) return 40;
  // Letters in order: `gtk` finds `Go to ticker`.
  let from = 0;
  for (const letter of wanted.replaceAll(" ", "")) {
    from = title.indexOf(letter, from) + 1;
    if (from === 0) return null;
  }
  return LOOSE_SCORE;
}
