/**
 * Why, and why not: sentences of the records themselves, and codes read through `reasons.json`.
 *
 * Every group of sentences ends in the numbers of what the record that said it rests on. Numbers
 * are given over the whole document in the order of first mention, so `[3]` is one record wherever
 * it stands.
 */
import type { ClassifierHit, FlowAlert, SmartMoneyEvent } from "../../generated";
import { profileName } from "../../ui/market";
import { percent } from "../../ui/number";
import { sentence } from "../../ui/reasons";
import { refText } from "./refs";
import type { Evidence } from "../../generated/rest";

export interface WhyGroup {
  /** Ref of the record that says it. */
  readonly by: string;
  readonly title: string;
  readonly sentences: readonly string[];
  readonly refs: readonly string[];
}

export interface Numbered {
  readonly groups: readonly (WhyGroup & { readonly ranges: readonly (readonly [number, number])[] })[];
  /** Ref of each number; the first is number 1. */
  readonly refs: readonly string[];
}

/** Runs of whole numbers: 1, 2, 3, 7 are `1–3` and `7`. */
export function rangesOf(numbers: readonly number[]): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (const number of [...new Set(numbers)].toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] + 1 === number) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}

export function numbered(groups: readonly WhyGroup[]): Numbered {
  const numbers = new Map<string, number>();
  const told = groups.map((group) => {
    const mine = group.refs.map((ref) => {
      const number = numbers.get(ref) ?? numbers.size + 1;
      numbers.set(ref, number);
      return number;
    });
    return { ...group, ranges: rangesOf(mine) };
  });
  return { groups: told, refs: [...numbers.keys()] };
}

function ofAlert(alert: FlowAlert): WhyGroup {
  return {
    by: alert.alert_id,
    title: "Alert",
    sentences: alert.why,
    refs: alert.evidence_refs.map(refText),
  };
}

function ofHit(hit: ClassifierHit): WhyGroup {
  return {
    by: hit.hit_id,
    title: `${hit.classifier_id.replaceAll("_", " ")} ${percent(hit.confidence)}`,
    sentences: hit.explanations,
    refs: hit.evidence_refs.map(refText),
  };
}

function ofEvent(event: SmartMoneyEvent): WhyGroup | null {
  const best = event.profile_scores[0];
  if (best === undefined || best.reasons.length === 0) return null;
  const named = event.abstained ? "nearest profile, not named" : "profile";
  return {
    by: event.event_id,
    title: `${named}: ${profileName(best.profile_id)} ${percent(best.probability)}`,
    sentences: best.reasons.map(sentence),
    refs: event.evidence_refs.map(refText),
  };
}

/** Strongest first: what the alert says, each hit by confidence, then the profile's reasons. */
export function whyOf(document: Evidence): readonly WhyGroup[] {
  const groups: WhyGroup[] = [];
  if (document.alert !== null) groups.push(ofAlert(document.alert));
  groups.push(...document.hits.toSorted((a, b) => b.confidence - a.confidence).map(ofHit));
  for (const event of document.smart_money) {
    const group = ofEvent(event);
    if (group !== null) groups.push(group);
  }
  const print = document.prints.find((each) => document.root === `print:${each.trace_id}`);
  if (print !== undefined && print.signal_reasons.length > 0) {
    groups.push({
      by: document.root,
      title: print.signal_pass ? "passes the signal filter" : "does not pass the signal filter",
      sentences: print.signal_reasons.map(sentence),
      refs: print.nbbo_trace_id === null ? [] : [`option-nbbo:${print.nbbo_trace_id}`],
    });
  }
  return groups;
}

function againstEvent(event: SmartMoneyEvent): WhyGroup | null {
  const suppressed = new Set(event.suppressed_reasons);
  const codes = [...event.suppressed_reasons, ...event.abstention_reasons.filter((code) => !suppressed.has(code))];
  const caveats = event.caveats.map(
    ({ code, share, penalty }) =>
      `${sentence(code)} Share ${percent(share)}${penalty > 0 ? `, costs ${percent(penalty)}` : ", costs nothing"}.`,
  );
  const named = event.primary_profile_id;
  const lost = event.profile_scores
    .filter(({ profile_id, probability }) => profile_id !== named && probability >= 0.1)
    .map(({ profile_id, probability }) => `${profileName(profile_id)} had ${percent(probability)} and was not chosen.`);
  const sentences = [...codes.map(sentence), ...caveats, ...lost];
  if (sentences.length === 0) return null;
  const [first = "", ...rest] = sentences;
  return {
    by: event.event_id,
    title: event.abstained ? "No direction given" : `Against ${named === null ? "it" : profileName(named)}`,
    sentences: [first, ...rest],
    refs: event.caveats.flatMap((caveat) => caveat.evidence_refs.map(refText)),
  };
}

/** What speaks against it: suppressions, penalties, and hypotheses that lost. */
export function whyNotOf(document: Evidence): readonly WhyGroup[] {
  const groups: WhyGroup[] = [];
  const { alert } = document;
  const minus = alert?.components.filter(({ points }) => points < -0.05) ?? [];
  if (alert !== null && minus.length > 0) {
    groups.push({
      by: alert.alert_id,
      title: "Taken off the score",
      sentences: minus.map(({ name, points }) => `${sentence(`minus:${name}`)} ${points.toFixed(1).replace("-", "−")} points.`),
      refs: [],
    });
  }
  for (const event of document.smart_money) {
    const group = againstEvent(event);
    if (group !== null) groups.push(group);
  }
  return groups;
}

/** Whether the record abstained: then what speaks against it comes first. */
export function abstains(document: Evidence): boolean {
  return document.smart_money.some((event) => event.event_id === document.root && event.abstained);
}
