/** The minutes of a symbol's order flow: stored ones at once, live ones as they come. */
import { useEffect, useState } from "react";
import type { EquityOrderFlow } from "../../generated";
import { addCommitter } from "../../stores/loop";
import { followRecords } from "../../wire/records";
import { history } from "../../wire/rest";
import { DeltaBook } from "./delta";
import type { PlotData } from "./Plot";

const FIRST_MINUTES = 400;
const EMPTY: PlotData = { seconds: [], values: [[], [], []] };
/** Plots of minutes need no more. */
const SHOW_EVERY_MS = 1_000;

export interface Delta {
  readonly plot: PlotData;
  readonly newest: EquityOrderFlow | null;
}

export function useDelta(symbol: string, run: string | null): Delta {
  const [shown, setShown] = useState<Delta & { readonly of: string }>({ of: "", plot: EMPTY, newest: null });
  useEffect(() => {
    const book = new DeltaBook();
    let isDirty = false;
    let shownAt = 0;
    const filters = { underlying_ids: [symbol], window: "1m" };
    const take = (flows: readonly EquityOrderFlow[]): void => {
      for (const flow of flows) isDirty = book.put(flow) || isDirty;
    };
    const aborter = new AbortController();
    history("order-flow", filters, { limit: FIRST_MINUTES, run }, { signal: aborter.signal })
      .then((page) => take(page.data))
      .catch(() => {
        // The live minutes are shown alone then.
      });
    const unfollow = followRecords({ stream: "order-flow", filters, depth: 10, run }, take);
    const leave = addCommitter({
      name: `delta ${symbol}`,
      kind: "tape",
      isDirty: (now) => isDirty && now - shownAt >= SHOW_EVERY_MS,
      commit: (now) => {
        isDirty = false;
        shownAt = now;
        setShown({ of: symbol, plot: book.plot(), newest: book.newest });
        return null;
      },
    });
    return () => {
      leave();
      aborter.abort();
      unfollow();
    };
  }, [symbol, run]);
  return shown.of === symbol ? shown : { plot: EMPTY, newest: null };
}
