/** Workspaces 1 to 9, and watchlists. */
import { useState } from "react";
import { chooseWorkspace, names, places, workspaceName, workspaceNumber } from "../../app/workspace";
import { useStore } from "../../stores/store";
import { Button } from "../../ui/primitives";
import { causeText } from "../../wire/rest";
import type { Document } from "../workspaces/documents";
import { symbolsOf } from "../workspaces/presets";
import { duplicate, removeDocument, rename, saveDocument, watchlists, workspaces } from "../workspaces/sync";
import { saveFile } from "./files";

const NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

export function WorkspacesSection() {
  useStore(names);
  const at = useStore(places);
  const here = workspaceNumber();
  return (
    <>
      <table className="plain-table">
        <thead>
          <tr>
            <th>key</th>
            <th>name</th>
            <th>page</th>
            <th>saved</th>
            <th><span className="sr-only">actions</span></th>
          </tr>
        </thead>
        <tbody>
          {NUMBERS.map((number) => {
            const saved = workspaces.saved(String(number));
            return (
              <tr key={number} className={number === here ? "chosen" : ""}>
                <td>
                  <kbd>{number}</kbd>
                </td>
                <td>
                  <input
                    className="field"
                    aria-label={`name of workspace ${number}`}
                    defaultValue={workspaceName(number)}
                    maxLength={40}
                    onBlur={(event) => {
                      const name = event.target.value.trim();
                      if (name !== "" && name !== workspaceName(number)) rename(number, name);
                    }}
                  />
                </td>
                <td>{at[number]?.page ?? ""}</td>
                <td>{saved === null ? "as shipped" : `version ${saved.version}`}</td>
                <td className="row-buttons">
                  <Button disabled={number === here} onClick={() => chooseWorkspace(number)}>
                    Go
                  </Button>
                  <Button disabled={number === here} onClick={() => duplicate(number)} title={`make ${number} a copy of workspace ${here}`}>
                    Copy {here} here
                  </Button>
                  <Button
                    disabled={saved === null}
                    onClick={() => {
                      if (saved !== null) saveFile(`workspace-${number}.json`, JSON.stringify(saved.body, null, 1));
                    }}
                  >
                    Export
                  </Button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <p className="form-note">A workspace keeps its layout, filters, columns, link groups, symbols and zone, a second after each change.</p>
    </>
  );
}

export function WatchlistsSection() {
  const lists = useStore(watchlists);
  const [name, setName] = useState("");
  const [said, setSaid] = useState("");
  const run = (work: Promise<unknown>): void => {
    work.then(
      () => setSaid(""),
      (cause: unknown) => setSaid(causeText(cause)),
    );
  };
  return (
    <>
      {lists.map((list) => (
        <Watchlist key={`${list.id}/${list.version}`} list={list} run={run} />
      ))}
      <form
        className="form-line"
        onSubmit={(event) => {
          event.preventDefault();
          run(saveDocument("watchlists", null, name.trim(), { v: 1, symbols: [] }).then(() => setName("")));
        }}
      >
        <input className="field" aria-label="name of a new watchlist" placeholder="new watchlist" value={name} onChange={(event) => setName(event.target.value)} />
        <Button look="bordered" type="submit" disabled={name.trim() === ""}>
          Add
        </Button>
      </form>
      {said !== "" && (
        <p className="form-problem" role="alert">
          {said}
        </p>
      )}
      <p className="form-note">
        <kbd>w</kbd> puts the symbol shown on the first list, or takes it off.
      </p>
    </>
  );
}

function Watchlist({ list, run }: { readonly list: Document; readonly run: (work: Promise<unknown>) => void }) {
  const [text, setText] = useState(symbolsOf(list).join(" "));
  const symbols = text.toUpperCase().split(/[\s,]+/).filter((each) => each !== "");
  const isSame = symbols.join(" ") === symbolsOf(list).join(" ");
  return (
    <div className="form-row">
      <span>{list.name}</span>
      <span className="form-line">
        <input className="field grow" aria-label={`symbols of ${list.name}`} value={text} spellCheck={false} onChange={(event) => setText(event.target.value)} />
        <Button look="primary" disabled={isSame} onClick={() => run(saveDocument("watchlists", list, list.name, { ...list.body, symbols }))}>
          Save
        </Button>
        <Button onClick={() => run(removeDocument("watchlists", list))}>Delete</Button>
      </span>
    </div>
  );
}
