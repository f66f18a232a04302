/** The export dialog, opened by `x` on any tape. */
import { registerExtra } from "../../app/extras";
import { ExportDialog } from "./ExportDialog";

registerExtra("export", "overlay", ExportDialog);
