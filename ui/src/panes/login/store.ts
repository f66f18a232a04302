/**
 * Who uses this tab. A 401 of any call, or a socket that is refused, brings the login form over the
 * screen, which stays as it is; signing in takes everything up again in place.
 */
import { loadConfig } from "../../stores/config";
import { createStore } from "../../stores/store";
import { LOGIN, Problem, get, onSignedOut, send } from "../../wire/rest";
import { live } from "../../wire/live";

interface Principal {
  readonly name: string;
  readonly kind: string;
  readonly scopes: readonly string[];
  readonly ends_ts: string | null;
  readonly login: string;
}

export interface Session {
  readonly state: "unknown" | "in" | "out";
  readonly principal: Principal | null;
}

export const session = createStore<Session>({ state: "unknown", principal: null });

function out(): void {
  session.patch({ state: "out" });
}

async function check(): Promise<void> {
  try {
    session.set({ state: "in", principal: await get<Principal>("/auth/session") });
  } catch {
    // A 401 was told to `out`; an unreachable gateway says nothing of who we are.
  }
}

/** Sign in; what is wrong with the password comes back as a problem. */
export async function signIn(password: string): Promise<Problem | null> {
  try {
    const { body } = await send<Principal>("POST", LOGIN, { password });
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
