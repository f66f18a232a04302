/** Topics and flows: rates, lags, watermarks, dead letters. */
import { useState } from "react";
import type { TopicPipeline } from "../../generated/rest";
import { useStore } from "../../stores/store";
import { Button, Chip } from "../../ui/primitives";
import { MISSING, compact, count, fixed } from "../../ui/number";
import { clockOf, millis, timeOf, zone } from "../../ui/time";
import { DeadLetters } from "./DeadLetters";
import { HealthSheet } from "./HealthSheet";
import { conditionOf } from "./model";
import { system } from "./store";

const TONES = { fine: "dim", quiet: "dim", poor: "warn", bad: "crit" } as const;

/** Age of a watermark against the gateway's clock: `0.8 s`, `3 min`. */
function ageText(ns: string | null, nowMs: number): string {
  const at = millis(ns);
  if (Number.isNaN(at)) return MISSING;
  const seconds = Math.max(0, (nowMs - at) / 1000);
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

export default function FlowsPane() {
  const pipeline = useStore(system, (value) => value.pipeline);
  const shown = useStore(zone);
  const [letters, setLetters] = useState<string | null>(null);
  const now = millis(pipeline?.checked_ts);
  return (
    <HealthSheet
      title="Topics and flows"
      label="topics and flows"
      status={pipeline === null ? "" : `as of ${clockOf(millis(pipeline.checked_ts), shown)} ${shown}`}
      beside={letters !== null && <DeadLetters topic={letters} onClose={() => setLetters(null)} />}
    >
      <table className="plain-table">
        <thead>
          <tr>
            <th>flow</th>
            <th>state</th>
            <th className="num">behind, records</th>
            <th className="num">behind, time</th>
            <th className="num">no progress for</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(pipeline?.flows ?? {}).map(([name, flow]) => (
            <tr key={name}>
              <td>{name}</td>
              <td>
                <Chip outlined tone={TONES[conditionOf(flow.status)]}>
                  {flow.status}
                </Chip>
              </td>
              <td className="num">{count(flow.records_behind)}</td>
              <td className="num">{flow.lag_s === null ? MISSING : `${fixed(flow.lag_s, 1)} s`}</td>
              <td className="num">{`${fixed(flow.stalled_s, 0)} s`}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <table className="plain-table">
        <thead>
          <tr>
            <th>topic</th>
            <th className="num">records/s</th>
            <th className="num">records</th>
            <th className="num">lag</th>
            <th className="num">watermark</th>
            <th className="num">age</th>
            <th className="num">late</th>
            <th className="num">DLQ</th>
            <th className="num">DLQ/s</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(pipeline?.topics ?? {}).map(([name, topic]) => (
            <TopicRow key={name} name={name} topic={topic} now={now} onLetters={setLetters} />
          ))}
        </tbody>
      </table>
    </HealthSheet>
  );
}

interface TopicRowProps {
  readonly name: string;
  readonly topic: TopicPipeline;
  readonly now: number;
  readonly onLetters: (topic: string) => void;
}

function TopicRow({ name, topic, now, onLetters }: TopicRowProps) {
  const late = useStore(system, (value) => value.losses?.data.find((each) => each.kind === "late" && each.where === name));
  return (
    <tr className={topic.records === 0 ? "idle" : ""}>
      <td>{name}</td>
      <td className="num">{topic.rate === null ? MISSING : fixed(topic.rate, topic.rate < 10 ? 1 : 0)}</td>
      <td className="num" title={count(topic.records)}>
        {compact(topic.records)}
      </td>
      <td className="num" title={topic.lag === null ? "the gateway does not read this topic" : ""}>
        {topic.lag === null ? MISSING : count(topic.lag)}
      </td>
      <td className="num">{timeOf(topic.watermark_ts)}</td>
      <td className="num">{ageText(topic.watermark_ts, now)}</td>
      <td className="num">{late === undefined ? MISSING : count(late.count)}</td>
      <td className="num">
        {topic.dead_letters === 0 ? (
          "0"
        ) : (
          <Button onClick={() => onLetters(name)} title="open the entries">
            <b className="warn-text">{count(topic.dead_letters)}</b>
          </Button>
        )}
      </td>
      <td className="num">{topic.dead_letter_rate === null ? MISSING : fixed(topic.dead_letter_rate, 1)}</td>
    </tr>
  );
}
