/** The next known event of the symbol on screen, in the status line. */
import { openTicker } from "../../app/intents";
import { route, runOf, symbolOfPage } from "../../app/router";
import { useAnswer } from "../../app/useAnswer";
import type { TickerSummary } from "../../generated/rest";
import { useStore } from "../../stores/store";
import { MISSING } from "../../ui/number";
import { eventText, eventTip } from "./summary";

/** Events are announced days ahead. */
const AGAIN_MS = 600_000;

export function NextEvent() {
  const symbol = useStore(route, symbolOfPage);
  const run = useStore(route, runOf);
  if (symbol === null) {
    return (
      <span className="figure" title="of the symbol shown; s chooses one">
        next event <b>{MISSING}</b>
      </span>
    );
  }
  return <OfSymbol symbol={symbol} run={run} />;
}

function OfSymbol({ symbol, run }: { readonly symbol: string; readonly run: string | null }) {
  const { body } = useAnswer<TickerSummary>(`/tickers/${encodeURIComponent(symbol)}`, { run }, AGAIN_MS);
  const tip = body === null ? "not read yet" : eventTip(body.next_event);
  return (
    <button type="button" className="status-button" title={`next event of ${symbol}: ${tip}`} onClick={() => openTicker(symbol)}>
      next event <b>{body === null ? MISSING : eventText(body.next_event)}</b>
    </button>
  );
}
