/** Sentences with numbered links to what they rest on. */
import { useState } from "react";
import type { Numbered } from "./why";

interface WhyProps {
  readonly title: string;
  readonly groups: Numbered["groups"];
  readonly refs: readonly string[];
  readonly onRef: (ref: string) => void;
}

const SHOWN = 3;

export function Why({ title, groups, refs, onRef }: WhyProps) {
  const [all, setAll] = useState(false);
  if (groups.length === 0) return null;
  const shown = all ? groups : groups.slice(0, SHOWN);
  return (
    <section className="evidence-part" aria-label={title}>
      <h3>{title}</h3>
      {shown.map((group) => (
        <div className="why-group" key={`${group.by} ${group.title}`}>
          <h4>{group.title}</h4>
          <p>
            {group.sentences.join(" ")}{" "}
            <Numbers ranges={group.ranges} refs={refs} onRef={onRef} />
          </p>
        </div>
      ))}
      {groups.length > SHOWN && (
        <button type="button" className="evidence-more" onClick={() => setAll(!all)} aria-expanded={all}>
          {all ? "fewer" : `${groups.length - SHOWN} more`}
        </button>
      )}
    </section>
  );
}

function Numbers({ ranges, refs, onRef }: Pick<WhyProps, "refs" | "onRef"> & Pick<Numbered["groups"][number], "ranges">) {
  const [open, setOpen] = useState<number | null>(null);
  const link = (number: number) => {
    const ref = refs[number - 1] ?? "";
    return (
      <button key={number} type="button" className="why-number" title={ref} onClick={() => onRef(ref)}>
        {number}
      </button>
    );
  };
  if (ranges.length === 0) return null;
  return (
    <span className="why-numbers">
      [
      {ranges.map(([from, to], at) => {
        const comma = at > 0 ? ", " : "";
        if (to === from) return <span key={from}>{comma}{link(from)}</span>;
        if (open === from) {
          return (
            <span key={from}>
              {comma}
              {Array.from({ length: to - from + 1 }, (_, step) => link(from + step))}
            </span>
          );
        }
        return (
          <span key={from}>
            {comma}
            <button type="button" className="why-number" aria-expanded={false} onClick={() => setOpen(from)}>
              {from}–{to}
            </button>
          </span>
        );
      })}
      ]
    </span>
  );
}
