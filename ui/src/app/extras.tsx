/**
 * Places in the shell that other folders fill from their `register.ts`: things that lie over the
 * screen (evidence drawer, replay frame, login) and things in the bars (replay badge, next event).
 */
import type { ComponentType } from "react";
import { createStore, useStore } from "../stores/store";

export type Place = "overlay" | "bar" | "status";

interface Extra {
  readonly id: string;
  readonly place: Place;
  readonly component: ComponentType;
}

const extras = createStore<readonly Extra[]>([]);

export function registerExtra(id: string, place: Place, component: ComponentType): void {
  extras.set((before) => [...before.filter((each) => each.id !== id), { id, place, component }]);
}

export function Extras({ place = "overlay" }: { readonly place?: Place }) {
  const all = useStore(extras);
  return all
    .filter((each) => each.place === place)
    .map(({ id, component: Extra }) => <Extra key={id} />);
}
