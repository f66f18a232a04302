/** Colours of the tokens for a canvas, which cannot read CSS variables. */

export interface ChartColours {
  readonly panel: string;
  readonly raised: string;
  readonly line: string;
  readonly edge: string;
  readonly text: string;
  readonly dim: string;
  readonly faint: string;
  readonly accent: string;
  readonly up: string;
  readonly down: string;
  /** Any token by its name without dashes. */
  readonly of: (name: string) => string;
  readonly font: string;
}

export function readColours(host: Element): ChartColours {
  const style = getComputedStyle(host);
  const of = (name: string): string => style.getPropertyValue(`--${name}`).trim() || "#888888";
  return {
    panel: of("panel"),
    raised: of("raised"),
    line: of("line"),
    edge: of("edge"),
    text: of("text"),
    dim: of("dim"),
    faint: of("faint"),
    accent: of("accent"),
    up: of("up"),
    down: of("down"),
    of,
    font: style.fontFamily,
  };
}

/** A six-digit colour with an alpha of 0 to 1. */
export function withAlpha(colour: string, alpha: number): string {
  const digits = Math.round(Math.min(1, Math.max(0, alpha)) * 255).toString(16).padStart(2, "0");
  return /^#[0-9a-f]{6}$/i.test(colour) ? `${colour}${digits}` : colour;
}
