/** Which inferred event an off-exchange print belongs to, by the id of its join. */
import type { DarkInference } from "../../generated";
import { percent } from "../../ui/number";
import { inferredKind } from "./words";

const MOST = 500;

/** Newest inferences by their id, oldest first. */
const held = new Map<string, DarkInference>();
const byJoin = new Map<string, string>();

export function putInference(inference: DarkInference): void {
  const before = held.get(inference.trace_id);
  if (before !== undefined && before.revision >= inference.revision) return;
  held.set(inference.trace_id, inference);
  for (const { id } of inference.evidence_refs) byJoin.set(id, inference.trace_id);
  while (held.size > MOST) {
    const oldest = held.values().next().value;
    if (oldest === undefined) return;
    held.delete(oldest.trace_id);
    for (const { id } of oldest.evidence_refs) if (byJoin.get(id) === oldest.trace_id) byJoin.delete(id);
  }
}

/** The inference that names a join, unless it was withdrawn. */
export function inferenceOf(joinId: string): DarkInference | null {
  const found = held.get(byJoin.get(joinId) ?? "") ?? null;
  return found === null || found.status === "withdrawn" ? null : found;
}

export function inferenceText(joinId: string): string {
  const found = inferenceOf(joinId);
  return found === null ? "" : `${inferredKind(found.kind)} ${percent(found.confidence)}`;
}
