/** Why figures are no longer read, in a pane's head; what was read stays. */
import { Chip } from "../../ui/primitives";
import type { Problem } from "../../wire/rest";

export function ProblemLine({ problem }: { readonly problem: Problem | null }) {
  if (problem === null) return null;
  return (
    <Chip tone="crit" outlined title={`${problem.message} (${problem.code}, request ${problem.requestId ?? "unknown"})`}>
      not read: {problem.title}
    </Chip>
  );
}
