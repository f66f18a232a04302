/** Packets: prints of one contract, or legs of one structure, that belong together. */
import { registerPane } from "../../app/panes";

registerPane({ kind: "packets", title: "Packets", load: () => import("./PacketsPane") });
