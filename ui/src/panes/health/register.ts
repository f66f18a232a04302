/** Health: where time and records go, and what the gateway rests on. */
import { registerExtra } from "../../app/extras";
import { column, pane, row } from "../../app/layout";
import { registerPage, registerPane } from "../../app/panes";
import { DlqFigure } from "./StatusFigures";
import { startSystem } from "./store";

registerPane({ kind: "ladder", title: "Latency ladder", load: () => import("./LadderPane") });
registerPane({ kind: "flows", title: "Topics and flows", load: () => import("./FlowsPane") });
registerPane({ kind: "losses", title: "Loss ledger", load: () => import("./LossesPane") });
registerPane({ kind: "dependencies", title: "Dependencies", load: () => import("./DependenciesPane") });
registerPane({ kind: "tab", title: "This tab", load: () => import("./TabPane") });
registerPage({
  key: "h",
  path: "health",
  title: "Health",
  layout: column(
    0.32,
    pane("ladder"),
    row(0.52, pane("flows"), column(0.28, pane("losses"), row(0.57, pane("dependencies"), pane("tab")))),
  ),
});
registerExtra("health.dlq", "status", DlqFigure);

if (typeof document !== "undefined") startSystem();
