/** The last price of a symbol: the close of its newest minute, forming or not. */
import { useEffect, useState } from "react";
import type { EquityCandle } from "../../generated";
import { followRecords } from "../../wire/records";

export function useSpot(symbol: string, run: string | null): number | null {
  const [held, setHeld] = useState<{ readonly symbol: string; readonly bar: EquityCandle } | null>(null);
  useEffect(() => {
    const filters = { underlying_ids: [symbol], interval_ms: "60000" };
    return followRecords({ stream: "equity-candles", filters, depth: 2, run }, (bars) => {
      for (const bar of bars) {
        if (bar.close === null) continue;
        setHeld((before) =>
          before !== null && before.symbol === symbol && before.bar.window_start > bar.window_start
            ? before
            : { symbol, bar },
        );
      }
    });
  }, [symbol, run]);
  return held?.symbol === symbol ? held.bar.close : null;
}
