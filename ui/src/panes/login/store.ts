/**
 * Who uses this tab. A 401 of any call, or a socket that is refused, brings the login form over the
 * screen, which stays as it is; signing in takes everything up again in place.
 */
import { loadConfig } from "../../stores/config";
import type { SessionBody } from "../../generated/rest";
import { createStore } from "../../stores/store";
import { LOGIN, Problem, get, onSignedOut, send } from "../../wire/rest";
import { live } from "../../wire/live";

export interface Session {
  readonly state: "unknown" | "in" | "out";
  readonly principal: SessionBody | null;
}

export const session = createStore<Session>({ state: "unknown", principal: null });

function out(): void {
  session.patch({ state: "out" });
}

async function check(): Promise<void> {
  try {
    session.set({ state: "in", principal: await get<SessionBody>("/auth/session") });
  } catch {
    // A 401 was told to `out`; an unreachable gateway says nothing of who we are.
  }
}

/** Sign in; what is wrong with the password comes back as a problem. */
export async function signIn(password: string): Promise<Problem | null> {
  try {
    const { body } = await send<SessionBody>("POST", LOGIN, { password });
    session.set({ state: "in", principal: body });
  } catch (cause) {
    if (cause instanceof Problem) return cause;
    throw cause;
  }
  live.retryNow();
  void loadConfig().catch(() => undefined);
  return null;
}

export async function signOut(): Promise<void> {
  await send("POST", "/auth/logout");
  out();
}

export function startSession(): void {
  onSignedOut(out);
  void check();
  live.connection.subscribe(() => {
    const { state } = live.connection.get();
    // A refused handshake looks like any other loss, so it is asked whether we are known.
    if (state === "signed-out") out();
    else if (state === "waiting" && session.get().state !== "out") void check();
  });
}
