/** The alerts centre: what fired, why it scored so, and how such alerts turned out. */
import { column, pane, row } from "../../app/layout";
import { registerPage, registerPane } from "../../app/panes";

registerPane({ kind: "alerts", title: "Alerts", load: () => import("./AlertsPane") });
registerPane({ kind: "alert-score", title: "Alert score", load: () => import("./ScorePane") });
registerPane({ kind: "scorecard", title: "Scorecard", load: () => import("./ScorecardPane") });
registerPage({
  key: "a",
  path: "alerts",
  title: "Alerts",
  layout: row(0.62, pane("alerts"), column(0.52, pane("alert-score"), pane("scorecard"))),
});
