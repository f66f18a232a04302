/** Form of a new replay run. */
import { useState } from "react";
import type { SubmitEvent } from "react";
import type { PaneProps } from "../../app/panes";
import { route } from "../../app/router";
import { clock } from "../../stores/clock";
import { Button, PaneFrame, Toggles } from "../../ui/primitives";
import { clockOf, dateOf, millis } from "../../ui/time";
import { causeText } from "../../wire/rest";
import { SPEEDS, nanosOf, parseWallTime, speedText } from "./model";
import { create, openRun, replay } from "./store";
import { useStore } from "../../stores/store";
import "./replay.css";

const STREAMS = ["options", "nbbo", "equities", "equity-quotes"] as const;
type StreamName = (typeof STREAMS)[number];

const HALF_HOUR_MS = 1_800_000;

/** What is most likely wanted: the session that the newest record is of, or else the last half hour. */
export function firstRange(at: number): { readonly date: string; readonly from: string; readonly to: string } {
  const date = dateOf(nanosOf(at), "ET");
  const open = parseWallTime(`${date} 09:30`, at);
  const close = parseWallTime(`${date} 16:00`, at);
  if (open !== null && close !== null && at >= open && at < close) return { date, from: "09:30", to: "16:00" };
  const since = nanosOf(at - HALF_HOUR_MS);
  return { date: dateOf(since, "ET"), from: clockOf(millis(since), "ET"), to: `${date} ${clockOf(at, "ET")}` };
}

/** Body of the request, or what is wrong with the form. */
export function requestOf(form: {
  readonly date: string;
  readonly from: string;
  readonly to: string;
  readonly symbols: string;
}): { readonly start_ts: string; readonly end_ts: string; readonly underlying_ids: readonly string[] } | string {
  const start = parseWallTime(`${form.date} ${form.from}`, 0);
  if (start === null) return "The beginning is no time of a date, e.g. 09:30.";
  const end = parseWallTime(/^\d{4}-/.test(form.to) ? form.to : `${form.date} ${form.to}`, 0);
  if (end === null) return "The end is no time, e.g. 16:00 or 2026-11-20 16:00.";
  if (end <= start) return "The end must be later than the beginning.";
  const symbols = form.symbols.toUpperCase().split(/[\s,]+/).filter((each) => each !== "");
  return { start_ts: nanosOf(start), end_ts: nanosOf(end), underlying_ids: symbols };
}

export default function NewRunPane({ pane }: PaneProps) {
  // Until somebody says otherwise the range is that of the newest record, which may come late.
  const likely = useStore(clock, (value) => value.eventTs?.slice(0, 9) ?? "");
  const [opened] = useState(() => Date.now());
  const first = firstRange(likely === "" ? opened : millis(likely.padEnd(19, "0")));
  const [asked, setAsked] = useState<Partial<typeof first>>({});
  const { date, from, to } = { ...first, ...asked };
  const setDate = (value: string): void => setAsked((before) => ({ ...first, ...before, date: value }));
  const setFrom = (value: string): void => setAsked((before) => ({ ...first, ...before, from: value }));
  const setTo = (value: string): void => setAsked((before) => ({ ...first, ...before, to: value }));
  const [symbols, setSymbols] = useState(() => route.get().params.sym ?? "");
  const [streams, setStreams] = useState<readonly StreamName[]>(STREAMS);
  const [speed, setSpeed] = useState("10");
  const [source, setSource] = useState<"log" | "store">("log");
  const [label, setLabel] = useState("");
  const [paused, setPaused] = useState(false);
  const [verify, setVerify] = useState(true);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const hasWorker = useStore(replay, (value) => value.hasWorker);

  const start = async (): Promise<void> => {
    const range = requestOf({ date, from, to, symbols });
    if (typeof range === "string") {
      setProblem(range);
      return;
    }
    setBusy(true);
    try {
      const run = await create({ ...range, streams, speed: Number(speed), source, label, paused, verify });
      setProblem(null);
      openRun(run.run_id);
    } catch (cause) {
      setProblem(causeText(cause));
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    void start();
  };
  const toggle = (name: StreamName): void =>
    setStreams((before) =>
      before.includes(name) ? before.filter((each) => each !== name) : STREAMS.filter((each) => each === name || before.includes(each)),
    );
  const field = (text: string, name: string, value: string, set: (value: string) => void, hint = "") => (
    <label className="form-row">
      <span>{text}</span>
      <input className="field" name={`${pane.id}-${name}`} value={value} placeholder={hint} spellCheck={false} onChange={(event) => set(event.target.value)} />
    </label>
  );
  return (
    <PaneFrame title="New run">
      <form className="sheet form" onSubmit={submit}>
        <label className="form-row">
          <span>Date</span>
          <input className="field" type="date" required value={date} onChange={(event) => setDate(event.target.value)} />
        </label>
        {field("From, ET", "from", from, setFrom, "09:30")}
        {field("To, ET", "to", to, setTo, "16:00, or 2026-11-20 16:00")}
        {field("Symbols", "symbols", symbols, setSymbols, "all")}
        {field("Label", "label", label, setLabel, "part of the run's name")}
        <div className="form-row">
          <span>Streams</span>
          <Toggles label="streams" options={STREAMS.map((value) => ({ value, text: value }))} chosen={streams} onToggle={toggle} />
        </div>
        <label className="form-row">
          <span>Speed</span>
          <select className="field" value={speed} onChange={(event) => setSpeed(event.target.value)}>
            {SPEEDS.map((each) => (
              <option key={each} value={String(each)}>
                {speedText(each)}
              </option>
            ))}
          </select>
        </label>
        <div className="form-row">
          <span>Source</span>
          <Toggles
            label="source"
            options={[
              { value: "log", text: "log", title: "the recorded topics, as they came" },
              { value: "store", text: "store", title: "the stored tables, by event time" },
            ]}
            chosen={[source]}
            onToggle={setSource}
          />
        </div>
        <label className="form-check">
          <input type="checkbox" checked={paused} onChange={(event) => setPaused(event.target.checked)} /> begin paused
        </label>
        <label className="form-check">
          <input type="checkbox" checked={verify} onChange={(event) => setVerify(event.target.checked)} /> compare with live at
          its end
        </label>
        {problem !== null && (
          <p className="form-problem" role="alert">
            {problem}
          </p>
        )}
        <div className="form-actions">
          <Button look="primary" type="submit" disabled={isBusy || streams.length === 0 || hasWorker === false}>
            {isBusy ? "Starting" : "Start and open"}
          </Button>
        </div>
        <p className="form-note">
          {hasWorker === false
            ? "No replay worker is live: start one with `islandflow replay worker`."
            : "What a run derives is its own. Compared with live, every derived record counts, field by field."}
        </p>
      </form>
    </PaneFrame>
  );
}
