/** Equity prints and the quotes of the watchlist. */
import { pane, row } from "../../app/layout";
import { registerPage, registerPane } from "../../app/panes";

registerPane({ kind: "equity-prints", title: "Equity prints", load: () => import("./PrintsPane") });
registerPane({ kind: "quotes", title: "Quotes", load: () => import("./QuotesPane") });
registerPage({
  key: "e",
  path: "equities",
  title: "Equities",
  layout: row(820 / 1439, pane("equity-prints"), pane("quotes")),
});
