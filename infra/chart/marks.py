"""What is drawn over time: bars, volume, average price."""

from matplotlib.axes import Axes

from infra.chart.read import INTERVALS
from infra.chart.series import ChartData
from infra.chart.series import body_minutes
from infra.chart.series import far_wick
from infra.chart.series import minute_of_day
from infra.chart.series import price_range
from infra.chart.series import vwap_line
from infra.chart.theme import Theme


def _middle(start_ns: int, end_ns: int, trade_date: int) -> float:
    return minute_of_day((start_ns + end_ns) // 2, trade_date)


def draw_bars(pane: Axes, data: ChartData, theme: Theme) -> None:
    """Draw a candle for every bar."""
    low, high = price_range(data)
    least = 0.0012 * (high - low)  # an unchanged price is a line, not nothing
    width = body_minutes(INTERVALS[data.interval])
    far = far_wick(data.bars)
    _draw_far_wicks(pane, data, theme, far)
    for name, color, chosen in (
        ("up", theme.up, [bar for bar in data.bars if bar.close >= bar.open]),
        ("down", theme.down, [bar for bar in data.bars if bar.close < bar.open]),
    ):
        if not chosen:
            continue
        at = [_middle(bar.start_ns, bar.end_ns, data.trade_date) for bar in chosen]
        pane.vlines(
            at,
            [_end(min(bar.open, bar.close), bar.low, far) for bar in chosen],
            [_end(max(bar.open, bar.close), bar.high, far) for bar in chosen],
            color=color, linewidth=1.0, zorder=2, gid=f"wicks-{name}",
        )  # fmt: skip
        bodies = [max(least, abs(bar.close - bar.open)) for bar in chosen]
        pane.bar(
            at, bodies, width, bottom=[min(bar.open, bar.close) for bar in chosen], color=color,
            linewidth=0, zorder=2.1, gid=f"bodies-{name}",
        )  # fmt: skip


def _end(body: float, wick: float, far: float) -> float:
    return body if abs(wick - body) > far else wick


def _draw_far_wicks(pane: Axes, data: ChartData, theme: Theme, far: float) -> None:
    """Draw faintly the wicks of single prints far from their neighbours."""
    wicks = [
        (_middle(bar.start_ns, bar.end_ns, data.trade_date), body, wick)
        for bar in data.bars
        for body, wick in (
            (min(bar.open, bar.close), bar.low),
            (max(bar.open, bar.close), bar.high),
        )
        if abs(wick - body) > far
    ]
    if wicks:
        pane.vlines(
            [at for at, _, _ in wicks],
            [min(body, wick) for _, body, wick in wicks],
            [max(body, wick) for _, body, wick in wicks],
            color=theme.faint, linewidth=0.8, linestyle=(0, (1, 3)), zorder=1.9, gid="wicks-far",
        )  # fmt: skip


def draw_vwap(pane: Axes, data: ChartData, theme: Theme) -> None:
    """Draw the volume-weighted average price since the regular open."""
    line = vwap_line(data.bars)
    if line:
        pane.plot(
            [minute_of_day(at_ns, data.trade_date) for at_ns, _ in line],
            [price for _, price in line],
            color=theme.vwap, linewidth=1.6, zorder=3, gid="vwap", solid_capstyle="round",
        )  # fmt: skip


def draw_volume(pane: Axes, data: ChartData, theme: Theme) -> None:
    """Draw the volume of every bar, what was traded off-exchange at the bottom of it."""
    width = body_minutes(INTERVALS[data.interval])
    at = [_middle(bar.start_ns, bar.end_ns, data.trade_date) for bar in data.bars]
    off = [bar.off_exchange_volume for bar in data.bars]
    lit = [bar.volume - bar.off_exchange_volume for bar in data.bars]
    pane.bar(at, off, width, color=theme.off_exchange, linewidth=0, zorder=2, gid="off-exchange")
    pane.bar(at, lit, width, bottom=off, color=theme.lit, linewidth=0, zorder=2, gid="lit")
