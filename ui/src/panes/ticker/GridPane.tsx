/** Net premium by strike and expiry; a click shows the prints of a cell, row or column. */
import { useEffect, useMemo, useRef } from "react";
import type { CSSProperties } from "react";
import type { PaneProps } from "../../app/panes";
import { useStore } from "../../stores/store";
import { Button, PaneFrame, PaneState, Scroller } from "../../ui/primitives";
import { money, moneyExact, plain } from "../../ui/number";
import { dayOf } from "../../ui/time";
import "../../ui/table-view.css";
import { gridChoice, gridView, heat } from "./grid";
import type { GridCell } from "../../generated/rest";
import type { GridChoice } from "./grid";
import { useGrid } from "./useGrid";
import { useTicker } from "./symbol";
import "./ticker.css";

const MOST_STRIKES = 30;

export default function GridPane({ pane }: PaneProps) {
  const { symbol, run } = useTicker(pane.id);
  const { body, problem } = useGrid(symbol, run);
  const choice = useStore(gridChoice);
  const view = useMemo(() => gridView(body?.data ?? [], MOST_STRIKES), [body]);
  const table = useRef<HTMLTableElement>(null);
  const hasStrikes = view.strikes.length > 0;
  // Strikes far from the money come first: begin where the premium is.
  useEffect(() => {
    const box = table.current?.parentElement;
    const row = table.current?.querySelector<HTMLElement>("tr[data-most]");
    if (!box || !row) return;
    // By whole rows, so that the head hides none in part.
    const above = row.offsetTop - (box.clientHeight - row.offsetHeight) / 2;
    box.scrollTop = Math.max(0, Math.round(above / row.offsetHeight)) * row.offsetHeight;
  }, [symbol, hasStrikes]);
  const own = choice?.symbol === symbol ? choice : null;
  const choose = (part: Pick<GridChoice, "expiry" | "strike">): void => {
    const isSame = own?.expiry === part.expiry && own.strike === part.strike;
    gridChoice.set(isSame ? null : { symbol, ...part });
  };
  return (
    <PaneFrame
      title="Net premium by strike"
      status={view.left > 0 ? `${view.left} strikes of less premium left out` : "calls bought and puts sold ▲"}
      actions={own !== null && <Button onClick={() => gridChoice.set(null)}>Clear</Button>}
    >
      {problem !== null && body === null && <PaneState tone="warn" title={problem.title} detail={problem.code} />}
      {body?.data.length === 0 && <PaneState title={`No option premium of ${symbol} in this session.`} />}
      {view.strikes.length > 0 && (
        <Scroller className="table-view heat" label="net premium by strike and expiry">
          <table ref={table}>
            <thead>
              <tr>
                <th scope="col" className="number">strike</th>
                {view.expiries.map((expiry) => (
                  <th key={expiry} scope="col">
                    <button type="button" aria-pressed={own?.expiry === expiry && own.strike === null} onClick={() => choose({ expiry, strike: null })}>
                      {dayOf(expiry)}
                    </button>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {view.strikes.map((strike) => (
                <tr key={strike} data-most={view.expiries.some((expiry) => Math.abs(view.cell(strike, expiry)?.net_premium ?? 0) === view.most) || undefined}>
                  <th scope="row" className="number">
                    <button type="button" aria-pressed={own?.strike === strike && own.expiry === null} onClick={() => choose({ expiry: null, strike })}>
                      {plain(strike)}
                    </button>
                  </th>
                  {view.expiries.map((expiry) => (
                    <Cell
                      key={expiry}
                      cell={view.cell(strike, expiry)}
                      most={view.most}
                      isChosen={own?.strike === strike && own.expiry === expiry}
                      onChoose={() => choose({ expiry, strike })}
                    />
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroller>
      )}
    </PaneFrame>
  );
}

interface CellProps {
  readonly cell: GridCell | undefined;
  readonly most: number;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

function Cell({ cell, most, isChosen, onChoose }: CellProps) {
  if (cell === undefined) return <td />;
  const { net_premium: net } = cell;
  const tone = net > 0 ? "up" : net < 0 ? "down" : "none";
  const tip = `net ${moneyExact(net)}: calls ${moneyExact(cell.call_net_premium)}, puts ${moneyExact(cell.put_net_premium)}; ${moneyExact(cell.excluded)} excluded; ${plain(cell.print_count)} prints`;
  const style = { "--heat": `${(heat(net, most) * 100).toFixed(0)}%` } as CSSProperties;
  return (
    <td className={`cell ${tone}`} style={style}>
      <button type="button" title={tip} aria-pressed={isChosen} onClick={onChoose}>
        {net > 0 ? "▲" : net < 0 ? "▼" : ""}
        {net === 0 ? (cell.excluded > 0 ? "excl." : "0") : money(Math.abs(net))}
      </button>
    </td>
  );
}
