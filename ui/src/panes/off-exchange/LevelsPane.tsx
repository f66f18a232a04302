/** Off-exchange volume by price of one symbol. */
import type { DarkLevels } from "../../generated/rest";
import type { PaneProps } from "../../app/panes";
import { useAnswer } from "../../app/useAnswer";
import { useStore } from "../../stores/store";
import { Meter, PaneFrame, PaneState, Scroller } from "../../ui/primitives";
import { change, compact, count, money, moneyExact, percent, price } from "../../ui/number";
import { timeOf, zone } from "../../ui/time";
import { lastSymbol } from "../chart/symbol";
import "../../ui/table-view.css";
import { usePrintFilter } from "./filters";
import { levelRows, rowHeight } from "./levels";
import type { LevelRow } from "./levels";
import { useSpot } from "./spot";
import "./off-exchange.css";

const AGAIN_MS = 30_000;
const MOST_ROWS = 60;

export default function LevelsPane({ pane }: PaneProps) {
  const chosen = usePrintFilter(pane.id);
  const fallback = useStore(lastSymbol);
  const inZone = useStore(zone);
  const symbol = chosen.symbol ?? fallback;
  const spot = useSpot(symbol, chosen.run);
  const asked = { underlying_id: symbol, row_e4: rowHeight(spot), limit: MOST_ROWS, run: chosen.run };
  const { body: levels, problem } = useAnswer<DarkLevels>("/dark/levels", asked, AGAIN_MS);
  const rows = levels === null ? [] : levelRows(levels, spot);
  const most = rows.reduce((volume, row) => Math.max(volume, row.volume), 0);
  return (
    <PaneFrame
      title={`Off-exchange levels · ${symbol}`}
      status={
        <>
          {spot !== null && <span>spot {price(spot)}</span>}
          {levels !== null && <span>since {timeOf(levels.start_ts, 0)} {inZone}</span>}
          {problem !== null && <span className="warn-text">{problem.title}</span>}
        </>
      }
    >
      {(levels !== null || problem !== null) && rows.length === 0 && (
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
    <Scroller className={isOld ? "table-view old" : "table-view"} label="off-exchange levels">
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
    </Scroller>
  );
}
