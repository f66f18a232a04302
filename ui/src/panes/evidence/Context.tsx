/** What was around: five minutes of the underlying on either side, members marked, events, interest. */
import { useEffect, useState } from "react";
import type { EquityCandle } from "../../generated";
import { count, price } from "../../ui/number";
import { clockOf, dayOf, millis, stampExact, zone } from "../../ui/time";
import { get } from "../../wire/rest";
import type { Candles, Evidence } from "../../generated/rest";

const AROUND_MS = 300_000;
const WIDTH = 640;
const HEIGHT = 120;

interface Moment {
  readonly symbol: string;
  readonly from: number;
  readonly to: number;
  readonly marks: readonly number[];
}

/** The stretch to show; null for a record without an underlying. */
function momentOf(document: Evidence): Moment | null {
  const { alert, packets, prints, smart_money, hits } = document;
  const about = alert ?? smart_money[0] ?? hits[0] ?? packets[0] ?? prints[0];
  if (about === undefined) return null;
  const times = prints.map((print) => millis(print.source_ts));
  const all = times.length > 0 ? times : [millis(about.source_ts)];
  return {
    symbol: about.underlying_id,
    from: Math.min(...all) - AROUND_MS,
    to: Math.max(...all) + AROUND_MS,
    marks: times,
  };
}

type Bar = Pick<EquityCandle, "window_start" | "open" | "high" | "low" | "close">;

export function Context({ document }: { readonly document: Evidence }) {
  const [bars, setBars] = useState<readonly Bar[] | null>(null);
  const [problem, setProblem] = useState("");
  const moment = momentOf(document);
  const key = moment === null ? "" : `${moment.symbol} ${moment.from} ${moment.to}`;
  useEffect(() => {
    const [symbol = "", from = "", to = ""] = key.split(" ");
    if (symbol === "") return;
    const abort = new AbortController();
    const long = Number(to) - Number(from) > 3_600_000;
    get<Candles>(
      "/candles/equities",
      { underlying_id: symbol, interval_ms: long ? 60_000 : 5000, start_ts: from, end_ts: to, limit: 1000 },
      { signal: abort.signal },
    ).then(
      (answer) => setBars(answer.data),
      (error: unknown) => {
        if (!abort.signal.aborted) setProblem(String(error));
      },
    );
    return () => abort.abort();
  }, [key]);
  if (moment === null) return null;
  const print = document.prints[0];
  return (
    <section className="evidence-part" aria-label="Context">
      <h3>
        Context <span className="dim">{moment.symbol}, five minutes around, prints marked</span>
      </h3>
      {bars === null ? (
        <p className="dim">{problem === "" ? "Reading bars." : problem}</p>
      ) : (
        <Plot bars={bars} moment={moment} />
      )}
      {document.events.map((event) => (
        <p key={event.event_id}>
          E {event.kind} {stampExact(event.event_ts)} {event.timing}
        </p>
      ))}
      <p className="dim">
        {document.events.length === 0 ? "No scheduled event was considered. " : ""}
        {print?.oi === null || print === undefined
          ? "Open interest before the session: not known."
          : `Open interest of ${dayOf(print.oi_as_of)}: ${count(print.oi)} contracts.`}
      </p>
    </section>
  );
}

function Plot({ bars, moment }: { readonly bars: readonly Bar[]; readonly moment: Moment }) {
  const closes = bars.filter((bar) => bar.close !== null);
  if (closes.length === 0) return <p className="dim">No trades of {moment.symbol} then.</p>;
  const low = Math.min(...closes.map((bar) => bar.low ?? Number.POSITIVE_INFINITY));
  const high = Math.max(...closes.map((bar) => bar.high ?? Number.NEGATIVE_INFINITY));
  const x = (ms: number): number => ((ms - moment.from) / (moment.to - moment.from)) * WIDTH;
  const y = (value: number): number => HEIGHT - 4 - ((value - low) / Math.max(high - low, 0.01)) * (HEIGHT - 8);
  const line = closes.map((bar) => `${x(millis(bar.window_start)).toFixed(1)},${y(bar.close ?? low).toFixed(1)}`);
  return (
    <figure className="context-plot">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`Price of ${moment.symbol} from ${price(low)} to ${price(high)}`}>
        {moment.marks.map((ms, at) => (
          <line key={`${ms} ${at}`} className="context-mark" x1={x(ms)} x2={x(ms)} y1={0} y2={HEIGHT} />
        ))}
        <polyline points={line.join(" ")} />
      </svg>
      <figcaption>
        <span>{clockOf(moment.from)}</span>
        <span>
          {price(low)} to {price(high)}
        </span>
        <span>
          {clockOf(moment.to)} {zone.get()}
        </span>
      </figcaption>
    </figure>
  );
}
