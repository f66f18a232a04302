/** A document was changed elsewhere: both versions, and which is to stay. */
import { useStore } from "../../stores/store";
import { Button, Dialog } from "../../ui/primitives";
import { stampExact } from "../../ui/time";
import { conflicts } from "./documents";
import "./workspaces.css";

export function ConflictDialog() {
  const conflict = useStore(conflicts)[0];
  if (conflict === undefined) return null;
  const { kind, mine, theirs, resolve } = conflict;
  const side = (title: string, note: string, body: unknown) => (
    <section>
      <h3>{title}</h3>
      <p className="form-note">{note}</p>
      <pre className="mono">{body === null ? "deleted" : JSON.stringify(body, null, 1)}</pre>
    </section>
  );
  return (
    <Dialog label="changed in two places" onClose={() => void resolve("theirs")} className="wide-dialog">
      <div className="form conflict">
        <h2 className="dialog-title">
          “{mine.name}” ({kind}) was changed in another tab
        </h2>
        <div className="conflict-sides">
          {side("This tab", "not saved yet", mine.body)}
          {side(
            "Saved meanwhile",
            theirs === null ? "it was deleted there" : `version ${theirs.version}, ${stampExact(theirs.updated_ts).slice(0, 19)}`,
            theirs?.body ?? null,
          )}
        </div>
        <div className="form-actions">
          <Button look="primary" onClick={() => void resolve("mine")}>
            Keep what this tab shows
          </Button>
          <Button look="bordered" onClick={() => void resolve("theirs")}>
            Take what was saved
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
