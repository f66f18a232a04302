/** The bars in view and their marks as a table: the chart for those who cannot see it. */
import { useEffect, useState } from "react";
import { change, compact, price } from "../../ui/number";
import { Scroller } from "../../ui/primitives";
import { zone } from "../../ui/time";
import type { ChartController } from "./controller";
import { barRows } from "./rows";
import "../../ui/table-view.css";

const AGAIN_MS = 1_000;

interface BarTableProps {
  readonly controller: ChartController;
  readonly intervalMs: number;
}

export function BarTable({ controller, intervalMs }: BarTableProps) {
  const [rows, setRows] = useState(() => barRows(controller.visible(), intervalMs, zone.get()));
  useEffect(() => {
    const read = (): void => setRows(barRows(controller.visible(), intervalMs, zone.get()));
    read();
    const timer = window.setInterval(read, AGAIN_MS);
    return () => window.clearInterval(timer);
  }, [controller, intervalMs]);
  return (
    <Scroller className="table-view" label="bars in view">
      <table>
        <thead>
          <tr>
            <th scope="col">time {zone.get()}</th>
            {["open", "high", "low", "close", "change", "volume", "off-ex", "VWAP", "prints"].map((name) => (
              <th key={name} scope="col" className="number">{name}</th>
            ))}
            <th scope="col">marks</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id} className={row.isForming ? "forming" : ""}>
              <td>{row.time}{row.isForming ? " forming" : ""}</td>
              <td className="number">{price(row.open)}</td>
              <td className="number">{price(row.high)}</td>
              <td className="number">{price(row.low)}</td>
              <td className="number">{price(row.close)}</td>
              <td className={`number ${row.direction}`}>{row.glyph}{change(row.change)}</td>
              <td className="number">{compact(row.volume)}</td>
              <td className="number">{compact(row.offExchange)}</td>
              <td className="number">{price(row.vwap)}</td>
              <td className="number">{row.prints}</td>
              <td className="marks" title={row.marks.join("\n")}>{row.marks.join(" · ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroller>
  );
}
