/** The condition of a pane's channel in its head: stale and for how long, closed, not live, resumed. */
import { useEffect, useState } from "react";
import { clock, clockReading } from "../stores/clock";
import { health } from "../stores/health";
import { useStore } from "../stores/store";
import { Chip } from "../ui/primitives";
import { millis } from "../ui/time";
import { live } from "../wire/live";
import { route } from "./router";

const RESUMED_MS = 6_000;

/** `00:23`, `1:02:05`. */
function sinceText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, "0");
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return seconds >= 3600 ? `${Math.floor(seconds / 3600)}:${rest}` : rest;
}

function useSecond(isOn: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!isOn) return;
    const timer = window.setInterval(() => setNow(Date.now()), 1_000);
    return () => window.clearInterval(timer);
  }, [isOn]);
  return now;
}

/** True for six seconds after the connection came back. */
function useResumed(): boolean {
  const { state, reconnects } = useStore(live.connection);
  const [seen, setSeen] = useState(reconnects);
  useEffect(() => {
    if (state !== "live" || reconnects === seen) return;
    const timer = window.setTimeout(() => setSeen(reconnects), RESUMED_MS);
    return () => window.clearTimeout(timer);
  }, [state, reconnects, seen]);
  return state === "live" && reconnects !== seen;
}

export function ChannelState({ stream }: { readonly stream: string }) {
  const connection = useStore(live.connection, (value) => value.state);
  const channel = useStore(health, (value) => value.channels[stream]);
  const isWhole = useStore(health, (value) => value.dropped === 0 && value.gaps === 0);
  const at = useStore(clock);
  const run = useStore(route, (value) => value.params.run);
  const isStale = channel?.state === "stale" || channel?.state === "down";
  const now = useSecond(isStale);
  const resumed = useResumed();
  if (connection !== "live") {
    return (
      <Chip tone="crit" outlined>
        not live
      </Chip>
    );
  }
  if (resumed) return <Chip outlined>{isWhole ? "resumed, 0 missed" : "resumed"}</Chip>;
  // A run has its own time: whether the market's channel is late says nothing of it.
  if (channel === undefined || run !== undefined) return null;
  if (isStale) {
    const newest = millis(channel.newest_ts);
    // Where event time is not today's, the wall clock says nothing of how late it is.
    const { ms, isWall } = clockReading(at, now);
    const since = Number.isNaN(newest) || !isWall ? "" : ` ${sinceText(ms - newest)}`;
    return (
      <Chip tone="warn" outlined title={channel.cause ?? "no input progress"}>
        {channel.state}
        {since}
      </Chip>
    );
  }
  if (channel.state !== "closed") return null;
  return (
    <Chip tone="dim" outlined title="outside the exchange's session; not stale">
      closed, opens 09:30 ET
    </Chip>
  );
}
