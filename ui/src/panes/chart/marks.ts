/** Alerts, hits, smart-money events and inferences as marks at bars, thinned (terminal, 8). */
import type { ClassifierHit, DarkInference, FlowAlert, SmartMoneyEvent } from "../../generated";
import { directionGlyph, profileCode, profileName } from "../../ui/market";
import { money, percent } from "../../ui/number";
import { millis } from "../../ui/time";

const MOST_MARKS = 120;

export type MarkKind = "alert" | "smart" | "hit" | "inferred";

/** Name of a colour of the terminal's tokens, without the dashes. */
export type MarkTone = string;

export interface Mark {
  readonly id: string;
  /** Opens its evidence. */
  readonly ref: string;
  readonly kind: MarkKind;
  readonly ms: number;
  /** Decides which mark of a bar is drawn; comparable within a kind. */
  readonly score: number;
  /** At most three characters. */
  readonly glyph: string;
  readonly tone: MarkTone;
  /** What it says in one line. */
  readonly text: string;
  /** Outlined only: abstained, provisional, of low severity. */
  readonly isFaint: boolean;
}

const SEVERITIES: Readonly<Record<string, { glyph: string; tone: MarkTone }>> = {
  high: { glyph: "■", tone: "crit" },
  medium: { glyph: "◧", tone: "warn" },
  low: { glyph: "□", tone: "info" },
};

export function alertMark(alert: FlowAlert): Mark | null {
  if (alert.state === "retracted") return null;
  const severity = SEVERITIES[alert.severity] ?? { glyph: "?", tone: "dim" };
  const { glyph, tone } = severity;
  return {
    id: alert.trace_id,
    ref: alert.alert_id,
    kind: "alert",
    ms: millis(alert.first_ts),
    score: alert.score,
    glyph,
    tone,
    text: `${alert.severity} alert ${Math.round(alert.score)}, ${directionGlyph(alert.direction)} ${alert.direction}: ${alert.headline}`,
    isFaint: alert.severity === "low",
  };
}

/** Initials of a classifier's name: `large_bullish_call_sweep` is `LBC`. */
export function classifierCode(id: string): string {
  const initials = id.split(/[_.-]/).map((word) => word.charAt(0).toUpperCase());
  return initials.slice(0, 3).join("");
}

export function hitMark(hit: ClassifierHit): Mark | null {
  if (hit.retracted) return null;
  return {
    id: hit.trace_id,
    ref: hit.hit_id,
    kind: "hit",
    ms: millis(hit.start_ts),
    score: hit.confidence,
    glyph: classifierCode(hit.classifier_id),
    tone: "dim",
    text: `${hit.classifier_id.replaceAll("_", " ")} ${directionGlyph(hit.direction)} ${hit.direction}, ${percent(hit.confidence)}`,
    isFaint: true,
  };
}

/** An event that names no profile has nothing to mark a bar with; its page lists it. */
export function smartMark(event: SmartMoneyEvent): Mark | null {
  const code = profileCode(event.primary_profile_id);
  if (code === null) return null;
  const { probability } = event.confidence;
  const name = profileName(event.primary_profile_id ?? "");
  const isClear = !event.abstained;
  const said = isClear
    ? `${name} ${percent(probability)}, ${directionGlyph(event.primary_direction)} ${event.primary_direction}`
    : `${name}, abstained: ${event.abstention_reasons.join(", ").replaceAll("_", " ")}`;
  return {
    id: event.trace_id,
    ref: event.event_id,
    kind: "smart",
    ms: millis(event.start_ts),
    // What abstained never stands before what did not.
    score: isClear ? 1 + probability : probability,
    glyph: isClear ? `${code}${directionGlyph(event.primary_direction)}` : code,
    tone: code === "?" ? "dim" : `profile-${code.toLowerCase()}`,
    text: said,
    isFaint: !isClear,
  };
}

const INFERRED: Readonly<Record<string, string>> = {
  absorbed_block: "◌B",
  stealth_accumulation: "◌A",
  distribution: "◌D",
  hidden_liquidity_zone: "◌Z",
};

export function inferredMark(inference: DarkInference): Mark | null {
  if (inference.status === "withdrawn" || inference.status === "rejected") return null;
  return {
    id: inference.trace_id,
    ref: inference.trace_id,
    kind: "inferred",
    ms: millis(inference.window_end_ts),
    score: inference.confidence,
    glyph: INFERRED[inference.kind] ?? "◌",
    tone: "dim",
    text: `inferred ${inference.kind.replaceAll("_", " ")}, ${inference.status}, ${percent(inference.confidence)}, ${money(inference.notional)}`,
    isFaint: true,
  };
}

/** A mark that is drawn, with those of its bar and kind that are not. */
export interface Group {
  readonly mark: Mark;
  readonly bar: number;
  readonly folded: readonly Mark[];
}

const KIND_ORDER: readonly MarkKind[] = ["alert", "smart", "inferred", "hit"];

/**
 * One mark a bar and kind, the highest score; then at most `most`, by kind and score. Where bars are
 * narrower than a mark, `span` of them count as one.
 *
 * What loses its place folds into the nearest group of its kind that keeps one, so every mark in
 * view is either drawn or counted in a `+n`.
 */
export function thinMarks(
  marks: readonly Mark[],
  barOf: (mark: Mark) => number,
  span = 1,
  most = MOST_MARKS,
): readonly Group[] {
  const cells = new Map<string, { mark: Mark; bar: number; folded: Mark[] }>();
  for (const mark of marks) {
    const bar = barOf(mark);
    const key = `${mark.kind}/${Math.floor(bar / span)}`;
    const cell = cells.get(key);
    if (cell === undefined) cells.set(key, { mark, bar, folded: [] });
    else if (mark.score > cell.mark.score) {
      cell.folded.push(cell.mark);
      cell.mark = mark;
      cell.bar = bar;
    } else cell.folded.push(mark);
  }
  const all = [...cells.values()];
  if (all.length <= most) return all;
  all.sort(
    (a, b) =>
      KIND_ORDER.indexOf(a.mark.kind) - KIND_ORDER.indexOf(b.mark.kind) ||
      b.mark.score - a.mark.score,
  );
  const kept = all.slice(0, most);
  for (const lost of all.slice(most)) fold(kept, lost);
  return kept;
}

function fold(kept: readonly { mark: Mark; bar: number; folded: Mark[] }[], lost: Group): void {
  let nearest = kept[0];
  let least = Infinity;
  for (const cell of kept) {
    // Another kind takes it only where none of its own is drawn.
    const distance = Math.abs(cell.bar - lost.bar) + (cell.mark.kind === lost.mark.kind ? 0 : 1e9);
    if (distance < least) {
      least = distance;
      nearest = cell;
    }
  }
  nearest?.folded.push(lost.mark, ...lost.folded);
}
