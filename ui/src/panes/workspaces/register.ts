/** Operator's documents: workspaces saved as they change, presets, watchlists, conflicts. */
import { registerExtra } from "../../app/extras";
import { ConflictDialog } from "./ConflictDialog";
import { PresetDialog } from "./PresetDialog";
import { registerOperatorCommands } from "./presets";
import { startSync } from "./sync";

registerExtra("documents.conflict", "overlay", ConflictDialog);
registerExtra("preset.save", "overlay", PresetDialog);

if (typeof location !== "undefined") {
  registerOperatorCommands();
  startSync();
}
