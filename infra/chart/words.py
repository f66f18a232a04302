"""What a chart says in words: title and legend."""

from datetime import timedelta
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from flows.common.calendar import EPOCH
from infra.chart.inferences import SHAPES
from infra.chart.series import CONFIRMED
from infra.chart.series import KINDS
from infra.chart.series import ChartData
from infra.chart.series import off_exchange_share
from infra.chart.series import short_shares
from infra.chart.theme import Theme
from infra.cli.output import counted

_KIND_NAMES: Final = {
    "absorbed_block": "absorbed block",
    "stealth_accumulation": "stealth accumulation",
    "distribution": "distribution",
    "hidden_liquidity_zone": "hidden liquidity zone",
}
_INTERVALS: Final = {
    "1m": "1-minute",
    "5m": "5-minute",
    "15m": "15-minute",
    "30m": "30-minute",
    "1h": "1-hour",
}
_ROW: Final = 0.090
_TOP: Final = 0.95
_COLUMNS: Final = {2: (0.0, 0.5), 3: (0.0, 0.33, 0.66)}


def headline(data: ChartData) -> str:
    """Return what is shown, and of which day."""
    day = EPOCH + timedelta(days=data.trade_date)
    return f"{day:%A}, {day.day} {day:%B %Y}  ·  {_INTERVALS[data.interval]} bars  ·  New York time"


def figures(data: ChartData) -> list[tuple[str, str]]:
    """Return the numbers of the day as name and value; open to close are those of the bars."""
    bars = data.bars
    share = off_exchange_share(bars)
    decimals = 4 if bars[-1].close < 1 else 2
    prices = (
        ("O", bars[0].open),
        ("H", max(bar.high for bar in bars)),
        ("L", min(bar.low for bar in bars)),
        ("C", bars[-1].close),
    )
    return [
        *[(name, f"{price:,.{decimals}f}") for name, price in prices],
        ("volume", short_shares(sum(bar.volume for bar in bars))),
        ("off-exchange", "–" if share is None else f"{share:.1%}"),
        ("prints", f"{sum(bar.trade_count for bar in bars):,}"),
    ]


def tallies(data: ChartData) -> list[tuple[str, int, float]]:
    """Return kind, number and shares of the largest inference, every kind once."""
    found = []
    for kind in KINDS:
        chosen = [each for each in data.inferences if each.kind == kind]
        found.append((kind, len(chosen), max([each.shares for each in chosen], default=0.0)))
    return found


def draw_title(figure: Figure, data: ChartData, theme: Theme) -> None:
    """Write symbol, day and numbers above the panes."""
    first, last = data.bars[0].open, data.bars[-1].close
    color = theme.up if last >= first else theme.down
    name = figure.text(
        0.022, 0.945, data.symbol, fontsize=25, fontweight="bold", color=theme.text, va="center"
    )
    right = name.get_window_extent().x1 / figure.bbox.width + 0.014
    figure.text(right, 0.958, headline(data), fontsize=11, color=theme.dim, va="center")
    change = f"{last - first:+,.2f}  ({(last - first) / first:+.2%})".replace("-", "−")
    at = right
    for label, value in [*figures(data), ("", change)]:
        told = [(value, color)] if not label else [(label, theme.faint), (value, theme.text)]
        for text, tone in told:
            written = figure.text(at, 0.930, text, fontsize=10.5, color=tone, va="center")
            at = written.get_window_extent().x1 / figure.bbox.width + 0.004
        at += 0.008
    source = f"source {data.source}  ·  {counted(len(data.bars), 'bar')}"
    figure.text(0.985, 0.958, source, fontsize=9.5, color=theme.faint, va="center", ha="right")
    found = counted(len(data.inferences), "inference")
    figure.text(0.985, 0.930, found, fontsize=9.5, color=theme.faint, va="center", ha="right")


def draw_legend(pane: Axes, data: ChartData, theme: Theme) -> None:
    """Explain colours and shapes, and tell how many inferences of each kind there are."""
    pane.set_axis_off()
    pane.set_xlim(0, 1)
    pane.set_ylim(0, 1)
    _heading(pane, "VOLUME AND PROFILE", _TOP, theme)
    rows: tuple[tuple[tuple[str, str, str | int], ...], ...] = (
        (("lit", theme.lit, "s"), ("off-exchange (TRF)", theme.off_exchange, "s")),
        (("bought", theme.up, "s"), ("sold", theme.down, "s"), ("unknown", theme.flat, "s")),
        (("VWAP of session", theme.vwap, "_"), ("low volume node", theme.node, 9)),
    )
    place = _TOP - _ROW
    for row in rows:
        for column, (text, color, marker) in enumerate(row):
            _entry(pane, (_COLUMNS[len(row)][column], place), text, color, marker)
            pane.texts[-1].set_color(theme.dim)
        place -= _ROW
    place -= 0.35 * _ROW
    _heading(pane, "INFERRED FROM TRF PRINTS", place, theme)
    pane.text(
        1.0,
        place,
        "NUMBER  ·  LARGEST",
        fontsize=8,
        color=theme.faint,
        va="center",
        ha="right",
    )
    place -= _ROW
    for kind, count, shares in tallies(data):
        color = theme.kinds[kind] if count else theme.faint
        _entry(pane, (0.0, place), _KIND_NAMES[kind], color, SHAPES[kind])
        pane.texts[-1].set_color(theme.dim if count else theme.faint)
        told = f"{count:,}  ·  {short_shares(shares)}" if count else "none"
        pane.text(1.0, place, told, fontsize=9, color=theme.faint, va="center", ha="right")
        place -= _ROW
    if data.inferences:
        waiting = sum(each.status != CONFIRMED for each in data.inferences)
        note = "marks: the largest that fit, area by shares"
        note += f"  ·  dashed: provisional ({waiting})" if waiting else ""
        pane.text(0.0, place, note, fontsize=8.5, color=theme.faint, va="center")


def _heading(pane: Axes, text: str, place: float, theme: Theme) -> None:
    pane.text(0.0, place, text, fontsize=8, color=theme.faint, va="center")


def _entry(pane: Axes, at: tuple[float, float], text: str, color: str, marker: str | int) -> None:
    left, place = at
    pane.plot(
        [left + 0.02], [place], marker=marker, markersize=7, linestyle="none", color=color,
        markeredgewidth=1.6 if marker == "_" else 1.0, clip_on=False,
    )  # fmt: skip
    pane.text(left + 0.055, place, text, fontsize=9, va="center")
