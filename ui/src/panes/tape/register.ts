/** The options tape and the first page. */
import { column, pane, row } from "../../app/layout";
import { registerPage, registerPane } from "../../app/panes";

registerPane({ kind: "options-tape", title: "Options", load: () => import("./OptionsTapePane") });

// Shares of the 1440 × 900 screen: 892 and 547 px wide, 530 over 307 and 426 over 411 px high.
registerPage({
  key: "t",
  path: "tape",
  title: "Tape",
  layout: row(
    892 / 1439,
    column(530 / 837, pane("options-tape"), pane("packets")),
    column(426 / 837, pane("chart"), pane("alerts")),
  ),
});
