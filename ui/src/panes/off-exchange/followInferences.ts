/** Keeps the inferences of some symbols up to date while a tape shows their prints. */
import type { DarkInference } from "../../generated";
import { live } from "../../wire/live";
import { putInference } from "./inferences";

/** Keep up with the inferences of some symbols; returns what ends it. */
export function followInferences(symbols: readonly string[], run: string | null): () => void {
  const filters = symbols.length === 0 ? {} : { underlying_ids: symbols };
  const subscription = live.subscribe(
    { channel: "inferred-dark", filters, depth: 200, run },
    {
      onFrame: (frame) => {
        if (frame.type !== "snapshot" && frame.type !== "events") return;
        for (const item of frame.items as unknown as readonly DarkInference[]) putInference(item);
      },
    },
  );
  return () => subscription.close();
}
