/** The newest notification, in the status line: the visual twin of its sound. */
import { navigate } from "../../app/router";
import { useStore } from "../../stores/store";
import { timeOf } from "../../ui/time";
import { lastNotice } from "./notify";
import { sound } from "./preferences";

export function NoticeLine() {
  const notice = useStore(lastNotice);
  const isOn = useStore(sound, (value) => value.isOn);
  return (
    <>
      {!isOn && <span className="figure" title="m lets sounds be heard again">muted</span>}
      {notice !== null && (
        <button type="button" className="status-button" title="alert rules and what they delivered" onClick={() => navigate("settings", "rules")}>
          {notice.test ? "test of " : ""}
          {notice.rule}: {notice.underlying_id ?? notice.stream} <b>{timeOf(notice.matched_ts, 0)}</b>
        </button>
      )}
    </>
  );
}
