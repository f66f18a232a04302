/** Keeps the inferences of a symbol, or of all, up to date while a tape shows their prints. */
import { ofSymbol } from "../../app/usePane";
import { followRecords } from "../../wire/records";
import { putInference } from "./inferences";

/** Returns what ends it. */
export function followInferences(symbol: string | null, run: string | null): () => void {
  return followRecords({ stream: "inferred-dark", filters: ofSymbol(symbol), depth: 200, run }, (inferences) =>
    inferences.forEach(putInference),
  );
}
