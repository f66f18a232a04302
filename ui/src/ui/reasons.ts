/** Reason codes as sentences (`reasons.json`). */
import sentences from "./reasons.json";
import help from "./help.json";

const told: Readonly<Record<string, string>> = sentences;
const helped: Readonly<Record<string, string>> = help;

/** Prefixes of codes whose rest is said by another code: `caveat:unknown_condition`. */
const PREFIXES = ["caveat:"] as const;

/** The sentence of a code; a code without one reads as it is, so nothing is hidden. */
export function sentence(code: string): string {
  const known = told[code];
  if (known !== undefined) return known;
  for (const prefix of PREFIXES) {
    if (code.startsWith(prefix)) return told[code.slice(prefix.length)] ?? `${code}.`;
  }
  return `${code.replaceAll("_", " ")}.`;
}

/** What a term, component or field means; null where nothing is written of it. */
export function helpOf(name: string): string | null {
  return helped[name] ?? null;
}
