/** Settings, the rule editor, and what rules say. */
import { registerCommands } from "../../app/commands";
import { registerExtra } from "../../app/extras";
import { pane } from "../../app/layout";
import { registerPage, registerPane } from "../../app/panes";
import { NoticeLine } from "./NoticeLine";
import { NewRule } from "./RuleDialog";
import { startNotices } from "./notify";
import { sound, startPreferences } from "./preferences";

registerPane({ kind: "settings", title: "Settings", load: () => import("./SettingsPane") });
registerPage({ key: ",", path: "settings", title: "Settings", layout: pane("settings") });
registerExtra("rule.new", "overlay", NewRule);
registerExtra("notice", "status", NoticeLine);
registerCommands([
  {
    id: "sound.mute",
    title: "Mute or unmute sounds",
    group: "Alerts",
    keys: ["m"],
    run: () => sound.patch({ isOn: !sound.get().isOn }),
  },
]);

if (typeof location !== "undefined") {
  startPreferences();
  startNotices();
}
