/** Command palette: everything that can be done, found by typing. */
import { useState } from "react";
import type { KeyboardEvent } from "react";
import { flushSync } from "react-dom";
import { useStore } from "../stores/store";
import { Dialog } from "../ui/primitives";
import { overlay } from "./actions";
import { LOOSE_SCORE, commands, match } from "./commands";
import type { Command } from "./commands";
import { openTicker } from "./intents";

const MOST_SHOWN = 14;

function found(all: readonly Command[], text: string): readonly Command[] {
  const scored = all.flatMap((command) => {
    if (command.quiet || command.when?.() === false) return [];
    const score = match(command, text);
    return score === null ? [] : [{ command, score }];
  });
  scored.sort((a, b) => b.score - a.score);
  const list = scored.map(({ command }) => command);
  const symbol = text.trim().toUpperCase();
  if (!/^[A-Z][A-Z.]{0,5}$/.test(symbol)) return list.slice(0, MOST_SHOWN);
  const ticker: Command = {
    id: `symbol.${symbol}`,
    title: `Open ${symbol}`,
    group: "Symbols",
    run: () => openTicker(symbol),
  };
  // A symbol goes before commands that merely have its letters somewhere.
  const named = scored.filter(({ score }) => score > LOOSE_SCORE).length;
  const place = Math.min(named, MOST_SHOWN - 1);
  return [...list.slice(0, place), ticker, ...list.slice(place)].slice(0, MOST_SHOWN);
}

export function Palette() {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const list = found(useStore(commands), text);
  const close = (): void => overlay.set(null);
  const run = (command: Command | undefined): void => {
    if (command === undefined) return;
    // The palette gives the keyboard back first, so that what runs may take it.
    flushSync(close);
    command.run();
  };
  const pressed = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setAt((before) => (before + step + list.length) % Math.max(1, list.length));
    } else if (event.key === "Enter") {
      // The key has had its effect: a field that opens must not take it as its own.
      event.preventDefault();
      run(list[at]);
    }
  };
  return (
    <Dialog label="command palette" onClose={close} className="palette">
      <input
        data-autofocus
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={list[at] === undefined ? undefined : `palette-${at}`}
        aria-label="command"
        placeholder="page, symbol, preset, action"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={pressed}
      />
      <div className="palette-list" id="palette-list" role="listbox" aria-label="commands">
        {list.map((command, index) => (
          // Keys are heard by the field above, which points at the option.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={command.id}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === at}
            tabIndex={-1}
            onClick={() => run(command)}
            onPointerMove={() => setAt(index)}
          >
            <span className="palette-group">{command.group}</span>
            <span>{command.title}</span>
            <span className="palette-keys">
              {command.keys?.slice(0, 2).map((keys) => (
                <kbd key={keys}>{keys}</kbd>
              ))}
            </span>
          </div>
        ))}
        {list.length === 0 && <p className="palette-none">Nothing of that name.</p>}
      </div>
    </Dialog>
  );
}
