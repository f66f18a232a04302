/** Smart money: profiles of likely participants, and where the system will not name one. */
import { column, pane, row } from "../../app/layout";
import { registerPage, registerPane } from "../../app/panes";

registerPane({ kind: "smart-money", title: "Smart money", load: () => import("./SmartMoneyPane") });
registerPane({ kind: "profile-mix", title: "Profile mix", load: () => import("./MixPane") });
registerPane({ kind: "smart-money-detail", title: "Profile detail", load: () => import("./DetailPane") });
registerPage({
  key: "m",
  path: "smart-money",
  title: "Smart money",
  layout: row(0.62, column(0.72, pane("smart-money"), pane("profile-mix")), pane("smart-money-detail")),
});
