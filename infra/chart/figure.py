"""Draw a chart and write it to a file."""

from contextlib import AbstractContextManager
from io import BytesIO
from typing import Final

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from flows.common.sessions import RTH
from infra.chart.inferences import draw_inferences
from infra.chart.inferences import draw_lane
from infra.chart.marks import draw_bars
from infra.chart.marks import draw_volume
from infra.chart.marks import draw_vwap
from infra.chart.panel import draw_levels
from infra.chart.panel import draw_profile
from infra.chart.series import ChartData
from infra.chart.series import clock
from infra.chart.series import minute_of_day
from infra.chart.series import price_range
from infra.chart.series import price_ticks
from infra.chart.series import session_spans
from infra.chart.series import short_shares
from infra.chart.series import time_range
from infra.chart.series import time_ticks
from infra.chart.theme import Theme
from infra.chart.words import draw_legend
from infra.chart.words import draw_title

WIDTH_PX: Final = 1600
HEIGHT_PX: Final = 1000
_DPI: Final = 100
# Left, bottom, width, height of the five panes, as shares of the picture.
_PRICE: Final = (0.022, 0.326, 0.748, 0.574)
_PROFILE: Final = (0.770, 0.326, 0.165, 0.574)
_LANE: Final = (0.022, 0.210, 0.748, 0.098)
_VOLUME: Final = (0.022, 0.060, 0.748, 0.132)
_LEGEND: Final = (0.785, 0.045, 0.200, 0.262)
_SESSION_NAMES: Final = {"pre": "PRE-MARKET", "rth": "REGULAR SESSION", "post": "AFTER HOURS"}


def _style() -> AbstractContextManager[None]:
    """Make equal data the same picture: no random ids, no date, fonts as outlines."""
    return rc_context(
        {"svg.hashsalt": "islandflow", "svg.fonttype": "path", "font.family": "DejaVu Sans"}
    )


def chart_figure(data: ChartData, theme: Theme) -> Figure:
    """Return the picture of a symbol's trading date, 1600 × 1000 px."""
    with _style():
        figure = Figure(
            figsize=(WIDTH_PX / _DPI, HEIGHT_PX / _DPI), dpi=_DPI, facecolor=theme.paper
        )
        FigureCanvasAgg(figure)
        price = figure.add_axes(_PRICE)
        profile = figure.add_axes(_PROFILE)
        lane = figure.add_axes(_LANE)
        volume = figure.add_axes(_VOLUME)
        legend = figure.add_axes(_LEGEND)
        for pane in (price, profile, lane, volume):
            _plain(pane, theme)
        _axes(data, theme, price, (lane, volume))
        price.set_ylim(*price_range(data))
        profile.set_ylim(*price_range(data))
        draw_bars(price, data, theme)
        draw_vwap(price, data, theme)
        draw_inferences(price, data, theme)
        draw_lane(lane, data, theme)
        draw_volume(volume, data, theme)
        draw_profile(profile, data, theme)
        draw_levels(price, profile, data, theme)
        draw_legend(legend, data, theme)
        draw_title(figure, data, theme)
    return figure


def picture(data: ChartData, theme: Theme, suffix: str) -> bytes:
    """Return the picture as a file of a type, `.png` or `.svg`; equal data, equal bytes."""
    figure = chart_figure(data, theme)
    out = BytesIO()
    with _style():
        if suffix == ".svg":
            figure.savefig(out, format="svg", metadata={"Date": None, "Creator": "Islandflow"})
        else:
            figure.savefig(out, format="png", metadata={"Software": "Islandflow"})
    return out.getvalue()


def _plain(pane: Axes, theme: Theme) -> None:
    pane.set_facecolor(theme.paper)
    for spine in pane.spines.values():
        spine.set_color(theme.edge)
        spine.set_linewidth(0.8)
    pane.tick_params(length=0, labelsize=9.5, colors=theme.dim, pad=6)
    pane.set_xticks([])
    pane.set_yticks([])


def _axes(data: ChartData, theme: Theme, price: Axes, below: tuple[Axes, Axes]) -> None:
    panes = (price, *below)
    volume = below[-1]
    start_ns, end_ns = time_range(data)
    left, right = (minute_of_day(at_ns, data.trade_date) for at_ns in (start_ns, end_ns))
    named = [minute_of_day(at_ns, data.trade_date) for at_ns in time_ticks(start_ns, end_ns)]
    for pane in panes:
        pane.set_xlim(left - 3, right + 3)
        for minute in named:
            pane.axvline(minute, color=theme.grid, linewidth=0.8, zorder=0.2)
    volume.set_xticks(named, [clock(minute) for minute in named])
    for at in price_ticks(*price_range(data)):
        price.axhline(at, color=theme.grid, linewidth=0.8, zorder=0.2)
    greatest = max(bar.volume for bar in data.bars) or 1.0
    volume.set_ylim(0, 1.2 * greatest)
    for at in price_ticks(0.0, greatest, 3)[1:]:
        volume.axhline(at, color=theme.grid, linewidth=0.8, zorder=0.2)
        volume.text(
            left, at, short_shares(at), fontsize=8.5, color=theme.faint, va="bottom", zorder=5,
            bbox={"boxstyle": "square,pad=0.1", "fc": theme.paper, "ec": "none", "alpha": 0.75},
        )  # fmt: skip
    volume.text(
        0.004, 0.955, "VOLUME", fontsize=8, color=theme.faint, va="top", transform=volume.transAxes
    )
    _shade(data, theme, panes)


def _shade(data: ChartData, theme: Theme, panes: tuple[Axes, ...]) -> None:
    price = panes[0]
    left, right = price.get_xlim()
    for name, first_ns, last_ns in session_spans(data.trade_date):
        first = max(left, minute_of_day(first_ns, data.trade_date))
        last = min(right, minute_of_day(last_ns, data.trade_date))
        if last - first < 4:
            continue
        if name != RTH:
            for pane in panes:
                pane.axvspan(first, last, color=theme.shade, linewidth=0, zorder=0.1, gid=name)
        if (last - first) / (right - left) > 0.08:
            price.text(
                (first + last) / 2, 0.985, _SESSION_NAMES[name], fontsize=8, color=theme.faint,
                ha="center", va="top", transform=price.get_xaxis_transform(), zorder=5,
            )  # fmt: skip
