/** Settings: one section at a time, named in the address (`/app/settings/sql`). */
import type { ComponentType } from "react";
import { navigate, route } from "../../app/router";
import { useStore } from "../../stores/store";
import { PaneFrame } from "../../ui/primitives";
import { BundleSection } from "./Bundle";
import { KeysSection, LicencesSection } from "./About";
import { LookSection } from "./LookSection";
import { RulesSection } from "./Rules";
import { SqlSection } from "./Sql";
import { SyntheticSection } from "./Synthetic";
import { TokensSection } from "./Tokens";
import { WatchlistsSection, WorkspacesSection } from "./Lists";
import { config } from "../../stores/config";
import "./settings.css";

interface Section {
  readonly path: string;
  readonly title: string;
  readonly component: ComponentType;
}

const SECTIONS: readonly Section[] = [
  { path: "look", title: "Look, sound, keys", component: LookSection },
  { path: "workspaces", title: "Workspaces", component: WorkspacesSection },
  { path: "watchlists", title: "Watchlists", component: WatchlistsSection },
  { path: "rules", title: "Alert rules", component: RulesSection },
  { path: "tokens", title: "API tokens", component: TokensSection },
  { path: "synthetic", title: "Synthetic market", component: SyntheticSection },
  { path: "sql", title: "SQL console", component: SqlSection },
  { path: "bundle", title: "Export and import", component: BundleSection },
  { path: "keys", title: "Keys", component: KeysSection },
  { path: "licences", title: "Licences", component: LicencesSection },
];

export default function SettingsPane() {
  const rest = useStore(route, (value) => value.rest);
  const isSynthetic = useStore(config, (value) => value.feeds.some((feed) => feed.startsWith("synthetic")));
  const offered = SECTIONS.filter((each) => each.path !== "synthetic" || isSynthetic);
  const shown = offered.find((each) => each.path === rest) ?? offered[0];
  if (shown === undefined) return null;
  const Shown = shown.component;
  return (
    <PaneFrame title="Settings" status={shown.title}>
      <div className="settings">
        <nav aria-label="settings">
          {offered.map((each) => (
            <button
              key={each.path}
              type="button"
              aria-current={each === shown ? "page" : undefined}
              onClick={() => navigate("settings", each.path)}
            >
              {each.title}
            </button>
          ))}
        </nav>
        {/* Scrolls, so it takes the keyboard. */}
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
        <section className="sheet form" aria-label={shown.title} tabIndex={0}>
          <Shown />
        </section>
      </div>
    </PaneFrame>
  );
}
