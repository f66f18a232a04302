/** Operator's documents: workspaces saved as they change, presets, watchlists, conflicts. */
import { registerExtra } from "../../app/extras";
import { ConflictDialog } from "./ConflictDialog";
import { registerOperatorCommands } from "./presets";
import { startSync } from "./sync";

registerExtra("documents.conflict", "overlay", ConflictDialog);

if (typeof location !== "undefined") {
  registerOperatorCommands();
  startSync();
}
