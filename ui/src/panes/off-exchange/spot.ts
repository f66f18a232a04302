/** The last price of a symbol: the close of its newest minute, forming or not. */
import { useEffect, useState } from "react";
import type { EquityCandle } from "../../generated";
import { live } from "../../wire/live";

export function useSpot(symbol: string, run: string | null): number | null {
  const [held, setHeld] = useState<{ readonly symbol: string; readonly bar: EquityCandle } | null>(null);
  useEffect(() => {
    const subscription = live.subscribe(
      { channel: "equity-candles", filters: { underlying_ids: [symbol], interval_ms: "60000" }, depth: 2, run },
      {
        onFrame: (frame) => {
          if (frame.type !== "snapshot" && frame.type !== "events") return;
          for (const bar of frame.items as unknown as readonly EquityCandle[]) {
            if (bar.close === null) continue;
            setHeld((before) =>
              before !== null && before.symbol === symbol && before.bar.window_start > bar.window_start
                ? before
                : { symbol, bar },
            );
          }
        },
      },
    );
    return () => subscription.close();
  }, [symbol, run]);
  return held?.symbol === symbol ? held.bar.close : null;
}
