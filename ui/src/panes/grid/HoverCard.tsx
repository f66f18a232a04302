/** Every field of a record, exact, beside the pointer. */
import { NANOS_FIELDS } from "../../generated";
import { plain } from "../../ui/number";
import { ageOf, stampExact } from "../../ui/time";
import type { PrintLink } from "../../wire/frames";
import type { RecordRow } from "./columns";
import type { TapeRecord } from "./model";

interface HoverCardProps {
  readonly row: RecordRow<TapeRecord>;
  readonly link: PrintLink | undefined;
  readonly x: number;
  readonly y: number;
  /** When it was opened, ms of `Date.now()`. */
  readonly openedAt: number;
}

const WIDTH_PX = 560;
const FIRST = ["source_ts", "ingest_ts", "seq", "trace_id"];
/** The head's version fields say nothing about this one record. */
const LEFT_OUT = new Set(["schema_version", "policy_version", "config_hash", "evidence_refs"]);

export function fieldText(name: string, value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (NANOS_FIELDS.has(name) && typeof value === "string") return stampExact(value);
  if (typeof value === "number") return plain(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value === "" ? "–" : value;
  if (Array.isArray(value) && value.every((item) => typeof item !== "object")) {
    return value.length === 0 ? "–" : value.join(" ");
  }
  const size = Array.isArray(value) ? value.length : Object.keys(value).length;
  return `${size} ${size === 1 ? "entry" : "entries"}`;
}

export function HoverCard({ row, link, x, y, openedAt }: HoverCardProps) {
  const fields = Object.entries(row.record as Readonly<Record<string, unknown>>).filter(
    ([name]) => !FIRST.includes(name) && !LEFT_OUT.has(name),
  );
  const { record } = row;
  const latency = Number(BigInt(record.ingest_ts) - BigInt(record.source_ts)) / 1e6;
  const left = Math.max(4, Math.min(x + 16, window.innerWidth - WIDTH_PX - 8));
  const below = y < window.innerHeight / 2;
  const place = below ? { top: y + 16 } : { bottom: window.innerHeight - y + 16 };
  return (
    <div className="hover-card" style={{ left, width: WIDTH_PX, ...place }}>
      <p className="hover-head">
        <b>{stampExact(record.source_ts)}</b>
        <span>
          {ageOf(record.source_ts, openedAt)} · source to ingest {latency.toFixed(2)} ms
        </span>
      </p>
      <p className="mono">{record.trace_id}</p>
      <dl>
        {fields.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{fieldText(name, value)}</dd>
          </div>
        ))}
        {Object.entries(link ?? {}).map(([name, value]) => (
          <div key={`link.${name}`}>
            <dt>{name}</dt>
            <dd>{fieldText(name, value)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
