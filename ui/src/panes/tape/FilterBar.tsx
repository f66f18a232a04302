/** The tape's filter in its head: a preset, chips that open menus, or text after `/`. */
import { useRef, useState } from "react";
import type { KeyboardEvent } from "react";
import { useCommands } from "../../app/commands";
import { presetRequest } from "../../app/intents";
import { useStore } from "../../stores/store";
import { compact } from "../../ui/number";
import { Menu } from "../../ui/primitives";
import type { MenuItem } from "../../ui/primitives";
import { SIDE_WORDS, sideLetters } from "../../ui/market";
import type { Document } from "../workspaces/documents";
import { isPreset, tapePresets } from "../workspaces/presetFilters";
import { showPreset } from "../workspaces/presets";
import { presets } from "../workspaces/sync";
import { ALL_SIDES, NOTIONAL_STEPS, PRESETS, formatFilter, parseFilter, phrases, presetOf, toFilters } from "./filter";
import type { OptionType, Security, TapeFilter } from "./filter";

interface FilterBarProps {
  readonly paneId: string;
  readonly filter: TapeFilter;
  readonly onChange: (filter: TapeFilter) => void;
}

interface OpenMenu {
  readonly id: string;
  readonly x: number;
  readonly y: number;
}

export function FilterBar({ paneId, filter, onChange }: FilterBarProps) {
  const [text, setText] = useState<string | null>(null);
  const [menu, setMenu] = useState<OpenMenu | null>(null);
  const own = tapePresets(useStore(presets));
  useCommands(
    () => [
      {
        id: `${paneId}.filter`,
        title: "Options: filter text",
        group: "Tape",
        keys: ["/"],
        run: () => setText(formatFilter(filter)),
      },
      ...Object.entries(PRESETS).map(([name, preset]) => ({
        id: `${paneId}.preset.${name}`,
        title: `Preset ${name}`,
        group: "Presets",
        run: () => onChange(preset),
      })),
      {
        id: `${paneId}.preset.save`,
        title: "Save the filter as a preset",
        group: "Presets",
        run: () => presetRequest.set(toFilters(filter)),
      },
    ],
    [paneId, filter, onChange],
  );
  if (text !== null) {
    return (
      <FilterText
        text={text}
        filter={filter}
        onText={setText}
        onApply={(next) => {
          onChange(next);
          setText(null);
        }}
        onClose={() => setText(null)}
      />
    );
  }
  const preset = presetOf(filter) ?? own.find((each) => isPreset(each, toFilters(filter)))?.name;
  const itemsOf = menu === null ? undefined : MENUS[menu.id];
  return (
    <div className="filter-bar">
      <button
        type="button"
        className="filter-preset"
        onClick={(event) => setMenu(place("preset", event.currentTarget))}
      >
        {preset ?? "own filter"}
      </button>
      {phrases(filter).map(({ id, text: phrase }) => (
        <button
          key={id}
          type="button"
          className="filter-chip"
          onClick={(event) =>
            id in MENUS ? setMenu(place(id, event.currentTarget)) : setText(formatFilter(filter))
          }
        >
          {phrase}
        </button>
      ))}
      {menu !== null && (
        <Menu
          label={menu.id}
          items={itemsOf === undefined ? presetItems(filter, onChange, own) : itemsOf(filter, onChange)}
          onClose={() => setMenu(null)}
          x={menu.x}
          y={menu.y}
        />
      )}
    </div>
  );
}

function place(id: string, target: HTMLElement): OpenMenu {
  const { left, bottom } = target.getBoundingClientRect();
  return { id, x: left, y: bottom + 2 };
}

function presetItems(
  filter: TapeFilter,
  change: (filter: TapeFilter) => void,
  own: readonly Document[],
): readonly MenuItem[] {
  const shipped = Object.entries(PRESETS).map(([name, preset]) => ({
    id: name,
    text: name,
    checked: presetOf(filter) === name,
    run: () => change(preset),
  }));
  const mine = own.map((each) => ({
    id: each.id,
    text: each.name,
    checked: isPreset(each, toFilters(filter)),
    run: () => showPreset(each),
  }));
  return [...shipped, ...mine, { id: "save", text: "Save as a preset …", run: () => presetRequest.set(toFilters(filter)) }];
}

type MenuOf = (filter: TapeFilter, change: (filter: TapeFilter) => void) => readonly MenuItem[];

const SECURITIES: readonly (readonly [Security, string])[] = [
  ["stock", "Stocks"],
  ["etf", "ETFs"],
  ["index", "Indices"],
  ["all", "Every security"],
];
const TYPES: readonly (readonly [string, readonly OptionType[]])[] = [
  ["Calls and puts", ["call", "put"]],
  ["Calls", ["call"]],
  ["Puts", ["put"]],
];

const MENUS: Readonly<Record<string, MenuOf>> = {
  view: (filter, change) =>
    (["signal", "raw"] as const).map((view) => ({
      id: view,
      text: view === "signal" ? "Signal prints" : "Every print",
      checked: filter.view === view,
      run: () => change({ ...filter, view }),
    })),
  security: (filter, change) =>
    SECURITIES.map(([security, text]) => ({
      id: security,
      text,
      checked: filter.security === security,
      run: () => change({ ...filter, security }),
    })),
  side: (filter, change) =>
    ALL_SIDES.map((side) => ({
      id: side,
      text: `${sideLetters(side)}  ${SIDE_WORDS[side] ?? ""}`,
      checked: filter.side.includes(side),
      run: () => {
        const next = ALL_SIDES.filter((each) => (each === side) !== filter.side.includes(each));
        // No side at all would be an empty tape by mistake.
        if (next.length > 0) change({ ...filter, side: next });
      },
    })),
  type: (filter, change) =>
    TYPES.map(([text, type]) => ({
      id: text,
      text,
      checked: filter.type.join() === type.join(),
      run: () => change({ ...filter, type }),
    })),
  notional: (filter, change) =>
    NOTIONAL_STEPS.map((step) => ({
      id: String(step),
      text: step === 0 ? "Any premium" : `≥ $${compact(step)}`,
      checked: filter.min_notional === step,
      run: () => change({ ...filter, min_notional: step }),
    })),
};

interface FilterTextProps {
  readonly text: string;
  readonly filter: TapeFilter;
  readonly onText: (text: string) => void;
  readonly onApply: (filter: TapeFilter) => void;
  readonly onClose: () => void;
}

function FilterText({ text, filter, onText, onApply, onClose }: FilterTextProps) {
  const before = useRef(document.activeElement);
  const { filter: next, unknown } = parseFilter(text, filter);
  const leave = (act: () => void): void => {
    act();
    if (before.current instanceof HTMLElement) before.current.focus({ preventScroll: true });
  };
  const pressed = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && unknown.length === 0) leave(() => onApply(next));
    else if (event.key === "Escape") {
      event.stopPropagation();
      event.preventDefault();
      leave(onClose);
    }
  };
  return (
    <div className="filter-bar">
      <input
        className="filter-text"
        aria-label="filter"
        aria-invalid={unknown.length > 0}
        spellCheck={false}
        // The operator asked for the field with `/`; where else would the keys go.
        // eslint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        onFocus={(event) => event.target.select()}
        value={text}
        onChange={(event) => onText(event.target.value)}
        onKeyDown={pressed}
        onBlur={onClose}
      />
      {unknown.length > 0 && <span className="filter-unknown">? {unknown.join(" ")}</span>}
    </div>
  );
}
