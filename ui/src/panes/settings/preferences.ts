/** Preferences that follow the operator: one document, saved a second after the last change. */
import { singleKeys } from "../../app/keys";
import { look } from "../../app/look";
import type { Look } from "../../app/look";
import { createStore } from "../../stores/store";
import { Problem } from "../../wire/rest";
import { session } from "../login/store";
import { Keeper, gateway, unsaved } from "../workspaces/documents";
import type { Body, Document } from "../workspaces/documents";

export interface Sound {
  readonly isOn: boolean;
  /** 0 to 1; multiplies a rule's own. */
  readonly volume: number;
  readonly isOnInReplay: boolean;
}

export const sound = createStore<Sound>({ isOn: true, volume: 0.6, isOnInReplay: false });

const NAME = "terminal";
let isLoaded = false;
let isApplying = false;

const oneOf = <T extends string>(value: unknown, all: readonly T[], otherwise: T): T =>
  all.find((each) => each === value) ?? otherwise;

const fields = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

function readLook(value: unknown, before: Look): Look {
  const found = fields(value);
  return {
    theme: oneOf(found.theme, ["dark", "light", "system"], before.theme),
    colours: oneOf(found.colours, ["standard", "safe"], before.colours),
    density: oneOf(found.density, ["compact", "normal", "roomy"], before.density),
  };
}

function readSound(value: unknown, before: Sound): Sound {
  const found = fields(value);
  const volume = typeof found.volume === "number" ? Math.min(1, Math.max(0, found.volume)) : before.volume;
  return {
    volume,
    isOn: typeof found.isOn === "boolean" ? found.isOn : before.isOn,
    isOnInReplay: found.isOnInReplay === true,
  };
}

function apply(document: Document | null): void {
  if (document === null) return;
  isApplying = true;
  look.set(readLook(document.body.look, look.get()));
  sound.set(readSound(document.body.sound, sound.get()));
  singleKeys.set(document.body.singleKeys !== false);
  isApplying = false;
}

const keeper = new Keeper("settings", (_, document) => apply(document));

function changed(): void {
  if (!isLoaded || isApplying) return;
  const body: Body = { v: 1, look: look.get(), sound: sound.get(), singleKeys: singleKeys.get() };
  keeper.change(NAME, NAME, body);
}

async function load(): Promise<void> {
  try {
    const found = (await gateway.list("settings")).find((each) => each.name === NAME);
    if (found !== undefined) {
      keeper.known(NAME, found);
      apply(found);
    }
    isLoaded = true;
  } catch (cause) {
    if (cause instanceof Problem) unsaved.set(cause);
  }
}

export function startPreferences(): void {
  for (const each of [look, sound, singleKeys]) each.subscribe(changed);
  const sawSession = (): void => {
    if (session.get().state === "in" && !isLoaded) void load();
  };
  session.subscribe(sawSession);
  sawSession();
}
