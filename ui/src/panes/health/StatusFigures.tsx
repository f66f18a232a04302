/** Dead letters in the status line. */
import { navigate } from "../../app/router";
import { useStore } from "../../stores/store";
import { MISSING, count } from "../../ui/number";
import { deadLetters } from "./model";
import { system } from "./store";

export function DlqFigure() {
  const total = useStore(system, (value) => (value.pipeline === null ? null : deadLetters(value.pipeline.topics)));
  return (
    <button type="button" className="status-button" title="dead letters of all topics; opens Health" onClick={() => navigate("health")}>
      DLQ <b className={total !== null && total > 0 ? "warn-text" : ""}>{total === null ? MISSING : count(total)}</b>
    </button>
  );
}
