/** Signed volume a minute and its running sum, from the order-flow records. */
import type { EquityOrderFlow } from "../../generated";
import { millis } from "../../ui/time";
import type { PlotData } from "./Plot";

/** A session has 960 minutes from 04:00 to 20:00. */
const MOST_MINUTES = 1_200;

export class DeltaBook {
  private readonly minutes = new Map<string, EquityOrderFlow>();

  put(flow: EquityOrderFlow): boolean {
    const held = this.minutes.get(flow.window_start);
    if (held !== undefined && held.revision >= flow.revision) return false;
    this.minutes.set(flow.window_start, flow);
    if (this.minutes.size > MOST_MINUTES) {
      const oldest = [...this.minutes.keys()].sort()[0];
      if (oldest !== undefined) this.minutes.delete(oldest);
    }
    return true;
  }

  clear(): void {
    this.minutes.clear();
  }

  get newest(): EquityOrderFlow | null {
    return this.ordered().at(-1) ?? null;
  }

  /** Delta split by its sign, so that each has its own colour, and the cumulative delta. */
  plot(): PlotData {
    const flows = this.ordered();
    return {
      seconds: flows.map((flow) => millis(flow.window_start) / 1000),
      values: [
        flows.map((flow) => (flow.delta > 0 ? flow.delta : null)),
        flows.map((flow) => (flow.delta < 0 ? flow.delta : null)),
        flows.map((flow) => flow.cumulative_delta),
      ],
    };
  }

  private ordered(): readonly EquityOrderFlow[] {
    return [...this.minutes.values()].sort((a, b) => (a.window_start < b.window_start ? -1 : 1));
  }
}
