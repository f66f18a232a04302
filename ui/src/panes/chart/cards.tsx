/** What the pointer is over, and the marks of a bar unfolded. */
import { openEvidence } from "../../app/intents";
import { useStore } from "../../stores/store";
import { SIDE_WORDS } from "../../ui/market";
import { count, moneyExact, price } from "../../ui/number";
import { stampExact } from "../../ui/time";
import { Menu } from "../../ui/primitives";
import { facility } from "../off-exchange/words";
import type { Print } from "./circles";
import type { ChartController } from "./controller";
import type { DrawnGroup } from "./draw";

const CARD_PX = 300;

export function HoverCard({ controller }: { readonly controller: ChartController }) {
  const hovered = useStore(controller.hovered);
  if (hovered === null) return null;
  const { found, x, y } = hovered;
  const left = x + 16 + CARD_PX > window.innerWidth ? x - CARD_PX - 16 : x + 16;
  const place = y < window.innerHeight / 2 ? { top: y + 12 } : { bottom: window.innerHeight - y + 12 };
  return (
    <div className="chart-card" style={{ left, width: CARD_PX, ...place }}>
      {found.kind === "print" ? <PrintCard print={found.print} /> : <GroupCard drawn={found.group} />}
    </div>
  );
}

function PrintCard({ print }: { readonly print: Print }) {
  const { join } = print;
  const facts: readonly (readonly [string, string])[] = [
    ["size", `${count(join.size)} shares`],
    ["notional", moneyExact(join.price * join.size)],
    ["price", price(join.price)],
    ["facility", facility(join.trf_id)],
    ["placement", SIDE_WORDS[join.nbbo_side] ?? join.nbbo_side],
    ["quote", `${price(join.bid)} × ${price(join.ask)}`],
  ];
  return (
    <>
      <p><b>{stampExact(join.source_ts)}</b></p>
      <dl>
        {facts.map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function GroupCard({ drawn }: { readonly drawn: DrawnGroup }) {
  const { mark, folded } = drawn.group;
  return (
    <>
      <p className={mark.kind === "inferred" ? "inferred" : ""}>{mark.text}</p>
      {folded.length > 0 && <p className="dim">and {folded.length} more of its kind; click unfolds</p>}
    </>
  );
}

export function UnfoldedMarks({ controller }: { readonly controller: ChartController }) {
  const unfolded = useStore(controller.unfolded);
  if (unfolded?.found.kind !== "group") return null;
  const { mark, folded } = unfolded.found.group.group;
  const items = [mark, ...folded]
    .sort((a, b) => b.score - a.score)
    .slice(0, 20)
    .map((each) => ({ id: each.id, text: each.text, hint: each.glyph, run: () => openEvidence(each.ref) }));
  return (
    <Menu label="Marks of this bar" items={items} onClose={() => controller.unfolded.set(null)} x={unfolded.x} y={unfolded.y} />
  );
}
