/**
 * The terminal's only state primitive: a value, who wants to hear of it, and a hook.
 *
 * One store a concern. `useStore(store, select)` re-renders only when what `select` returns is
 * another value, so a selector must return primitives or parts of the state, never a new object.
 */
import { useSyncExternalStore } from "react";

export interface Store<T> {
  readonly get: () => T;
  /** Replace the value, or derive it from the one before. Equal values wake nobody. */
  readonly set: (next: T | ((before: T) => T)) => void;
  /** Replace some fields of an object value. */
  readonly patch: (part: Partial<T>) => void;
  readonly subscribe: (listener: () => void) => () => void;
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  const set = (next: T | ((before: T) => T)): void => {
    const after = typeof next === "function" ? (next as (before: T) => T)(value) : next;
    if (Object.is(after, value)) return;
    value = after;
    for (const listener of [...listeners]) listener();
  };
  return {
    get: () => value,
    set,
    patch: (part) => set((before) => ({ ...before, ...part })),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useStore<T>(store: Store<T>): T;
export function useStore<T, S>(store: Store<T>, select: (value: T) => S): S;
export function useStore<T, S>(store: Store<T>, select?: (value: T) => S): T | S {
  const read = (): T | S => (select === undefined ? store.get() : select(store.get()));
  return useSyncExternalStore(store.subscribe, read, read);
}
