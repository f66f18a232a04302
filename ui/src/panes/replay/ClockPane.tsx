/** The clock of the run on screen. */
import { PaneFrame, PaneState } from "../../ui/primitives";
import { useShownRun } from "./ReplayBar";
import { Transport } from "./Transport";
import { backToLive, replay } from "./store";
import { useStore } from "../../stores/store";

export default function ClockPane() {
  const { name, run } = useShownRun();
  const problem = useStore(replay, (value) => value.problem);
  return (
    <PaneFrame title="Shared clock" status={name ?? "live"}>
      {run !== null ? (
        <Transport run={run} />
      ) : name !== null ? (
        <PaneState
          title={problem?.status === 404 ? `There is no run ${name}.` : `Waiting for what ${name} says of itself.`}
          {...(problem === null ? {} : { detail: `${problem.message} (${problem.code}, request ${problem.requestId ?? "unknown"})` })}
          actions={[{ text: "Back to live", run: backToLive }]}
        />
      ) : (
        <PaneState
          title="The screen is live."
          detail="Choose a run below or start a new one: its clock then drives every pane of this tab."
        />
      )}
    </PaneFrame>
  );
}
