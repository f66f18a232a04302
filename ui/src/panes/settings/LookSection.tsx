/** Theme, colours, density, zone, sounds, desktop notices, single keys, columns. */
import { useState } from "react";
import { singleKeys } from "../../app/keys";
import { look } from "../../app/look";
import { useStore } from "../../stores/store";
import { Button, Toggles } from "../../ui/primitives";
import { zone } from "../../ui/time";
import { unsaved } from "../workspaces/documents";
import { play } from "./notify";
import { sound } from "./preferences";

const SOUNDS = [1, 2, 3, 4, 5, 6];

/** Forget every tape's columns; they are their own again when next opened. */
function resetColumns(): void {
  for (const key of Object.keys(localStorage)) if (key.startsWith("islandflow.columns.")) localStorage.removeItem(key);
}

function permission(): string {
  return "Notification" in window ? Notification.permission : "not offered by this browser";
}

export function LookSection() {
  const { theme, colours, density } = useStore(look);
  const shown = useStore(zone);
  const keys = useStore(singleKeys);
  const sounds = useStore(sound);
  const problem = useStore(unsaved);
  const [allowed, setAllowed] = useState(permission);
  const [said, setSaid] = useState("");
  return (
    <>
      {problem !== null && (
        <p className="form-problem" role="alert">
          Not saved: {problem.message} ({problem.code})
        </p>
      )}
      <div className="form-row">
        <span>Theme</span>
        <Toggles
          label="theme"
          options={[{ value: "dark", text: "dark" }, { value: "light", text: "light" }, { value: "system", text: "as the system" }]}
          chosen={[theme]}
          onToggle={(value) => look.patch({ theme: value })}
        />
      </div>
      <div className="form-row">
        <span>Colours</span>
        <Toggles
          label="colours"
          options={[{ value: "standard", text: "▲ green, ▼ red" }, { value: "safe", text: "▲ blue, ▼ orange" }]}
          chosen={[colours]}
          onToggle={(value) => look.patch({ colours: value })}
        />
      </div>
      <div className="form-row">
        <span>Rows</span>
        <Toggles
          label="density"
          options={[{ value: "compact", text: "compact 22" }, { value: "normal", text: "normal 24" }, { value: "roomy", text: "roomy 28" }]}
          chosen={[density]}
          onToggle={(value) => look.patch({ density: value })}
        />
      </div>
      <div className="form-row">
        <span>Times</span>
        <Toggles
          label="zone"
          options={[{ value: "ET", text: "Eastern" }, { value: "UTC", text: "UTC" }]}
          chosen={[shown]}
          onToggle={(value) => zone.set(value)}
        />
      </div>
      <div className="form-row">
        <span>Sounds</span>
        <span className="form-line">
          <label className="form-check">
            <input type="checkbox" checked={sounds.isOn} onChange={(event) => sound.patch({ isOn: event.target.checked })} /> on
          </label>
          <input
            type="range"
            aria-label="volume"
            min={0}
            max={1}
            step={0.05}
            value={sounds.volume}
            onChange={(event) => sound.patch({ volume: Number(event.target.value) })}
          />
          {SOUNDS.map((number) => (
            <Button key={number} look="bordered" aria-label={`play sound ${number}`} onClick={() => play(number, sounds.volume)}>
              {number}
            </Button>
          ))}
          <label className="form-check">
            <input
              type="checkbox"
              checked={sounds.isOnInReplay}
              onChange={(event) => sound.patch({ isOnInReplay: event.target.checked })}
            />{" "}
            and notices in a replay too
          </label>
        </span>
      </div>
      <div className="form-row">
        <span>Desktop notices</span>
        <span className="form-line">
          {allowed}
          {allowed === "default" && (
            <Button look="bordered" onClick={() => void Notification.requestPermission().then(setAllowed)}>
              Ask for permission
            </Button>
          )}
        </span>
      </div>
      <div className="form-row">
        <span>Keys</span>
        <label className="form-check">
          <input type="checkbox" checked={keys} onChange={(event) => singleKeys.set(event.target.checked)} /> single keys without Ctrl
        </label>
      </div>
      <div className="form-row">
        <span>Columns</span>
        <span className="form-line">
          <Button
            look="bordered"
            onClick={() => {
              resetColumns();
              setSaid("Every tape has its own columns again when it is next opened.");
            }}
          >
            Reset of all tapes
          </Button>
          <span role="status">{said}</span>
        </span>
      </div>
      <p className="form-note">Saved on the gateway a second after each change, and the same in every browser you sign in from.</p>
    </>
  );
}
