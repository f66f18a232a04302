/** Quotes of the watchlist, one row a symbol, written into fixed cells. */
import { useEffect, useRef, useState } from "react";
import type { PaneProps } from "../../app/panes";
import { chooseSymbol, openTicker } from "../../app/intents";
import { route, runOf } from "../../app/router";
import { clock, clockReading } from "../../stores/clock";
import { addCommitter } from "../../stores/loop";
import { useStore } from "../../stores/store";
import { PaneFrame, PaneState, Scroller } from "../../ui/primitives";
import { zone } from "../../ui/time";
import { followRecords } from "../../wire/records";
import "../../ui/table-view.css";
import { QUOTE_COLUMNS, QuoteBook, quoteRow } from "./quotes";
import { MOST_SYMBOLS, readWatched } from "./watchlist";
import type { Watched } from "./watchlist";
import "./equities.css";

const AGES_EVERY_MS = 1_000;

export default function QuotesPane({ pane }: PaneProps) {
  const run = useStore(route, runOf);
  const inZone = useStore(zone);
  const body = useRef<HTMLTableSectionElement>(null);
  const [watched, setWatched] = useState<Watched | null>(null);
  useEffect(() => {
    let isWanted = true;
    readWatched()
      // Without documents the quotes themselves say which symbols there are.
      .catch((): Watched => ({ symbols: [], list: null }))
      .then((found) => isWanted && setWatched(found))
      .catch(() => undefined);
    return () => {
      isWanted = false;
    };
  }, []);
  const isOpen = watched?.list === null;
  useEffect(() => (isOpen ? discover(run, (symbols) => setWatched({ symbols, list: null })) : undefined), [isOpen, run]);
  useEffect(() => {
    if (watched === null || body.current === null) return;
    return follow(body.current, watched.symbols, run);
  }, [watched, run]);

  const list = watched?.list ?? null;
  return (
    <PaneFrame title="Quotes" status={watched === null ? "" : (list ?? "no watchlist kept: every symbol quoted")}>
      {watched?.symbols.length === 0 && (
        <PaneState title="No quotes yet." detail="Symbols appear with their first quote; watchlists are kept in Settings." />
      )}
      <Scroller className="table-view quotes" label="quotes">
        <table>
          <thead>
            <tr>
              {QUOTE_COLUMNS.map(({ id, title, isNumber }) => (
                <th key={id} scope="col" className={isNumber ? "number" : ""}>
                  {id === "time" ? `${title} ${inZone}` : title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody ref={body}>
            {(watched?.symbols ?? []).map((symbol) => (
              <tr key={symbol} data-symbol={symbol}>
                {QUOTE_COLUMNS.map(({ id, isNumber }) =>
                  id === "symbol" ? (
                    <td key={id}>
                      <button type="button" onClick={() => chooseSymbol(symbol, pane.id)} onDoubleClick={() => openTicker(symbol)}>
                        {symbol}
                      </button>
                    </td>
                  ) : (
                    <td key={id} className={isNumber ? "number" : "dim"} />
                  ),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroller>
    </PaneFrame>
  );
}

/** Tell the symbols that are quoted, in order, whenever there are more of them. */
function discover(run: string | null, tell: (symbols: readonly string[]) => void): () => void {
  const seen = new Set<string>();
  let told = 0;
  const unfollow = followRecords({ stream: "equity-quotes", filters: {}, depth: 1_000, run }, (quotes) => {
    for (const quote of quotes) if (seen.size < MOST_SYMBOLS) seen.add(quote.underlying_id);
  });
  const timer = window.setInterval(() => {
    if (seen.size === told) return;
    told = seen.size;
    tell([...seen].sort());
  }, AGES_EVERY_MS);
  return () => {
    window.clearInterval(timer);
    unfollow();
  };
}

/** Keep the cells of a table at the newest quotes, in the terminal's frame loop. */
function follow(body: HTMLTableSectionElement, symbols: readonly string[], run: string | null): () => void {
  const book = new QuoteBook();
  const dirty = new Set(symbols);
  let agedAt = 0;
  let newestAt: number | null = null;
  const rows = new Map([...body.rows].map((row) => [row.dataset.symbol ?? "", row]));
  const asked = { stream: "equity-quotes", filters: { underlying_ids: symbols }, depth: 200, run } as const;
  const unfollow = followRecords(asked, (quotes, receivedAt) => {
    for (const quote of quotes) {
      if (!book.put(quote)) continue;
      dirty.add(quote.underlying_id);
      newestAt = receivedAt;
    }
  });
  const commit = (now: number): number | null => {
    // Once a second every row is looked at again: quotes age by themselves.
    const all = now - agedAt > AGES_EVERY_MS;
    if (all) agedAt = now;
    const { ms } = clockReading(clock.get(), Date.now());
    for (const symbol of all ? symbols : dirty) {
      const row = rows.get(symbol);
      if (row === undefined) continue;
      const { cells, isOld, isCrossed } = quoteRow(symbol, book.get(symbol), ms);
      row.className = isOld ? "old" : isCrossed ? "crossed" : "";
      for (let at = 1; at < cells.length; at += 1) {
        const cell = row.cells[at];
        const text = cells[at] ?? "";
        if (cell !== undefined && cell.textContent !== text) cell.textContent = text;
      }
    }
    dirty.clear();
    const at = newestAt;
    newestAt = null;
    return at;
  };
  const leave = addCommitter({
    name: "equity-quotes",
    kind: "tape",
    isDirty: (now) => dirty.size > 0 || now - agedAt > AGES_EVERY_MS,
    commit,
  });
  const leaveZone = zone.subscribe(() => {
    agedAt = 0;
  });
  return () => {
    leaveZone();
    leave();
    unfollow();
  };
}
