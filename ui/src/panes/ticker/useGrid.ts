/** The premium grid of a symbol, shared by the grid and the tape it filters. */
import { useAnswer } from "../../app/useAnswer";
import type { Answer } from "../../app/useAnswer";
import type { PremiumGrid } from "../../generated/rest";

const AGAIN_MS = 60_000;
const MOST_CELLS = 1_000;

export function useGrid(symbol: string, run: string | null): Answer<PremiumGrid> {
  return useAnswer<PremiumGrid>("/flow/premium-grid", { underlying_id: symbol, limit: MOST_CELLS, run }, AGAIN_MS);
}
