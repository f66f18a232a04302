/**
 * Numbers as the terminal writes them (terminal specification, 3).
 *
 * Missing (null, undefined, not finite) is `–`, unknown is `?`, zero is `0`. The minus sign is the
 * true one. Compact forms are for cells; the exact ones for hover and the drawer.
 */
export const MISSING = "–";
export const UNKNOWN = "?";
const MINUS = "−";

type Value = number | null | undefined;

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const exact = new Intl.NumberFormat("en-US", { maximumFractionDigits: 10 });
const cents = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const fine = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 4 });

function known(value: Value): value is number {
  return value !== null && value !== undefined && Number.isFinite(value);
}

function signed(value: number, text: string): string {
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

const SCALES = [
  { from: 999_500_000, by: 1e9, mark: "B" },
  { from: 999_500, by: 1e6, mark: "M" },
  { from: 999.5, by: 1e3, mark: "k" },
] as const;

/** Three significant digits with k, M, B: `412k`, `1.24M`, `−38.1k`. */
export function compact(value: Value): string {
  if (!known(value)) return MISSING;
  const size = Math.abs(value);
  for (const { from, by, mark } of SCALES) {
    if (size < from) continue;
    const scaled = size / by;
    const digits = scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
    const text = scaled.toFixed(digits);
    return signed(value, `${digits > 0 ? text.replace(/\.?0+$/, "") : text}${mark}`);
  }
  return signed(value, Number.isInteger(size) ? size.toString() : size.toFixed(size < 10 ? 2 : 0));
}

/** Dollars, compact: `$412k`, `$1.24M`; zero is `0`. */
export function money(value: Value): string {
  if (!known(value)) return MISSING;
  if (value === 0) return "0";
  const text = compact(Math.abs(value));
  return signed(value, `$${text}`);
}

/** Dollars, every digit: `$412,350.00`. */
export function moneyExact(value: Value): string {
  return known(value) ? signed(value, `$${cents.format(Math.abs(value))}`) : MISSING;
}

/** Price to the tick: two decimals, up to four where the price has them. */
export function price(value: Value): string {
  if (!known(value)) return MISSING;
  const size = Math.abs(value);
  return signed(value, (Math.abs(size * 100 - Math.round(size * 100)) < 1e-6 ? cents : fine).format(size));
}

/** A count or size, grouped: `1,284`. */
export function count(value: Value): string {
  return known(value) ? signed(value, grouped.format(Math.abs(value))) : MISSING;
}

/** A share as percent: 0.184 is `18.4 %` with one digit. */
export function percent(value: Value, digits = 0): string {
  if (!known(value)) return MISSING;
  return signed(value, `${(Math.abs(value) * 100).toFixed(digits)} %`);
}

/** A figure with fixed decimals. */
export function fixed(value: Value, digits: number): string {
  return known(value) ? signed(value, Math.abs(value).toFixed(digits)) : MISSING;
}

/** The same with its sign always shown: `+0.42`, `−1.30`. */
export function change(value: Value, digits = 2): string {
  if (!known(value)) return MISSING;
  const text = fixed(value, digits);
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/** Milliseconds: `87 ms`, `1.20 s`. */
export function duration(ms: Value): string {
  if (!known(ms)) return MISSING;
  return Math.abs(ms) < 1000 ? `${fixed(ms, 0)} ms` : `${fixed(ms / 1000, 2)} s`;
}

/** Any number, all its digits. */
export function plain(value: Value): string {
  return known(value) ? signed(value, exact.format(Math.abs(value))) : MISSING;
}
