/** Members with the quote at the print, each placed on a bid–ask scale. */
import { useState } from "react";
import type { OptionsTape } from "../../generated";
import { SIDE_WORDS, contractLabelOf, sideLetters } from "../../ui/market";
import { count, duration, money, price } from "../../ui/number";
import { timeOf, zone } from "../../ui/time";

interface PrintsProps {
  readonly prints: readonly OptionsTape[];
  readonly truncated: { readonly shown: number; readonly total: number } | undefined;
  readonly onRef: (ref: string) => void;
}

const FEW = 40;

/** Place of a print between bid (0) and ask (1), a fifth beyond either at most; null if not placed. */
export function placeOf({ nbbo_bid: bid, nbbo_ask: ask, price: at }: Pick<OptionsTape, "nbbo_bid" | "nbbo_ask" | "price">): number | null {
  if (bid === null || ask === null || ask <= bid) return null;
  return Math.min(1.2, Math.max(-0.2, (at - bid) / (ask - bid)));
}

export function Prints({ prints, truncated, onRef }: PrintsProps) {
  const [all, setAll] = useState(false);
  if (prints.length === 0) return null;
  const sorted = prints.toSorted((a, b) => (a.source_ts < b.source_ts ? -1 : 1));
  const shown = all ? sorted : sorted.slice(0, FEW);
  const isOne = new Set(prints.map((print) => print.option_contract_id)).size === 1;
  return (
    <section className="evidence-part" aria-label="Prints">
      <h3>
        Prints {count(truncated?.total ?? prints.length)}{" "}
        {truncated !== undefined && <span className="warn">{count(truncated.shown)} shown</span>}
      </h3>
      <table className="mini-tape">
        <thead>
          <tr>
            <th scope="col">time {zone.get()}</th>
            {!isOne && <th scope="col">contract</th>}
            <th scope="col">size</th>
            <th scope="col">price</th>
            <th scope="col">bid</th>
            <th scope="col" className="scale-head">bid – ask</th>
            <th scope="col">ask</th>
            <th scope="col">sizes</th>
            <th scope="col">age</th>
            <th scope="col">side</th>
            <th scope="col">venue</th>
            <th scope="col">premium</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((print) => {
            const place = placeOf(print);
            const isWeak = print.nbbo_side === "STALE" || print.nbbo_side === "MISSING";
            return (
              <tr key={print.trace_id} className={print.reversed ? "reversed" : ""}>
                <td>
                  <button type="button" onClick={() => onRef(`print:${print.trace_id}`)} title={print.trace_id}>
                    {timeOf(print.source_ts)}
                  </button>
                </td>
                {!isOne && <td>{contractLabelOf(print.option_contract_id, print.trade_date)}</td>}
                <td>{count(print.size)}</td>
                <td>{price(print.price)}</td>
                <td className="dim">{price(print.nbbo_bid)}</td>
                <td className="scale-cell">
                  {place !== null && (
                    <span className={`scale ${isWeak ? "weak" : ""}`} title={SIDE_WORDS[print.nbbo_side] ?? print.nbbo_side}>
                      <i style={{ left: `${((place + 0.2) / 1.4) * 100}%` }} />
                    </span>
                  )}
                </td>
                <td className="dim">{price(print.nbbo_ask)}</td>
                <td className="dim">
                  {count(print.nbbo_bid_size)}×{count(print.nbbo_ask_size)}
                </td>
                <td className={isWeak ? "warn" : "dim"}>{duration(print.nbbo_age_ms)}</td>
                <td title={SIDE_WORDS[print.nbbo_side]}>{sideLetters(print.nbbo_side)}</td>
                <td className="dim">{print.exchange || "–"}</td>
                <td>{money(print.notional)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {sorted.length > FEW && (
        <button type="button" className="evidence-more" onClick={() => setAll(!all)} aria-expanded={all}>
          {all ? "fewer" : `${count(sorted.length - FEW)} more`}
        </button>
      )}
    </section>
  );
}
