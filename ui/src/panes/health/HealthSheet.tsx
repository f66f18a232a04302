/** A pane of Health: a sheet of tables that are kept fresh while it is shown, and why they are not. */
import type { ReactNode } from "react";
import { useStore } from "../../stores/store";
import { Chip, PaneFrame, Scroller } from "../../ui/primitives";
import { system, useWatch } from "./store";
import "./health.css";

interface HealthSheetProps {
  readonly title: string;
  /** Of the region that scrolls. */
  readonly label: string;
  readonly status: string;
  /** The tables. */
  readonly children: ReactNode;
  /** Over or beside the sheet: a state, a dialog. */
  readonly beside?: ReactNode;
}

export function HealthSheet({ title, label, status, children, beside }: HealthSheetProps) {
  useWatch();
  const problem = useStore(system, (value) => value.problem);
  return (
    <PaneFrame
      title={title}
      status={status}
      actions={
        problem !== null && (
          <Chip tone="crit" outlined title={`${problem.message} (${problem.code}, request ${problem.requestId ?? "unknown"})`}>
            not read: {problem.title}
          </Chip>
        )
      }
    >
      <Scroller className="sheet" label={label}>
        {children}
      </Scroller>
      {beside}
    </PaneFrame>
  );
}
