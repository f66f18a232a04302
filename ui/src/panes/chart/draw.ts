/** Drawing of what lies over the bars, in CSS pixels. Pure but for the canvas it is given. */
import type { EquityProfile } from "../../generated";
import type { Print } from "./circles";
import type { Group } from "./marks";
import type { ChartColours } from "./palette";
import { withAlpha } from "./palette";

export interface DrawnCircle {
  readonly print: Print;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

export interface DrawnGroup {
  readonly group: Group;
  readonly x: number;
  readonly y: number;
  /** As drawn last; px. */
  width: number;
}

type Context = CanvasRenderingContext2D;

const PROFILE_SHARE = 0.2;

function lettering(context: Context, font: string, align: CanvasTextAlign, baseline: CanvasTextBaseline): void {
  context.font = font;
  context.textAlign = align;
  context.textBaseline = baseline;
}

/** Fill 25 %, a fine outline; one colour for all, since a print has no direction by itself. */
export function drawCircles(context: Context, circles: readonly DrawnCircle[], colours: ChartColours): void {
  const tone = colours.of("profile-v");
  context.lineWidth = 1;
  context.strokeStyle = withAlpha(tone, 0.7);
  context.fillStyle = withAlpha(tone, 0.25);
  for (const { x, y, radius } of circles) {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }
}

export function drawMarks(context: Context, groups: readonly DrawnGroup[], colours: ChartColours): void {
  lettering(context, `600 10px ${colours.font}`, "center", "middle");
  context.lineWidth = 1;
  for (const drawn of groups) {
    const { mark, folded } = drawn.group;
    const text = folded.length === 0 ? mark.glyph : `${mark.glyph} +${folded.length}`;
    const width = Math.max(13, Math.ceil(context.measureText(text).width) + 6);
    drawn.width = width;
    const tone = colours.of(mark.tone);
    const left = Math.round(drawn.x - width / 2) + 0.5;
    const top = Math.round(drawn.y - 6.5) + 0.5;
    context.fillStyle = mark.isFaint ? colours.panel : tone;
    context.fillRect(left, top, width, 13);
    context.strokeStyle = tone;
    context.setLineDash(mark.kind === "inferred" ? [2, 2] : []);
    context.strokeRect(left, top, width, 13);
    context.fillStyle = mark.isFaint ? tone : colours.panel;
    context.fillText(text, drawn.x, drawn.y + 0.5);
  }
  context.setLineDash([]);
}

export function drawBreaks(
  context: Context,
  breaks: readonly { readonly x: number; readonly text: string }[],
  height: number,
  colours: ChartColours,
): void {
  lettering(context, `11px ${colours.font}`, "left", "bottom");
  context.fillStyle = colours.faint;
  context.strokeStyle = colours.edge;
  context.setLineDash([2, 4]);
  for (const { x, text } of breaks) {
    const at = Math.round(x) + 0.5;
    context.beginPath();
    context.moveTo(at, 0);
    context.lineTo(at, height);
    context.stroke();
    context.fillText(text, at + 4, height - 4);
  }
  context.setLineDash([]);
}

/** Volume by price hung on the price axis; the value area stronger, nodes marked at its edge. */
export function drawProfile(
  context: Context,
  profile: EquityProfile,
  width: number,
  yOf: (price: number) => number | null,
  colours: ChartColours,
): void {
  const most = profile.volume.reduce((a, b) => Math.max(a, b), 0);
  if (most === 0) return;
  const room = width * PROFILE_SHARE;
  const step = profile.row_e4 / 10_000;
  const inside = withAlpha(colours.dim, 0.3);
  const outside = withAlpha(colours.dim, 0.14);
  profile.volume.forEach((volume, row) => {
    const price = (profile.first_row + row) * step;
    const top = yOf(price + step);
    const bottom = yOf(price);
    if (top === null || bottom === null || volume === 0) return;
    const isValue = profile.val !== null && profile.vah !== null && price >= profile.val && price <= profile.vah;
    const isPoc = profile.poc !== null && Math.abs(price - profile.poc) < step / 2;
    context.fillStyle = isPoc ? withAlpha(colours.accent, 0.6) : isValue ? inside : outside;
    const long = (volume / most) * room;
    context.fillRect(width - long, top, long, Math.max(1, bottom - top - (bottom - top > 3 ? 1 : 0)));
  });
  drawNodes(context, profile, width, yOf, colours);
}

/** High-volume nodes: a word each at the end of their row. */
function drawNodes(
  context: Context,
  profile: EquityProfile,
  width: number,
  yOf: (price: number) => number | null,
  colours: ChartColours,
): void {
  lettering(context, `10px ${colours.font}`, "right", "middle");
  context.fillStyle = colours.faint;
  for (const price of profile.hvns) {
    const y = yOf(price);
    if (y !== null) context.fillText("HVN", width - 4, y);
  }
}
