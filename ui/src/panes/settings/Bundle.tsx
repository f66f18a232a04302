/** All of the operator's documents as one file, and back. */
import { useState } from "react";
import type { Bundle, BundleResult } from "../../generated/rest";
import { Button } from "../../ui/primitives";
import { count } from "../../ui/number";
import { Problem, causeText, get, send } from "../../wire/rest";
import { saveFile } from "./files";

const words = (cause: unknown): string => (cause instanceof Problem ? causeText(cause) : `This is no bundle: ${String(cause)}`);

export function BundleSection() {
  const [said, setSaid] = useState("");
  const [read, setRead] = useState<Bundle | null>(null);
  const write = (): void => {
    get<Bundle>("/operator/bundle").then(
      (bundle) => saveFile("islandflow-bundle.json", JSON.stringify(bundle, null, 1)),
      (cause: unknown) => setSaid(words(cause)),
    );
  };
  const choose = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    try {
      const bundle = JSON.parse(await file.text()) as Bundle;
      const found = Object.entries(bundle.documents).map(([kind, all]) => `${count(all.length)} ${kind}`);
      setRead(bundle);
      setSaid(`${file.name}: ${found.join(", ")}. Documents of the same id are replaced, others stay.`);
    } catch (cause) {
      setRead(null);
      setSaid(words(cause));
    }
  };
  const restore = async (): Promise<void> => {
    try {
      const { body } = await send<BundleResult>("PUT", "/operator/bundle", read);
      setSaid(`${count(body.restored)} documents put back. Reload the page to see them.`);
      setRead(null);
    } catch (cause) {
      setSaid(words(cause));
    }
  };
  return (
    <>
      <div className="form-row">
        <span>Export</span>
        <span className="form-line">
          <Button look="bordered" onClick={write}>
            Write every document to a file
          </Button>
          with the secrets of webhooks: keep it safe
        </span>
      </div>
      <label className="form-row">
        <span>Import</span>
        <input type="file" accept="application/json" onChange={(event) => void choose(event.target.files?.[0])} />
      </label>
      {said !== "" && (
        <p className="form-note" role="status">
          {said}
        </p>
      )}
      {read !== null && (
        <Button look="primary" onClick={() => void restore()}>
          Put them back
        </Button>
      )}
    </>
  );
}
