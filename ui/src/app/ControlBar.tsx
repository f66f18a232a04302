/** The one control bar, 40 px: where we are, what is shown, whether it is live. */
import { useEffect, useState } from "react";
import type { SubmitEvent } from "react";
import { clock, clockReading } from "../stores/clock";
import { useStore } from "../stores/store";
import { Button } from "../ui/primitives";
import { clockOf, zone } from "../ui/time";
import { live } from "../wire/live";
import type { Connection } from "../wire/socket";
import { filterSummary } from "../panes/tape/summary";
import { overlay, symbolBox } from "./actions";
import { Extras } from "./extras";
import { chooseSymbol } from "./intents";
import { allPages, pageOf } from "./panes";
import { navigate, route, symbolOfPage } from "./router";
import { activePane, focusPane, names, workspaceName, workspaceNumber } from "./workspace";

export function ControlBar() {
  const here = useStore(route);
  const { page, params } = here;
  const symbol = symbolOfPage(here) ?? "";
  const summary = useStore(filterSummary);
  // Read for its changes.
  useStore(names);
  return (
    <header className="control-bar">
      <h1 className="sr-only">{pageOf(page)?.title ?? page}</h1>
      <span className="bar-workspace" title="workspace (keys 1 to 9)">
        <kbd>{workspaceNumber()}</kbd> <span>{workspaceName(workspaceNumber())}</span>
      </span>
      <nav className="bar-pages" aria-label="pages">
        {allPages().map((each) => (
          <button
            key={each.path}
            type="button"
            aria-current={each.path === page ? "page" : undefined}
            title={`g ${each.key}`}
            onClick={() => navigate(each.path)}
          >
            {each.title}
          </button>
        ))}
        {pageOf(page) === undefined && <span className="bar-unknown">{page}</span>}
      </nav>
      <SymbolBox key={symbol} symbol={symbol} />
      <span className="bar-summary" title={summary}>
        {summary}
      </span>
      <Extras place="bar" />
      {params.run === undefined && <span className="bar-badge">LIVE</span>}
      {/* In a replay the badge carries the run's clock. */}
      {params.run === undefined && <EventClock />}
      <Light />
      <Button look="bordered" onClick={() => overlay.set("palette")} aria-label="Ctrl K, command palette">
        Ctrl K
      </Button>
    </header>
  );
}

/** The keyboard goes back to the pane it came from. */
function leave(): void {
  const pane = activePane.get();
  if (pane === null) symbolBox.get()?.blur();
  else focusPane(pane);
}

function SymbolBox({ symbol }: { readonly symbol: string }) {
  const [text, setText] = useState(symbol);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const next = text.trim().toUpperCase();
    chooseSymbol(next === "" ? null : next);
    leave();
  };
  return (
    <form onSubmit={submit} role="search">
      <input
        ref={(element) => symbolBox.set(element)}
        className="bar-symbol"
        aria-label="symbol"
        placeholder="symbol"
        spellCheck={false}
        autoComplete="off"
        maxLength={12}
        value={text}
        onFocus={(event) => event.target.select()}
        onChange={(event) => setText(event.target.value.toUpperCase())}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          setText(symbol);
          leave();
        }}
      />
    </form>
  );
}

/** A number that changes every `ms`, for what ages by itself. */
function useNow(ms: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), ms);
    return () => window.clearInterval(timer);
  }, [ms]);
  return now;
}

function EventClock() {
  const now = useNow(250);
  const reading = clockReading(useStore(clock), now);
  const shown = useStore(zone);
  return (
    <time className="bar-clock" title={reading.isWall ? "gateway time" : "event time of the newest record"}>
      {clockOf(reading.ms, shown)} <span>{shown}</span>
    </time>
  );
}

const WORDS: Readonly<Record<Connection["state"], string>> = {
  idle: "starting",
  connecting: "connecting",
  live: "connected",
  waiting: "disconnected",
  "signed-out": "signed out",
};

function Light() {
  const { state, retryAt } = useStore(live.connection);
  const now = useNow(250);
  const seconds = retryAt === null ? 0 : Math.max(0, Math.ceil((retryAt - now) / 1000));
  return (
    <span className={`bar-light ${state}`} role="status" title="R reconnects now">
      <i aria-hidden="true">{state === "live" ? "●" : "○"}</i>
      {WORDS[state]}
      {state === "waiting" && ` ${seconds} s`}
    </span>
  );
}
