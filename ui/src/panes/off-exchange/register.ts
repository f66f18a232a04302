/** Off-exchange prints, their levels, and what is inferred from them. */
import { column, pane, row } from "../../app/layout";
import { registerPage, registerPane } from "../../app/panes";

registerPane({ kind: "off-exchange-prints", title: "Off-exchange prints", load: () => import("./PrintsPane") });
registerPane({ kind: "off-exchange-levels", title: "Off-exchange levels", load: () => import("./LevelsPane") });
registerPane({ kind: "inferred", title: "Inferred events", load: () => import("./InferredPane") });
registerPage({
  key: "o",
  path: "off-exchange",
  title: "Off-exchange",
  layout: row(
    892 / 1439,
    column(0.62, pane("off-exchange-prints"), pane("inferred")),
    column(0.5, pane("chart"), pane("off-exchange-levels")),
  ),
});
