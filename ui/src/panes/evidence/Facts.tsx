/** Every field of the record, what is missing from its chain, and ways to take it along. */
import { useState } from "react";
import { Button } from "../../ui/primitives";
import { duration } from "../../ui/number";
import { millis } from "../../ui/time";
import type { Nanos } from "../../generated";
import { FieldList } from "./FieldList";
import { csvOf } from "./csv";
import type { Evidence } from "../../generated/rest";
import type { Found } from "./refs";

interface FactsProps {
  readonly document: Evidence;
  readonly records: ReadonlyMap<string, Found>;
}

export function Facts({ document, records }: FactsProps) {
  const [said, setSaid] = useState("");
  const root = records.get(document.root);
  const copy = (text: string, what: string): void => {
    void navigator.clipboard.writeText(text).then(
      () => setSaid(`${what} copied`),
      () => setSaid("The browser did not allow copying"),
    );
  };
  const stage = (name: "source_ts" | "ingest_ts"): Nanos | null => {
    const value = root?.record[name];
    return typeof value === "string" ? value : null;
  };
  const source = stage("source_ts");
  const ingest = stage("ingest_ts");
  return (
    <section className="evidence-part" aria-label="Facts">
      <h3>
        Facts
        <span className="evidence-actions">
          <Button onClick={() => copy(JSON.stringify(document, null, 2), "JSON")}>Copy JSON</Button>
          <Button onClick={() => copy(csvOf(document.prints), "CSV")} disabled={document.prints.length === 0}>
            CSV of members
          </Button>
          <Button onClick={() => copy(location.href, "Link")}>Link</Button>
          <span role="status">{said}</span>
        </span>
      </h3>
      {source !== null && ingest !== null && (
        <p className="dim">
          source to ingest {duration(millis(ingest) - millis(source))}; later stages: not reported for a single record
        </p>
      )}
      {document.missing.length > 0 && (
        <ul className="missing">
          {document.missing.map(({ ref, reason }) => (
            <li key={ref}>
              <span className="mono">{ref}</span> <span className="warn">{reason.replaceAll("_", " ")}</span>
            </li>
          ))}
        </ul>
      )}
      {root !== undefined && <FieldList kind={root.kind} record={root.record} />}
    </section>
  );
}
