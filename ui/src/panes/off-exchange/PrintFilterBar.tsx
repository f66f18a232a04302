/** Notional, size and session of an equity tape, as switches in its head. */
import { Toggles } from "../../ui/primitives";
import { compact } from "../../ui/number";
import { NOTIONAL_STEPS, SESSIONS, SIZE_STEPS, setFilter } from "./filters";
import type { Place, PrintFilter, Session } from "./filters";

interface PrintFilterBarProps {
  readonly filter: PrintFilter;
  /** Whether on- and off-exchange prints can be told apart here. */
  readonly hasPlace: boolean;
}

const PLACES: readonly { readonly value: Place; readonly text: string }[] = [
  { value: "all", text: "all" },
  { value: "off", text: "off-ex" },
  { value: "on", text: "on-ex" },
];

export function PrintFilterBar({ filter, hasPlace }: PrintFilterBarProps) {
  const set = (part: Partial<PrintFilter>): void => setFilter({ ...filter, ...part });
  const toggleSession = (session: Session): void => {
    const isAll = filter.sessions.length === SESSIONS.length;
    const without = filter.sessions.filter((each) => each !== session);
    set({ sessions: isAll ? [session] : filter.sessions.includes(session) ? without : [...filter.sessions, session] });
  };
  return (
    <div className="print-filters">
      {hasPlace && (
        <Toggles label="place of trade" options={PLACES} chosen={[filter.place]} onToggle={(place) => set({ place })} />
      )}
      <Toggles
        label="least notional"
        options={NOTIONAL_STEPS.map((step) => ({ value: String(step), text: step === 0 ? "any $" : `≥$${compact(step)}` }))}
        chosen={[String(filter.minNotional)]}
        onToggle={(value) => set({ minNotional: Number(value) })}
      />
      <Toggles
        label="least size"
        options={SIZE_STEPS.map((step) => ({ value: String(step), text: step === 0 ? "any size" : `≥${compact(step)}` }))}
        chosen={[String(filter.minSize)]}
        onToggle={(value) => set({ minSize: Number(value) })}
      />
      <Toggles
        label="session"
        options={SESSIONS.map((each) => ({ value: each, text: each }))}
        chosen={filter.sessions}
        onToggle={toggleSession}
      />
    </div>
  );
}
