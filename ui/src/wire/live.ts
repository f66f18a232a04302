/** The one socket of this tab, wired to the browser. Everything else of `wire/` is testable apart. */
import { Cursors } from "./cursors";
import { LiveSocket } from "./socket";
import type { SocketLike } from "./socket";

function sessionStore(): Storage | null {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}

function address(): string {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${location.host}/ws/live`;
}

export const live = new LiveSocket({
  url: address(),
  open: (url, protocol) => new WebSocket(url, protocol) as unknown as SocketLike,
  cursors: new Cursors(sessionStore()),
  now: Date.now,
  random: Math.random,
  hidden: () => document.hidden,
  later: (run, ms) => window.setTimeout(run, ms),
  never: (timer) => window.clearTimeout(timer),
});

/** Open the socket and keep it told of the tab's visibility and network. */
export function startLive(): void {
  document.addEventListener("visibilitychange", () => live.visibilityChanged());
  window.addEventListener("online", () => live.retryNow());
  live.start();
}
