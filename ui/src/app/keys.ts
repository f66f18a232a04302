/**
 * Key map: turns key presses into commands (terminal specification, 10).
 *
 * Keys typed into a text field belong to the field, but for `Esc` and keys with Ctrl. Sequences
 * (`g t`, `Esc Esc`) wait 800 ms for their next key. A single `Esc` runs at once and also begins
 * `Esc Esc`.
 */
import type { Command } from "./commands";
import { commands } from "./commands";
import { createStore } from "../stores/store";

const SEQUENCE_MS = 800;

export const singleKeys = createStore(true);

type Press = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

const NAMES: Readonly<Record<string, string>> = { " ": "Space", Escape: "Esc" };

/** Name of a key press: `J`, `Ctrl+k`, `Shift+Enter`, `Space`. */
export function keyName(press: Press): string {
  const key = NAMES[press.key] ?? press.key;
  const isLetter = key.length === 1;
  const ctrl = press.ctrlKey || press.metaKey;
  // A printed character already carries its shift; named keys do not.
  return [
    ctrl ? "Ctrl+" : "",
    press.altKey ? "Alt+" : "",
    press.shiftKey && !isLetter ? "Shift+" : "",
    ctrl && isLetter ? key.toLowerCase() : key,
  ].join("");
}

export interface Scope {
  readonly paneId: string | null;
  readonly paneKind: string | null;
}

function inScope(command: Command, scope: Scope): boolean {
  if (command.pane === undefined) return true;
  return command.pane === scope.paneId || command.pane === scope.paneKind;
}

/** What a sequence of keys means: the command it completes, and whether it begins another. */
export function resolve(
  all: readonly Command[],
  sequence: string,
  scope: Scope,
): { command: Command | null; begins: boolean } {
  let command: Command | null = null;
  let begins = false;
  for (const each of all) {
    if (!inScope(each, scope) || each.when?.() === false) continue;
    for (const keys of each.keys ?? []) {
      if (keys === sequence) {
        // What belongs to the active pane goes before what is always there.
        if (command?.pane === undefined || each.pane !== undefined) command = each;
      } else if (keys.startsWith(`${sequence} `)) begins = true;
    }
  }
  return { command, begins };
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/** Listen on the document; returns what stops it. */
export function listenForKeys(scope: () => Scope): () => void {
  let pending = "";
  let pendingAt = 0;
  const pressed = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return;
    const name = keyName(event);
    if (isTyping(event.target) && name !== "Esc" && !name.startsWith("Ctrl+")) return;
    if (!singleKeys.get() && name.length === 1) return;
    const within = event.timeStamp - pendingAt < SEQUENCE_MS;
    const sequence = pending !== "" && within ? `${pending} ${name}` : name;
    let found = resolve(commands.get(), sequence, scope());
    let used = sequence;
    if (found.command === null && !found.begins && sequence !== name) {
      found = resolve(commands.get(), name, scope());
      used = name;
    }
    pending = found.begins ? used : "";
    pendingAt = event.timeStamp;
    if (found.command === null && !found.begins) return;
    event.preventDefault();
    found.command?.run();
  };
  document.addEventListener("keydown", pressed);
  return () => document.removeEventListener("keydown", pressed);
}
