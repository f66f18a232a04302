"""What was inferred: marks on the price, and the largest of each bar below it."""

import math
from typing import Final

import msgspec
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from infra.chart.read import INTERVALS
from infra.chart.series import ABSORBED_BLOCK
from infra.chart.series import ACCUMULATION
from infra.chart.series import CONFIRMED
from infra.chart.series import DISTRIBUTION
from infra.chart.series import ZONE
from infra.chart.series import ChartData
from infra.chart.series import Inference
from infra.chart.series import bar_of
from infra.chart.series import body_minutes
from infra.chart.series import largest_by_bar
from infra.chart.series import minute_of_day
from infra.chart.series import short_shares
from infra.chart.spacing import mark_area
from infra.chart.spacing import standing_apart
from infra.chart.theme import Theme

LEAST_MARK_PT2: Final = 36.0
MOST_MARK_PT2: Final = 300.0
MOST_MARKS: Final = 48
SHAPES: Final = {ABSORBED_BLOCK: "o", ACCUMULATION: "^", DISTRIBUTION: "v", ZONE: "D"}
_PX_A_PT: Final = 100 / 72
_GAP_PX: Final = 5.0
# A mark may lie beside another, or touch it, but not on it.
_ROOM: Final = 0.85


class Mark(msgspec.Struct, frozen=True):
    """
    Where an inference is marked.

    Parameters
    ----------
    inference : Inference
        What is marked.
    minute, price : float
        Its middle.
    area_pt2 : float
        Square points.
    """

    inference: Inference
    minute: float
    price: float
    area_pt2: float


def marks_of(pane: Axes, data: ChartData) -> list[Mark]:
    """
    Return the marks that fit: large ones first, none on another, blocks before all.

    Accumulation is marked below its bar and distribution above it, so that bars stay visible; a
    block at its price. Zones are marked by their bands.
    """
    found = [each for each in data.inferences if each.kind != ZONE]
    if not found:
        return []
    greatest = max(each.shares for each in found)
    found.sort(key=lambda each: (each.kind != ABSORBED_BLOCK, -each.shares, each.end_ns))
    first, last = pane.get_xlim()
    low, high = pane.get_ylim()
    box = pane.get_window_extent()
    marks, circles = [], []
    for each in found:
        area = mark_area(each.shares, greatest, LEAST_MARK_PT2, MOST_MARK_PT2)
        radius_px = math.sqrt(area) / 2 * _PX_A_PT
        minute = minute_of_day((each.start_ns + each.end_ns) // 2, data.trade_date)
        if not first <= minute <= last:
            continue
        away = (radius_px + _GAP_PX) * (high - low) / box.height
        price = _place(data, each, away)
        price = min(max(price, low + away), high - away)
        marks.append(Mark(each, minute, price, area))
        across = (minute - first) / (last - first) * box.width
        up = (price - low) / (high - low) * box.height
        circles.append((across, up, _ROOM * radius_px))
    return [marks[place] for place in standing_apart(circles, MOST_MARKS)]


def _place(data: ChartData, each: Inference, away: float) -> float:
    bar = bar_of(data, (each.start_ns + each.end_ns) // 2)
    if each.kind == ABSORBED_BLOCK or bar is None:
        return each.price
    return bar.high + away if each.kind == DISTRIBUTION else bar.low - away


def draw_zones(pane: Axes, data: ChartData, theme: Theme) -> None:
    """Draw the band of every zone, from its first print to its last."""
    first, last = pane.get_xlim()
    for each in data.inferences:
        start = minute_of_day(each.start_ns, data.trade_date)
        end = minute_of_day(each.end_ns, data.trade_date)
        if each.kind != ZONE or end < first or start > last:
            continue
        color = theme.kinds[ZONE]
        pane.add_patch(
            Rectangle(
                (start, each.low), end - start, each.high - each.low, facecolor=f"{color}2e",
                edgecolor=f"{color}b0", linewidth=1.0, zorder=1.5, gid="zone",
            )
        )  # fmt: skip
        pane.scatter(
            [start], [(each.low + each.high) / 2], s=LEAST_MARK_PT2, marker=SHAPES[ZONE],
            facecolor=color, edgecolor=theme.paper, linewidth=0.8, zorder=4, gid=f"inferred-{ZONE}",
        )  # fmt: skip


def draw_inferences(pane: Axes, data: ChartData, theme: Theme) -> None:
    """Draw the zones, and a mark for every inference that has room, its area by its shares."""
    draw_zones(pane, data, theme)
    for mark in marks_of(pane, data):
        each = mark.inference
        color = theme.kinds.get(each.kind, theme.dim)
        is_confirmed = each.status == CONFIRMED
        pane.scatter(
            [mark.minute], [mark.price], s=mark.area_pt2, marker=SHAPES.get(each.kind, "s"),
            facecolor=f"{color}{'66' if is_confirmed else '00'}", edgecolor=color, linewidth=1.3,
            linestyle="-" if is_confirmed else (0, (2, 1.5)), zorder=4, gid=f"inferred-{each.kind}",
        )  # fmt: skip


def draw_lane(pane: Axes, data: ChartData, theme: Theme) -> None:
    """Draw for every bar the largest accumulation upwards and the largest distribution down."""
    pane.axhline(0, color=theme.edge, linewidth=0.8, zorder=1)
    width = body_minutes(INTERVALS[data.interval])
    greatest = 0.0
    for kind, sign in ((ACCUMULATION, 1), (DISTRIBUTION, -1)):
        found = largest_by_bar(data, kind)
        if not found:
            continue
        at = [minute_of_day((bar.start_ns + bar.end_ns) // 2, data.trade_date) for bar, _ in found]
        pane.bar(
            at, [sign * shares for _, shares in found], width, color=theme.kinds[kind],
            linewidth=0, zorder=2, gid=f"lane-{kind}",
        )  # fmt: skip
        greatest = max(greatest, *[shares for _, shares in found])
    pane.set_ylim(-1.15 * (greatest or 1.0), 1.15 * (greatest or 1.0))
    said = "NOTHING INFERRED"
    if greatest:
        said = f"INFERRED, LARGEST OF EACH BAR, UP TO {short_shares(greatest)} SHARES"
        for edge in (greatest, -greatest):
            pane.axhline(edge, color=theme.grid, linewidth=0.8, zorder=0.2)
    pane.text(
        0.004, 0.94, said, fontsize=8, color=theme.faint, va="top", transform=pane.transAxes,
        zorder=5,
        bbox={"boxstyle": "square,pad=0.1", "fc": theme.paper, "ec": "none", "alpha": 0.75},
    )  # fmt: skip
