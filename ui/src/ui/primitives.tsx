/** Buttons, chips, meters, menus, drawers, dialogs: the few controls everything is made of. */
import { useEffect, useRef } from "react";
import type { ButtonHTMLAttributes, KeyboardEvent, ReactNode } from "react";
import "./primitives.css";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** `plain` has no border until hovered: bars and heads. */
  readonly look?: "plain" | "bordered" | "primary";
  readonly pressed?: boolean;
}

export function Button({ look = "plain", pressed, className = "", ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={`button ${look} ${className}`}
      {...(pressed === undefined ? {} : { "aria-pressed": pressed })}
      {...rest}
    />
  );
}

export type Tone = "plain" | "accent" | "warn" | "crit" | "info" | "up" | "down" | "dim";

interface ChipProps {
  readonly tone?: Tone;
  /** Outline only: a state rather than a choice. */
  readonly outlined?: boolean;
  readonly title?: string;
  readonly onRemove?: () => void;
  readonly children: ReactNode;
}

export function Chip({ tone = "plain", outlined = false, title, onRemove, children }: ChipProps) {
  return (
    <span className={`chip ${tone} ${outlined ? "outlined" : ""}`} title={title}>
      {children}
      {onRemove && (
        <button type="button" className="chip-remove" aria-label="remove" onClick={onRemove}>
          ×
        </button>
      )}
    </span>
  );
}

interface ToggleProps<T extends string> {
  readonly label: string;
  readonly options: readonly { readonly value: T; readonly text: string; readonly title?: string }[];
  readonly chosen: readonly T[];
  readonly onToggle: (value: T) => void;
}

