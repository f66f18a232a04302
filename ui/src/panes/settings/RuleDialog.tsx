/** An alert rule: what it listens for, when it may speak, how; and how often it would have. */
import { useState } from "react";
import type { SessionCount } from "../../generated/rest";
import type { SubmitEvent } from "react";
import { ruleRequest } from "../../app/intents";
import { useStore } from "../../stores/store";
import { Button, Dialog, Toggles } from "../../ui/primitives";
import { count } from "../../ui/number";
import { Problem, send } from "../../wire/rest";
import type { Document } from "../workspaces/documents";
import { saveDocument } from "../workspaces/sync";
import { play } from "./notify";
import { BLANK, bodyOf, filtersText, formOf, parseFilters } from "./rule";
import type { RuleForm } from "./rule";

const STREAMS = ["alerts", "options", "flow", "smart-money", "classifier-hits", "inferred-dark", "equities", "equity-joins", "news"];

const words = (cause: unknown): string =>
  cause instanceof Problem ? [cause.message, ...cause.errors.map((each) => each.message)].join(" · ") : String(cause);

/** "Alert on this", from any pane. */
export function NewRule() {
  const asked = useStore(ruleRequest);
  if (asked === null) return null;
  return <RuleDialog before={null} first={{ ...BLANK, ...asked }} onClose={() => ruleRequest.set(null)} />;
}

interface RuleDialogProps {
  readonly before: Document | null;
  readonly first?: RuleForm;
  readonly onClose: () => void;
}

export function RuleDialog({ before, first, onClose }: RuleDialogProps) {
  const [form, setForm] = useState<RuleForm>(() => first ?? (before === null ? BLANK : formOf(before.name, before.body)));
  const [filters, setFilters] = useState(() => filtersText(form.filters));
  const [found, setFound] = useState<SessionCount | null>(null);
  const [said, setSaid] = useState("");
  const patch = (part: Partial<RuleForm>): void => {
    setForm((now) => ({ ...now, ...part }));
    setFound(null);
  };
  /** The form with its filters read, or null after telling what is wrong. */
  const whole = (): RuleForm | null => {
    const parsed = parseFilters(filters);
    if (parsed === null) setSaid("Filters are one name a line: min_notional: 250000");
    return parsed === null ? null : { ...form, filters: parsed };
  };
  const preview = async (): Promise<void> => {
    const asked = whole();
    if (asked === null) return;
    setSaid("counting the last session");
    try {
      const { body } = await send<SessionCount>("POST", "/alert-rules/preview", { body: bodyOf(asked) });
      setFound(body);
      setSaid("");
    } catch (cause) {
      setSaid(words(cause));
    }
  };
  const save = async (): Promise<void> => {
    const asked = whole();
    if (asked === null) return;
    try {
      await saveDocument("alert-rules", before, asked.name.trim() === "" ? `Rule on ${asked.stream}` : asked.name.trim(), bodyOf(asked));
      onClose();
    } catch (cause) {
      setSaid(cause instanceof Problem && cause.status === 412 ? "It was changed elsewhere meanwhile: close, look, and change it again." : words(cause));
    }
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    void save();
  };
  const input = (text: string, value: string, change: (value: string) => void, rest: { readonly hint?: string; readonly first?: boolean } = {}) => (
    <label className="form-row">
      <span>{text}</span>
      <input
        className="field"
        value={value}
        placeholder={rest.hint}
        spellCheck={false}
        {...(rest.first === true ? { "data-autofocus": true } : {})}
        onChange={(event) => change(event.target.value)}
      />
    </label>
  );
  return (
    <Dialog label="alert rule" onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <h2 className="dialog-title">{before === null ? "Alert on this" : before.name}</h2>
        {input("Name", form.name, (name) => patch({ name }), { hint: `Rule on ${form.stream}`, first: true })}
        <label className="form-row">
          <span>Stream</span>
          <select className="field" value={form.stream} onChange={(event) => patch({ stream: event.target.value })}>
            {[...new Set([...STREAMS, form.stream])].map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        <label className="form-row">
          <span>Filters</span>
          <textarea
            className="field mono"
            rows={Math.min(8, Math.max(3, filters.split("\n").length))}
            value={filters}
            placeholder="none: every record of the stream"
            spellCheck={false}
            onChange={(event) => {
              setFilters(event.target.value);
              setFound(null);
            }}
          />
        </label>
        <div className="form-row">
          <span>Once in</span>
          <span className="form-line">
            <input className="field short" type="number" min={0} max={86400} aria-label="cooldown, seconds" value={form.cooldown} onChange={(event) => patch({ cooldown: event.target.value })} />
            s for each
            <Toggles
              label="for each"
              options={[{ value: "underlying", text: "symbol" }, { value: "contract", text: "contract" }, { value: "classifier", text: "classifier" }]}
              chosen={[form.dedupe]}
              onToggle={(dedupe) => patch({ dedupe })}
            />
            ≤
            <input className="field short" type="number" min={1} aria-label="most an hour" placeholder="any" value={form.perHour} onChange={(event) => patch({ perHour: event.target.value })} />
            /h
          </span>
        </div>
        <div className="form-row">
          <span>Quiet, ET</span>
          <span className="form-line">
            <input className="field" type="time" aria-label="quiet from" value={form.quietFrom} onChange={(event) => patch({ quietFrom: event.target.value })} />
            to
            <input className="field" type="time" aria-label="quiet to" value={form.quietTo} onChange={(event) => patch({ quietTo: event.target.value })} />
          </span>
        </div>
        <div className="form-row">
          <span>Sound</span>
          <span className="form-line">
            <Toggles
              label="sound"
              options={[{ value: "0", text: "none" }, ...[1, 2, 3, 4, 5, 6].map((each) => ({ value: String(each), text: String(each) }))]}
              chosen={[String(form.sound ?? 0)]}
              onToggle={(value) => {
                const sound = value === "0" ? null : Number(value);
                patch({ sound });
                if (sound !== null) play(sound, form.volume);
              }}
            />
            <input type="range" aria-label="volume" min={0} max={1} step={0.1} value={form.volume} onChange={(event) => patch({ volume: Number(event.target.value) })} />
            <label className="form-check">
              <input type="checkbox" checked={form.desktop} onChange={(event) => patch({ desktop: event.target.checked })} /> desktop notice
            </label>
          </span>
        </div>
        {input("Webhook", form.webhook, (webhook) => patch({ webhook }), { hint: "https://…" })}
        <label className="form-check">
          <input type="checkbox" checked={form.enabled} onChange={(event) => patch({ enabled: event.target.checked })} /> enabled
        </label>
        <p className="rule-found" role="status">
          {found === null
            ? said
            : found.trade_date === null
              ? "Nothing of this stream is stored yet, so it cannot be said how often it would have fired."
              : `On ${found.trade_date} ${count(found.matches)} records matched; it would have fired ${found.would_fire === null ? "too often to count" : `${count(found.would_fire)} times`}.`}
        </p>
        <div className="form-actions">
          <Button look="bordered" onClick={() => void preview()}>
            Would have fired
          </Button>
          <Button look="primary" type="submit">
            Save
          </Button>
          <Button look="bordered" onClick={onClose}>
            Close
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
