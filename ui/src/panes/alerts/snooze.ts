/** How long a snooze lasts: an hour of event time from the alert's last activity. */
import type { FlowAlert, Nanos } from "../../generated";

const HOUR_NS = 3_600_000_000_000n;

export function snoozeUntil(alert: Pick<FlowAlert, "last_ts">): Nanos {
  return (BigInt(alert.last_ts) + HOUR_NS).toString();
}
