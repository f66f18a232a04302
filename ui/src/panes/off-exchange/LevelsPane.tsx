/** Off-exchange volume by price of one symbol. */
import { useEffect, useState } from "react";
import type { PaneProps } from "../../app/panes";
import { useStore } from "../../stores/store";
import { Meter, PaneFrame, PaneState } from "../../ui/primitives";
import { change, compact, count, money, moneyExact, percent, price } from "../../ui/number";
import { timeOf, zone } from "../../ui/time";
import { Problem, get } from "../../wire/rest";
import { lastSymbol } from "../chart/symbol";
import "../chart/chart.css";
import { usePrintFilter } from "./filters";
import { levelRows, rowHeight } from "./levels";
import type { DarkLevels, LevelRow } from "./levels";
import { useSpot } from "./spot";
import "./off-exchange.css";

const AGAIN_MS = 30_000;
const MOST_ROWS = 60;

interface Answer {
  readonly key: string;
  readonly levels: DarkLevels | null;
  readonly problem: Problem | null;
}

function useLevels(symbol: string, run: string | null, height: number): Answer | null {
  const [answer, setAnswer] = useState<Answer | null>(null);
  const key = `${symbol}/${run ?? ""}/${height}`;
  useEffect(() => {
    const aborter = new AbortController();
    const read = async (): Promise<void> => {
      try {
        const levels = await get<DarkLevels>(
          "/dark/levels",
          { underlying_id: symbol, row_e4: height, limit: MOST_ROWS, run },
          { signal: aborter.signal },
        );
        setAnswer({ key, levels, problem: null });
      } catch (cause) {
        if (!(cause instanceof Problem)) return;
        // The last good rows stay.
        setAnswer((before) => ({ key, levels: before?.key === key ? before.levels : null, problem: cause }));
      }
    };
    void read();
    const timer = window.setInterval(() => void read(), AGAIN_MS);
    return () => {
      aborter.abort();
      window.clearInterval(timer);
    };
  }, [symbol, run, height, key]);
  return answer?.key === key ? answer : null;
}

export default function LevelsPane({ pane }: PaneProps) {
  const chosen = usePrintFilter(pane.id);
  const fallback = useStore(lastSymbol);
  const inZone = useStore(zone);
  const symbol = chosen.symbol ?? fallback;
  const spot = useSpot(symbol, chosen.run);
  const answer = useLevels(symbol, chosen.run, rowHeight(spot));
  const rows = answer?.levels ? levelRows(answer.levels, spot) : [];
  const most = rows.reduce((volume, row) => Math.max(volume, row.volume), 0);
  const problem = answer?.problem ?? null;
  return (
    <PaneFrame
      title={`Off-exchange levels · ${symbol}`}
      status={
        <>
          {spot !== null && <span>spot {price(spot)}</span>}
          {answer?.levels && <span>since {timeOf(answer.levels.start_ts, 0)} {inZone}</span>}
          {problem !== null && <span className="warn-text">{problem.title}</span>}
        </>
      }
    >
      {answer !== null && rows.length === 0 && (
        <PaneState
          title={problem === null ? `No off-exchange volume of ${symbol} in this session.` : problem.title}
          {...(problem === null ? {} : { detail: [problem.code, problem.requestId].filter(Boolean).join(" · ") })}
        />
      )}
      {rows.length > 0 && <LevelTable rows={rows} most={most} isOld={problem !== null} />}
    </PaneFrame>
  );
}

interface TableProps {
  readonly rows: readonly LevelRow[];
  readonly most: number;
  readonly isOld: boolean;
}

function LevelTable({ rows, most, isOld }: TableProps) {
  return (
    // A region that scrolls takes the keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={isOld ? "plain-table old" : "plain-table"} tabIndex={0} role="region" aria-label="off-exchange levels">
      <table>
        <thead>
          <tr>
            <th scope="col" className="number">price</th>
            <th scope="col" className="number">volume</th>
            <th scope="col"><span className="sr-only">share of the largest row</span></th>
            {["notional", "prints", "share", "distance"].map((name) => (
              <th key={name} scope="col" className="number">{name}</th>
            ))}
            <th scope="col">first</th>
            <th scope="col">last</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.price} className={row.isSpot ? "spot" : ""}>
              <td className="number">{price(row.price)}</td>
              <td className="number" title={count(row.volume)}>{compact(row.volume)}</td>
              <td><Meter value={most > 0 ? row.volume / most : null} label={`volume at ${price(row.price)}`} tone="dim" /></td>
              <td className="number" title={moneyExact(row.notional)}>{money(row.notional)}</td>
              <td className="number">{count(row.print_count)}</td>
              <td className="number">{percent(row.share, 1)}</td>
              <td className="number dim">{change(row.distance)}</td>
              <td className="dim">{timeOf(row.first_ts, 0)}</td>
              <td className="dim">{timeOf(row.last_ts, 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
