/** The synthetic market: its pace, its focus, and scenarios begun by hand. */
import { useEffect, useState } from "react";
import type { Factors, SyntheticControlOut } from "../../generated/rest";
import { Button, PaneState, Toggles } from "../../ui/primitives";
import { causeText, get, send } from "../../wire/rest";

const PATH = "/admin/synthetic/control";

export function SyntheticSection() {
  const [control, setControl] = useState<SyntheticControlOut | null>(null);
  const [said, setSaid] = useState("");
  const [focus, setFocus] = useState("");
  const [scenario, setScenario] = useState("");
  const [symbol, setSymbol] = useState("");
  const told = (cause: unknown): void => setSaid(causeText(cause));
  const take = (found: SyntheticControlOut): void => {
    setControl(found);
    setFocus(found.focus.join(" "));
    setScenario((before) => (before === "" ? (found.scenarios[0] ?? "") : before));
  };
  useEffect(() => {
    const aborter = new AbortController();
    get<SyntheticControlOut>(PATH, {}, { signal: aborter.signal }).then(take, (cause: unknown) => {
      if (!aborter.signal.aborted) told(cause);
    });
    return () => aborter.abort();
  }, []);
  const change = (body: Readonly<Record<string, unknown>>, done: string): void => {
    send<SyntheticControlOut>("PUT", PATH, body).then(({ body: found }) => {
      take(found);
      setSaid(done);
    }, told);
  };
  if (control === null) return <PaneState title={said === "" ? "Asking the synthetic feed." : said} />;
  const factor = (name: keyof Factors, text: string) => (
    <label className="form-row">
      <span>{text}</span>
      <input
        key={control.factors[name]}
        className="field short"
        type="number"
        min={0}
        max={10}
        step={0.1}
        defaultValue={control.factors[name]}
        onBlur={(event) => {
          const value = Number(event.target.value);
          if (value !== control.factors[name]) change({ factors: { ...control.factors, [name]: value } }, `${text}: ×${value}`);
        }}
      />
    </label>
  );
  return (
    <>
      <p className="form-note">
        Session {control.session}, seed {control.seed}. Everything here is made up; each change is itself in the log and replayed.
      </p>
      <div className="form-row">
        <span>Pace</span>
        <Toggles
          label="mode"
          options={control.modes.map((value) => ({ value, text: value }))}
          chosen={[control.mode]}
          onToggle={(mode) => change({ mode }, `from the next tick on: ${mode}`)}
        />
      </div>
      {factor("prints", "Prints, times")}
      {factor("quotes", "Quotes, times")}
      {factor("scenarios", "Scenarios, times")}
      <form
        className="form-row"
        onSubmit={(event) => {
          event.preventDefault();
          change({ focus: focus.toUpperCase().split(/[\s,]+/).filter((each) => each !== "") }, "focus changed");
        }}
      >
        <span>Focus</span>
        <span className="form-line">
          <input className="field grow" aria-label="focus symbols" placeholder="every symbol" value={focus} onChange={(event) => setFocus(event.target.value)} />
          <Button look="bordered" type="submit">
            Set
          </Button>
        </span>
      </form>
      <form
        className="form-row"
        onSubmit={(event) => {
          event.preventDefault();
          const asked = symbol.trim().toUpperCase();
          change({ inject: { scenario, ...(asked === "" ? {} : { symbol: asked }) } }, `${scenario} begins`);
        }}
      >
        <span>Begin a scenario</span>
        <span className="form-line">
          <select className="field" aria-label="scenario" value={scenario} onChange={(event) => setScenario(event.target.value)}>
            {control.scenarios.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
          <input className="field short" aria-label="symbol" placeholder="any symbol" value={symbol} onChange={(event) => setSymbol(event.target.value)} />
          <Button look="primary" type="submit">
            Begin
          </Button>
        </span>
      </form>
      {said !== "" && (
        <p className="form-note" role="status">
          {said}
        </p>
      )}
    </>
  );
}
