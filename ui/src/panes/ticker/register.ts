/** The workspace of one symbol. */
import { column, pane, row } from "../../app/layout";
import { registerExtra } from "../../app/extras";
import { registerPage, registerPane } from "../../app/panes";
import { NextEvent } from "./NextEvent";

registerPane({ kind: "ticker-header", title: "Symbol", load: () => import("./HeaderPane") });
registerPane({ kind: "net-premium", title: "Net premium", load: () => import("./NetPremiumPane") });
registerPane({ kind: "delta", title: "Delta", load: () => import("./DeltaPane") });
registerPane({ kind: "premium-grid", title: "Premium by strike and expiry", load: () => import("./GridPane") });
registerPane({ kind: "ticker-flow", title: "Options of the symbol", load: () => import("./FlowPane") });
registerPane({ kind: "ticker-side", title: "State of the symbol", load: () => import("./SidePane") });
registerPage({
  key: "k",
  path: "ticker",
  title: "Ticker",
  layout: column(
    74 / 837,
    pane("ticker-header"),
    row(
      0.5,
      column(0.64, pane("chart", { profile: "1" }), row(0.5, pane("net-premium"), pane("delta"))),
      column(
        0.42,
        row(0.62, pane("premium-grid"), pane("ticker-side")),
        column(0.42, pane("packets"), pane("ticker-flow")),
      ),
    ),
  ),
});
registerExtra("ticker.next-event", "status", NextEvent);
