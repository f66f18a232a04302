/** Rows of a tape as a file, or those on screen to the clipboard. */
import { useState } from "react";
import type { SubmitEvent } from "react";
import { exportRequest } from "../../app/intents";
import type { ExportRequest } from "../../app/intents";
import { clock } from "../../stores/clock";
import { config } from "../../stores/config";
import { useStore } from "../../stores/store";
import { Button, Dialog, Toggles } from "../../ui/primitives";
import { count } from "../../ui/number";
import { dateOf, millis } from "../../ui/time";
import { call, causeText } from "../../wire/rest";
import { boundOf, exportUrl } from "./model";
import type { Format } from "./model";
import "./export.css";

export function ExportDialog() {
  const request = useStore(exportRequest);
  return request === null ? null : <Form request={request} />;
}

/** Typed times are of the day of the newest event, or of today. */
function besideNow(): number {
  const at = millis(clock.get().eventTs);
  return Number.isNaN(at) ? Date.now() : at;
}

const close = (): void => exportRequest.set(null);

/** Throws what the gateway has against the export, before the browser shows an error page of its own. */
async function ask(url: string): Promise<void> {
  const aborter = new AbortController();
  await call(url, { signal: aborter.signal });
  // The first rows are there: the browser may fetch the file itself, straight to disk.
  aborter.abort();
}

function download(url: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  link.click();
}

function Form({ request }: { readonly request: ExportRequest }) {
  const [beside] = useState(besideNow);
  const day = dateOf(`${Math.floor(beside)}000000`, "ET");
  const [from, setFrom] = useState(request.range?.from ?? `${day} 09:30`);
  const [to, setTo] = useState(request.range?.to ?? "");
  const [format, setFormat] = useState<Format>("csv");
  const [said, setSaid] = useState("");
  const most = useStore(config, (value) => value.exportMaxRows);
  const filters = Object.entries(request.filters)
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(",") : String(value)}`)
    .join(" · ");
  const write = async (): Promise<void> => {
    const since = boundOf(from, beside);
    const until = boundOf(to, beside);
    if (since === null || until === null) {
      setSaid("Expected 09:30 or 2026-11-19 09:30, Eastern; empty for no bound.");
      return;
    }
    setSaid("asking for the first rows");
    const url = exportUrl(request, { from: since, to: until }, format);
    try {
      await ask(url);
      download(url);
      close();
    } catch (cause) {
      setSaid(causeText(cause));
    }
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    void write();
  };
  const copy = (): void => {
    const text = request.visible?.() ?? "";
    navigator.clipboard.writeText(text).then(
      () => setSaid(`${count(Math.max(0, text.split("\n").length - 1))} rows copied as CSV`),
      (cause: unknown) => setSaid(`The browser refused the clipboard: ${String(cause)}`),
    );
  };
  return (
    <Dialog label="export" onClose={close}>
      <form className="form" onSubmit={submit}>
        <h2 className="dialog-title">Export {request.stream}</h2>
        <p className="form-note">
          {filters === "" ? "every record of the stream" : filters}
          {request.run !== null && ` · of the run ${request.run}`}
        </p>
        <label className="form-row">
          <span>From, ET</span>
          <input className="field" data-autofocus value={from} spellCheck={false} onChange={(event) => setFrom(event.target.value)} />
        </label>
        <label className="form-row">
          <span>To, ET</span>
          <input className="field" value={to} placeholder="now" spellCheck={false} onChange={(event) => setTo(event.target.value)} />
        </label>
        <div className="form-row">
          <span>Format</span>
          <Toggles
            label="format"
            options={[
              { value: "csv", text: "CSV" },
              { value: "parquet", text: "Parquet" },
              { value: "jsonl", text: "JSON lines" },
            ]}
            chosen={[format]}
            onToggle={setFormat}
          />
        </div>
        {said !== "" && (
          <p className="form-note" role="status">
            {said}
          </p>
        )}
        <div className="form-actions">
          <Button look="primary" type="submit">
            Write the file
          </Button>
          {request.visible !== null && (
            <Button look="bordered" onClick={copy}>
              Copy the rows on screen
            </Button>
          )}
          <Button look="bordered" onClick={close}>
            Close
          </Button>
        </div>
        <p className="form-note">Oldest first, every field{most === null ? "" : `, at most ${count(most)} rows`}.</p>
      </form>
    </Dialog>
  );
}
