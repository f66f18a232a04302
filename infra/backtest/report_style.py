"""How the page of a backtest looks: the colours of the charts, dark and light, and on paper."""

from typing import Final

from infra.chart.theme import THEMES
from infra.chart.theme import Theme
from infra.chart.theme import ThemeName

_RULES: Final = """
* { box-sizing: border-box; }
html { background: var(--paper); color-scheme: light dark; scroll-padding-top: 16px; }
body { margin: 0 auto; max-width: 1200px; padding: 24px 32px 64px; background: var(--paper);
  color: var(--text); font: 14px/1.5 Inter, "DejaVu Sans", system-ui, sans-serif;
  font-variant-numeric: tabular-nums; }
h1, h2, h3, p, dl, dd, figure, ul { margin: 0; padding: 0; }
h1 { font-size: 15px; font-weight: 600; color: var(--dim); margin: 20px 0 4px; }
h2 { font-size: 17px; font-weight: 600; margin: 44px 0 6px; padding-top: 14px;
  border-top: 1px solid var(--edge); }
h3 { font-size: 14px; font-weight: 600; margin: 24px 0 2px; }
a { color: var(--accent); }
a:focus-visible, .scroll:focus-visible, pre:focus-visible { outline: 2px solid var(--accent);
  outline-offset: 2px; }
code, pre { font: 12.5px/1.5 "JetBrains Mono", "DejaVu Sans Mono", ui-monospace, monospace; }
pre { margin: 8px 0 0; padding: 10px 12px; overflow-x: auto; background: var(--shade);
  border: 1px solid var(--edge); white-space: pre-wrap; overflow-wrap: anywhere; }
.skip { position: absolute; left: -9999px; }
.skip:focus { left: 16px; top: 12px; padding: 4px 10px; background: var(--paper); }
.top { display: flex; flex-wrap: wrap; gap: 4px 16px; justify-content: space-between;
  color: var(--dim); font-size: 13px; }
.top strong { color: var(--text); font-weight: 600; }
.past { border-left: 3px solid var(--warn); padding-left: 8px; color: var(--text); }
.answer { font-size: 21px; line-height: 1.4; max-width: 60em; }
.answer strong { font-weight: 600; }
.note, .about { color: var(--dim); max-width: 78em; }
.about { margin-bottom: 10px; font-size: 13px; } .scroll + .note { margin-top: 10px; }
.figures { display: flex; flex-wrap: wrap; margin: 20px 0 14px; border-top: 1px solid var(--edge);
  border-bottom: 1px solid var(--edge); }
.figures div { flex: 1 1 0; min-width: 150px; padding: 10px 16px; }
.figures div + div { border-left: 1px solid var(--edge); }
.figures div:first-child { padding-left: 0; }
.figures dt { color: var(--dim); font-size: 12px; }
.figures dd { font-size: 22px; line-height: 1.3; white-space: nowrap; }
.figures .more { white-space: normal; font-size: 12px; color: var(--dim); }
nav ul { display: flex; flex-wrap: wrap; gap: 2px 18px; list-style: none; margin-top: 18px;
  font-size: 13px; }
.facts { display: grid; grid-template-columns: 172px 1fr; gap: 4px 16px; margin-top: 8px; }
.facts dt { color: var(--dim); }
.facts dd { overflow-wrap: anywhere; }
.pair .facts { grid-template-columns: 220px 1fr; }
.caveats li { margin: 6px 0; max-width: 78em; }
.caveats { padding-left: 20px; }
.pair { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 24px;
  align-items: start; margin-top: 10px; }
figure { margin-top: 10px; }
footer { margin-top: 40px; padding-top: 12px; border-top: 1px solid var(--edge); }
.scroll { overflow-x: auto; margin-top: 10px; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
caption { text-align: left; color: var(--dim); font-size: 12px; padding: 4px 0; }
th, td { text-align: left; font-weight: 400; padding: 4px 12px 4px 0; vertical-align: baseline;
  white-space: nowrap; border-bottom: 1px solid var(--grid); }
thead th { color: var(--dim); font-size: 12px; vertical-align: bottom;
  border-bottom: 1px solid var(--edge); }
.number { text-align: right; }
td:last-child, th:last-child { padding-right: 0; }
.wide { white-space: normal; overflow-wrap: anywhere; min-width: 230px; }
.section th { padding-top: 14px; color: var(--dim); font-weight: 600; font-size: 12px; }
.weak td, .weak th, .nothing { color: var(--faint); }
tr.chosen th { font-weight: 600; }
td small { min-width: 108px; white-space: normal; } td small.why { min-width: 150px; }
td small.of { min-width: 0; }
td small, th small { display: block; font-size: 11.5px; font-weight: 400; color: var(--dim); }
.weak small, td.small, td.small small { color: var(--faint); }
td .faint { color: var(--faint); }
td .beats { color: var(--up); } td .below { color: var(--down); }
.tag { border: 1px solid var(--flat); border-radius: 2px; padding: 0 4px; font-size: 11px;
  color: var(--dim); }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { font: 12px Inter, "DejaVu Sans", system-ui, sans-serif; fill: var(--text);
  font-variant-numeric: tabular-nums; }
svg .dim { fill: var(--dim); } svg .faint { fill: var(--faint); font-size: 11px; }
svg .heading { fill: var(--dim); font-weight: 600; font-size: 11.5px; }
svg .word { font-size: 11.5px; }
svg line.grid, svg line.row { stroke: var(--grid); } svg line.edge { stroke: var(--edge); }
svg line.zero { stroke: var(--flat); stroke-width: 1.4; }
svg line.even { stroke: var(--flat); stroke-dasharray: 2 4; }
svg .beats { stroke: var(--up); fill: var(--up); }
svg .below { stroke: var(--down); fill: var(--down); }
svg .accent, svg .accent line { stroke: var(--accent); fill: var(--accent); }
svg .even.bar, svg .even.mark, svg .even.bar line, svg polygon.even { stroke: var(--accent);
  fill: var(--accent); stroke-dasharray: none; }
svg .weak { stroke: var(--flat); fill: var(--flat); }
svg .bar { stroke-width: 2; } svg .thin { stroke-width: 1; stroke-opacity: .55; }
svg .weak.mark { fill: var(--paper); stroke-width: 1.6; }
svg text.beats { fill: var(--up); stroke: none; } svg text.below { fill: var(--down);
  stroke: none; }
svg text.even { fill: var(--text); stroke: none; }
svg text.weak { fill: var(--faint); stroke: none; }
svg .base { stroke: var(--base); fill: var(--paper); stroke-width: 1.8; }
svg .outline { fill: none; } svg .column { stroke: none; }
svg .level { stroke-width: 1.2; stroke-dasharray: 5 4; }
svg .count { fill: var(--lit); } svg .gain { fill: var(--up); fill-opacity: .75; }
svg .loss { fill: var(--down); fill-opacity: .75; }
@media (max-width: 860px) {
body { padding: 16px; } .pair { grid-template-columns: minmax(0, 1fr); }
.facts { grid-template-columns: 1fr; } .facts dd { margin-bottom: 6px; }
.wide-plot { overflow-x: auto; } .wide-plot svg { min-width: 860px; }
}
@media print {
body { max-width: none; padding: 0; font-size: 11px; } nav, .skip { display: none; }
h2, h3, caption { break-after: avoid; } figure, tr, li, .figures { break-inside: avoid; }
.scroll { overflow: visible; } table { font-size: 10.5px; } th, td { padding: 2px 9px 2px 0; }
thead th, caption, .section th, .figures dt, .figures .more { font-size: 10px; }
td small, th small, .about { font-size: 9.5px; } h2 { font-size: 14px; margin-top: 24px; }
.answer { font-size: 16px; } .figures dd { font-size: 16px; }
}
@page { size: landscape; margin: 12mm; }
"""


def style_sheet() -> str:
    """Return the rules of the page; light where the reader's system is, and on paper."""
    light, dark = THEMES[ThemeName.LIGHT], THEMES[ThemeName.DARK]
    return (
        f":root {{ {_variables(light)} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {_variables(dark)} }} }}\n"
        f"{_RULES.strip()}\n"
    )


def _variables(theme: Theme) -> str:
    named = {
        **{name: getattr(theme, name) for name in ("paper", "shade", "text", "dim", "faint")},
        **{name: getattr(theme, name) for name in ("grid", "edge", "up", "down", "flat", "lit")},
        "accent": theme.poc,
        "base": theme.vwap,
        "warn": theme.vwap,
    }
    return " ".join(f"--{name}: {value};" for name, value in named.items())
