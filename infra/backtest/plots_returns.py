"""The plot of returns: how many alerts went how far, beside base samples."""

import math
from collections.abc import Sequence
from typing import Final

from infra.backtest.plots import PLOT_WIDTH
from infra.backtest.plots_axes import Scale
from infra.backtest.plots_axes import box
from infra.backtest.plots_axes import label
from infra.backtest.plots_axes import line
from infra.backtest.plots_axes import signed
from infra.backtest.plots_axes import svg
from infra.backtest.plots_axes import ticks
from infra.backtest.report_html import Html
from infra.backtest.report_html import element
from infra.backtest.result_days import ReturnDistribution
from infra.backtest.words import is_small

_HEIGHT: Final = 330.0
_LEFT: Final = 44.0
_TOP: Final = 62.0
_BOTTOM: Final = 276.0
_MOST_LABELS: Final = 12


def histogram(found: ReturnDistribution, about: str) -> Html:
    """
    Draw shares of alerts by bin as bars, those of base samples as a line of steps.

    Parameters
    ----------
    found : ReturnDistribution
        With bins; one without alerts has nothing to draw.
    about : str
        What it shows.
    """
    shares = [count / found.n for count in found.counts]
    highest = max([*shares, *found.base_shares])
    up = Scale(0.0, highest, _BOTTOM, _TOP)
    across = Scale(found.edges[0], found.edges[-1], _LEFT, PLOT_WIDTH)
    parts = _axes(found.edges, across, up)
    style = "weak" if is_small(found.n) else "count"
    for at, value in enumerate(shares):
        left, right = across.at(found.edges[at]), across.at(found.edges[at + 1])
        if value:
            top = up.at(value)
            parts.append(box(f"{style} column", left + 1, top, right - left - 2, _BOTTOM - top))
    zero = across.at(0.0)
    parts.append(line("zero", (zero, _TOP - 16), (zero, _BOTTOM)))
    if found.base_shares:
        parts.append(_steps(found.edges, found.base_shares, across, up))
    return svg(PLOT_WIDTH, _HEIGHT, "Change of the mid, the alert's way", about,
               [*parts, *_legend(found, zero)])  # fmt: skip


def _axes(edges: Sequence[float], across: Scale, up: Scale) -> list[Html]:
    parts = []
    for tick in ticks(0.0, up.high, 5):
        y = up.at(tick)
        parts += [
            line("zero" if tick == 0 else "grid", (across.start, y), (across.end, y)),
            label("faint", across.start - 8, y, f"{tick:.0%}", "end"),
        ]
    apart = math.ceil((len(edges) - 1) / _MOST_LABELS)
    for at, edge in enumerate(edges):
        if (at - edges.index(0.0)) % apart == 0:
            decimals = 0 if edge == round(edge) else 1
            x = min(across.at(edge), across.end - 10)
            parts.append(label("faint", x, _BOTTOM + 15, signed(edge, decimals), "middle"))
    middle = (across.start + across.end) / 2
    text = "bps, the alert's way; the outer bars hold all beyond"
    return [*parts, label("dim", middle, _BOTTOM + 36, text, "middle")]


def _steps(edges: Sequence[float], shares: Sequence[float], across: Scale, up: Scale) -> Html:
    places = []
    for at, value in enumerate(shares):
        places += [(edges[at], value), (edges[at + 1], value)]
    points = " ".join(f"{across.at(x):.1f},{up.at(y):.1f}" for x, y in places)
    return element("polyline", class_="base outline", points=points)


def _legend(found: ReturnDistribution, zero: float) -> list[Html]:
    style = "weak" if is_small(found.n) else "count"
    weak = ", not evidence" if is_small(found.n) else ""
    parts = [
        box(f"{style} column", _LEFT, 10, 12, 12),
        label("dim", _LEFT + 18, 16, f"alerts (n {found.n:,}{weak})"),
        label("faint", zero - 8, _TOP - 14, "against ◀", "end"),
        label("faint", zero + 8, _TOP - 14, "▶ the alert's way"),
    ]
    if found.base_shares:
        left = _LEFT + 236
        parts += [
            line("base outline", (left, 16), (left + 20, 16)),
            label("dim", left + 26, 16, f"base samples (n {found.base_samples:,})"),
        ]
    return parts
