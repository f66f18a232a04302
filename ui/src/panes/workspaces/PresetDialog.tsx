/** Keep the filter on screen as a preset of the operator's own, under a name. */
import { useState } from "react";
import type { SubmitEvent } from "react";
import { presetRequest } from "../../app/intents";
import { useStore } from "../../stores/store";
import { Button, Dialog } from "../../ui/primitives";
import { causeText } from "../../wire/rest";
import type { Filters } from "../../wire/streams";
import { presets, reload, saveDocument } from "./sync";

export function PresetDialog() {
  const filters = useStore(presetRequest);
  return filters === null ? null : <Form filters={filters} />;
}

const close = (): void => presetRequest.set(null);

function Form({ filters }: { readonly filters: Filters }) {
  const [name, setName] = useState("");
  const [said, setSaid] = useState("");
  const before = useStore(presets).find((each) => each.name === name.trim()) ?? null;
  const save = async (): Promise<void> => {
    try {
      await saveDocument("presets", before, name.trim(), { v: 1, stream: "options", filters });
      close();
    } catch (cause) {
      setSaid(causeText(cause));
      // What stands in the way may be a preset another tab has made or changed.
      await reload("presets").catch(() => undefined);
    }
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (name.trim() === "") setSaid("A preset is found by its name: type one.");
    else void save();
  };
  return (
    <Dialog label="save preset" onClose={close}>
      <form className="form" onSubmit={submit}>
        <h2 className="dialog-title">Save the filter as a preset</h2>
        <p className="form-note">
          {Object.entries(filters)
            .map(([field, value]) => `${field} ${Array.isArray(value) ? value.join(",") : String(value)}`)
            .join(" · ")}
        </p>
        <label className="form-row">
          <span>Name</span>
          <input className="field" data-autofocus value={name} maxLength={60} spellCheck={false} onChange={(event) => setName(event.target.value)} />
        </label>
        <p className="form-note" role="status">
          {said !== "" ? said : before === null ? "" : "Replaces the preset of that name."}
        </p>
        <div className="form-actions">
          <Button look="primary" type="submit">
            Save
          </Button>
          <Button look="bordered" onClick={close}>
            Close
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
