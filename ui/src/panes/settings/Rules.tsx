/** Alert rules and what they delivered. */
import { useEffect, useState } from "react";
import type { DeliveryList, RuleTest } from "../../generated/rest";
import { requestRule } from "../../app/intents";
import { useStore } from "../../stores/store";
import { Button, Chip } from "../../ui/primitives";
import { MISSING, count } from "../../ui/number";
import { clockOf, timeOf } from "../../ui/time";
import { nanosOf } from "../replay/model";
import { causeText, get, send } from "../../wire/rest";
import type { Document } from "../workspaces/documents";
import { reload, removeDocument, rules, saveDocument } from "../workspaces/sync";
import { RuleDialog } from "./RuleDialog";
import { filtersText, formOf } from "./rule";

const HOUR_MS = 3_600_000;

export function RulesSection() {
  const all = useStore(rules);
  const [editing, setEditing] = useState<Document | null>(null);
  const [shown, setShown] = useState<Document | null>(null);
  const [said, setSaid] = useState("");
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 10_000);
    return () => window.clearInterval(timer);
  }, []);
  const told = (cause: unknown): void => setSaid(causeText(cause));
  useEffect(() => {
    reload("alert-rules").catch(told);
  }, []);
  const run = (work: Promise<unknown>, done = ""): void => {
    work.then(() => setSaid(done), told);
  };
  const test = async (rule: Document): Promise<void> => {
    const { body } = await send<RuleTest>("POST", `/alert-rules/${rule.id}/test`);
    const { trade_date: day, would_fire: fired } = body.last_session;
    const outcomes = body.deliveries.map((each) => `${each.action} ${each.outcome}`).join(", ");
    setSaid(`${rule.name}: ${outcomes === "" ? "sample sent to open terminals" : outcomes}; ${day === null ? "no stored session" : `would have fired ${fired === null ? "too often to count" : count(fired)} times on ${day}`}`);
    setShown(rule);
  };
  return (
    <>
      <table className="plain-table">
        <thead>
          <tr>
            <th>rule</th>
            <th>stream</th>
            <th>filters</th>
            <th>actions</th>
            <th><span className="sr-only">actions</span></th>
          </tr>
        </thead>
        <tbody>
          {all.map((rule) => {
            const form = formOf(rule.name, rule.body);
            const actions = [form.sound === null ? "" : `sound ${form.sound}`, form.desktop ? "desktop" : "", form.webhook === "" ? "" : "webhook"];
            const isSnoozed = form.snoozeUntil !== null && Number(form.snoozeUntil.slice(0, 13)) > now;
            return (
              <tr key={rule.id} className={rule.id === shown?.id ? "chosen" : ""}>
                <td>
                  <b>{rule.name}</b> {!form.enabled && <Chip tone="dim" outlined>off</Chip>}
                  {isSnoozed && <Chip tone="warn" outlined>snoozed to {clockOf(Number(form.snoozeUntil.slice(0, 13)))}</Chip>}
                </td>
                <td>{form.stream}</td>
                <td className="wide">{filtersText(form.filters).replaceAll("\n", " · ") || "every record"}</td>
                <td>{actions.filter((each) => each !== "").join(", ") || "none"}</td>
                <td className="row-buttons">
                  <Button onClick={() => setEditing(rule)}>Edit</Button>
                  <Button onClick={() => void test(rule).catch(told)}>Test</Button>
                  <Button
                    onClick={() =>
                      run(saveDocument("alert-rules", rule, rule.name, { ...rule.body, snooze_until: isSnoozed ? null : nanosOf(Date.now() + HOUR_MS) }))
                    }
                  >
                    {isSnoozed ? "Wake" : "Snooze 1 h"}
                  </Button>
                  <Button onClick={() => setShown(rule)}>Deliveries</Button>
                  <Button onClick={() => run(removeDocument("alert-rules", rule))}>Delete</Button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <div className="form-actions">
        <Button look="primary" onClick={() => requestRule({ stream: "alerts", filters: { severity: ["high"] } })}>
          New rule
        </Button>
        <span className="form-note">or “alert on this filter” in the palette, from any tape</span>
      </div>
      {said !== "" && (
        <p className="form-note" role="status">
          {said}
        </p>
      )}
      {shown !== null && <DeliveryLog key={shown.id} rule={shown} />}
      {editing !== null && <RuleDialog before={editing} onClose={() => setEditing(null)} />}
    </>
  );
}

function DeliveryLog({ rule }: { readonly rule: Document }) {
  const [found, setFound] = useState<DeliveryList | null>(null);
  useEffect(() => {
    const aborter = new AbortController();
    const read = (): void => {
      get<DeliveryList>(`/alert-rules/${rule.id}/deliveries`, {}, { signal: aborter.signal }).then(setFound, () => undefined);
    };
    read();
    const timer = window.setInterval(read, 10_000);
    return () => {
      aborter.abort();
      window.clearInterval(timer);
    };
  }, [rule.id]);
  const verdicts = Object.entries(found?.verdicts ?? {}).map(([name, number]) => `${count(number)} ${name.replaceAll("_", " ")}`);
  return (
    <>
      <p className="form-note">
        {rule.name}: {verdicts.join(" · ") || "no match since it was saved"}
      </p>
      <table className="plain-table">
        <thead>
          <tr>
            <th className="num">time</th>
            <th>what</th>
            <th>outcome</th>
            <th className="num">attempts</th>
            <th>event</th>
            <th>detail</th>
          </tr>
        </thead>
        <tbody>
          {found?.data.map((each) => (
            <tr key={`${each.event_id}/${each.action}/${each.ts}`}>
              <td className="num">{timeOf(each.ts)}</td>
              <td>{each.action}</td>
              <td>{each.outcome}</td>
              <td className="num">{count(each.attempts)}</td>
              <td className="mono">{each.event_id}</td>
              <td className="wide">{[each.host, each.status ?? "", each.error].filter((part) => part !== "").join(" · ") || MISSING}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
