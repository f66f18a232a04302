/** The chart: candles, off-exchange circles and markers of one symbol. */
import { registerPane } from "../../app/panes";

registerPane({ kind: "chart", title: "Chart", load: () => import("./ChartPane") });
