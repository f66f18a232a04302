/** What the shell itself can do: pages, workspaces, panes, look, connection. */
import { switchZone } from "../ui/time";
import { live } from "../wire/live";
import { registerCommands } from "./commands";
import type { Command } from "./commands";
import { look } from "./look";
import type { Look } from "./look";
import { allPages, paneKinds } from "./panes";
import { navigate } from "./router";
import { createStore } from "../stores/store";
import * as workspace from "./workspace";

export type Overlay = "palette" | "keys" | null;
export const overlay = createStore<Overlay>(null);
/** Set by the symbol box; `s` gives it the keyboard. */
export const symbolBox = createStore<HTMLInputElement | null>(null);

function lookCommands(): readonly Command[] {
  const set = (id: string, title: string, part: Partial<Look>): Command => ({
    id: `look.${id}`,
    title,
    group: "Look",
    run: () => look.patch(part),
  });
  return [
    set("dark", "Theme: dark", { theme: "dark" }),
    set("light", "Theme: light", { theme: "light" }),
    set("system", "Theme: as the system", { theme: "system" }),
    set("standard", "Colours: green and red", { colours: "standard" }),
    set("safe", "Colours: blue and orange (colour-blind set)", { colours: "safe" }),
    set("compact", "Density: compact rows", { density: "compact" }),
    set("normal", "Density: normal rows", { density: "normal" }),
    set("roomy", "Density: roomy rows", { density: "roomy" }),
  ];
}

function pageCommands(): readonly Command[] {
  return allPages().map((page) => ({
    id: `page.${page.path}`,
    title: `Go to ${page.title}`,
    group: "Pages",
    keys: [`g ${page.key}`],
    run: () => navigate(page.path),
  }));
}

function paneCommands(): readonly Command[] {
  return paneKinds().flatMap(({ kind, title }) => [
    {
      id: `open.${kind}.below`,
      title: `Open pane below: ${title}`,
      group: "Panes",
      run: () => workspace.openPane(kind, "column"),
    },
    {
      id: `open.${kind}.right`,
      title: `Open pane at the right: ${title}`,
      group: "Panes",
      run: () => workspace.openPane(kind, "row"),
    },
  ]);
}

function shellCommands(): readonly Command[] {
  const open = (which: Overlay) => () => overlay.set((now) => (now === which ? null : which));
  const active = (run: (id: string) => void) => () => {
    const id = workspace.activePane.get();
    if (id !== null) run(id);
  };
  return [
    { id: "palette", title: "Command palette", group: "Shell", keys: ["Ctrl+k", ":"], quiet: true, run: open("palette") },
    { id: "keys", title: "Key list", group: "Shell", keys: ["?"], run: open("keys") },
    { id: "symbol", title: "Symbol box", group: "Shell", keys: ["s"], run: () => symbolBox.get()?.focus() },
    { id: "zone", title: "Switch times between ET and UTC", group: "Shell", keys: ["u"], run: switchZone },
    { id: "reconnect", title: "Reconnect now", group: "Shell", keys: ["R"], run: () => live.retryNow() },
    { id: "pane.next", title: "Next pane", group: "Panes", keys: ["J", "Ctrl+ArrowRight", "Ctrl+ArrowDown"], run: () => workspace.stepPane(1) },
    { id: "pane.previous", title: "Previous pane", group: "Panes", keys: ["K", "Ctrl+ArrowLeft", "Ctrl+ArrowUp"], run: () => workspace.stepPane(-1) },
    { id: "pane.maximise", title: "Maximise or restore the pane", group: "Panes", keys: ["z"], run: workspace.toggleMaximised },
    { id: "pane.close", title: "Close the pane", group: "Panes", run: active(workspace.closePane) },
    { id: "layout.arrange", title: "Arrange panes", group: "Panes", run: () => workspace.arranging.set((on) => !on) },
    { id: "layout.reset", title: "Reset the layout", group: "Panes", run: workspace.resetLayout },
    ...Array.from({ length: 9 }, (_, at) => ({
      id: `workspace.${at + 1}`,
      title: `Workspace ${at + 1}: ${workspace.workspaceName(at + 1)}`,
      group: "Workspaces",
      keys: [String(at + 1)],
      run: () => workspace.chooseWorkspace(at + 1),
    })),
  ];
}

/** Register the shell's commands; panes and pages must have been registered before. */
export function registerShellCommands(): void {
  registerCommands([...shellCommands(), ...pageCommands(), ...paneCommands(), ...lookCommands()]);
}