/** A row of joined switches: sides, call and put, views. */
export function Toggles<T extends string>({ label, options, chosen, onToggle }: ToggleProps<T>) {
  return (
    <div className="toggles" role="group" aria-label={label}>
      {options.map(({ value, text, title }) => (
        <button
          key={value}
          type="button"
          title={title}
          aria-pressed={chosen.includes(value)}
          onClick={() => onToggle(value)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}

interface MeterProps {
  /** 0 to 1; null draws an empty bar. */
  readonly value: number | null;
  readonly label: string;
  readonly tone?: Tone;
}

export function Meter({ value, label, tone = "accent" }: MeterProps) {
  const percent = Math.round((value ?? 0) * 100);
  return (
    <span
      className={`meter ${tone}`}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={value === null ? "not known" : `${percent} %`}
    >
      <span style={{ width: `${percent}%` }} />
    </span>
  );
}

/** Give the keyboard to what opened, keep Tab inside it, and give it back when it closes. */
export function useFocusWithin<E extends HTMLElement>(onEscape: () => void, trap = true) {
  const root = useRef<E>(null);
  useEffect(() => {
    const before = document.activeElement;
    const first = root.current?.querySelector<HTMLElement>("[data-autofocus], input, button");
    (first ?? root.current)?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
  useEffect(() => {
    // What had the keyboard is gone or takes no keys any more, and Escape must still be heard.
    if (document.activeElement === document.body) root.current?.focus({ preventScroll: true });
  });
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      onEscape();
    } else if (event.key === "Tab" && trap) {
      const inside = root.current?.querySelectorAll<HTMLElement>(
        "a[href], button:not(:disabled), input:not(:disabled), select, textarea, [tabindex='0']",
      );
      const edge = event.shiftKey ? inside?.[0] : inside?.[inside.length - 1];
      if (inside !== undefined && document.activeElement === edge) {
        event.preventDefault();
        (event.shiftKey ? inside[inside.length - 1] : inside[0])?.focus();
      }
    }
  };
  return { root, onKeyDown };
}

interface OverlayProps {
  readonly label: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly className?: string;
}

/** A modal window over a dimmed screen. */
export function Dialog({ label, onClose, children, className = "" }: OverlayProps) {
  const { root, onKeyDown } = useFocusWithin<HTMLDivElement>(onClose);
  return (
    <div className="overlay" onPointerDown={(event) => event.target === event.currentTarget && onClose()}>
      {/* Escape and Tab are heard for everything inside the window. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={root}
        className={`dialog ${className}`}
        role="dialog"
        aria-modal="true"
        aria-label={label}
        tabIndex={-1}
        onKeyDown={onKeyDown}
      >
        {children}
      </div>
    </div>
  );
}

/** A panel at the right over the screen; the rest stays usable. */
export function Drawer({ label, onClose, children, className = "" }: OverlayProps) {
  const { root, onKeyDown } = useFocusWithin<HTMLDivElement>(onClose, false);
  return (
    // Escape is heard for everything inside the drawer.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      ref={root}
      className={`drawer ${className}`}
      role="dialog"
      aria-label={label}
      tabIndex={-1}
      onKeyDown={onKeyDown}
    >
      {children}
    </div>
  );
}

export interface MenuItem {
  readonly id: string;
  readonly text: string;
  readonly hint?: string;
  readonly checked?: boolean;
  readonly run: () => void;
}

interface MenuProps {
  readonly label: string;
  readonly items: readonly MenuItem[];
  readonly onClose: () => void;
  /** Where it opens, px from the window's corner. */
  readonly x: number;
  readonly y: number;
}

/** A menu at a point; arrows walk it, a press outside closes it. */
export function Menu({ label, items, onClose, x, y }: MenuProps) {
  const { root, onKeyDown } = useFocusWithin<HTMLDivElement>(onClose);
  const walk = (event: KeyboardEvent): void => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (by === 0) {
      onKeyDown(event);
      return;
    }
    event.preventDefault();
    const all = [...(root.current?.querySelectorAll<HTMLElement>("button") ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    all[(at + by + all.length) % all.length]?.focus();
  };
  const left = Math.min(x, window.innerWidth - 236);
  const top = Math.max(0, Math.min(y, window.innerHeight - items.length * 26 - 16));
  return (
    <div className="menu-catch" onPointerDown={(event) => event.target === event.currentTarget && onClose()}>
      <div ref={root} className="menu" role="menu" aria-label={label} tabIndex={-1} style={{ left, top }} onKeyDown={walk}>
        {items.map((item) => (
          <button
            key={item.id}
            type="button"
            role={item.checked === undefined ? "menuitem" : "menuitemcheckbox"}
            aria-checked={item.checked}
            onClick={() => {
              onClose();
              item.run();
            }}
          >
            <span className="menu-mark">{item.checked ? "✓" : ""}</span>
            <span>{item.text}</span>
            {item.hint && <kbd>{item.hint}</kbd>}
          </button>
        ))}
      </div>
    </div>
  );
}

interface PaneFrameProps {
  readonly title: string;
  /** Words beside the title: what is shown, and its state. */
  readonly status?: ReactNode;
  /** At the right end of the head. */
  readonly actions?: ReactNode;
  /** Under the head, before the body: filter bars, strips. */
  readonly bar?: ReactNode;
  readonly children: ReactNode;
}

/** Head of 26 px and body of every pane. */
export function PaneFrame({ title, status, actions, bar, children }: PaneFrameProps) {
  return (
    <>
      <header className="pane-head">
        <h2>{title}</h2>
        <div className="pane-status">{status}</div>
        <div className="pane-actions">{actions}</div>
      </header>
      {bar}
      <div className="pane-body">{children}</div>
    </>
  );
}

interface ScrollerProps {
  readonly label: string;
  readonly className: string;
  readonly children: ReactNode;
}

/** A body that scrolls: whatever is in it, it takes the keyboard so that keys can scroll it. */
export function Scroller({ label, className, children }: ScrollerProps) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={className} tabIndex={0} role="group" aria-label={label}>
      {children}
    </div>
  );
}

interface StateProps {
  readonly title: string;
  readonly detail?: string;
  readonly actions?: readonly { readonly text: string; readonly run: () => void }[];
  readonly tone?: Tone;
}

/** What a pane shows in place of rows: empty, error, not available (terminal specification, 11). */
export function PaneState({ title, detail, actions = [], tone = "plain" }: StateProps) {
  return (
    <div className={`pane-state ${tone}`}>
      <p>{title}</p>
      {detail && <p className="dim">{detail}</p>}
      {actions.length > 0 && (
        <div className="pane-state-actions">
          {actions.map(({ text, run }) => (
            <Button key={text} look="bordered" onClick={run}>
              {text}
            </Button>
          ))}
        </div>
      )}
    </div>
  );
}
