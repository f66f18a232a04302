"""Plots of a backtest as inline SVG: no script, colours of the page, every mark also in words."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec

from infra.backtest.plots_axes import Scale
from infra.backtest.plots_axes import arrow
from infra.backtest.plots_axes import box
from infra.backtest.plots_axes import diamond
from infra.backtest.plots_axes import dot
from infra.backtest.plots_axes import label
from infra.backtest.plots_axes import line
from infra.backtest.plots_axes import shortened
from infra.backtest.plots_axes import svg
from infra.backtest.plots_axes import tick_points
from infra.backtest.plots_axes import ticks
from infra.backtest.plots_axes import whisker
from infra.backtest.plots_axes import widened
from infra.backtest.report_html import Html
from infra.backtest.report_html import element
from infra.backtest.result import HorizonResult
from infra.backtest.result import Lift
from infra.backtest.result_calibration import CalibrationResult
from infra.backtest.words import horizon_name
from infra.backtest.words import is_small
from infra.backtest.words import lift_interval
from infra.backtest.words import points
from infra.backtest.words import share
from infra.backtest.words import verdict_style
from infra.backtest.words import verdict_words

FOREST_WIDTH: Final = 1136.0
PLOT_WIDTH: Final = 556.0
_ROW: Final = 25.0
_HEADING: Final = 32.0
_NAME_WIDTH: Final = 268.0
# Right edges of the figures of a forest's row, and where its verdict begins.
_N_RIGHT: Final = 304.0
_FIELD: Final = (330.0, 806.0)
_LIFT_RIGHT: Final = 878.0
_INTERVAL_RIGHT: Final = 1004.0
_VERDICT: Final = 1028.0


class ForestRow(msgspec.Struct, frozen=True, gc=False):
    """
    A lift in a forest plot.

    Parameters
    ----------
    section : str
        Heading it stands under, empty for none.
    name : str
        Of the group.
    lift : Lift
        In shares.
    """

    section: str
    name: str
    lift: Lift


def forest(rows: Sequence[ForestRow], about: str) -> Html:
    """
    Draw lifts with their intervals beside the line of no lift.

    Parameters
    ----------
    rows : sequence of ForestRow
        From top to bottom; a section is headed where it begins.
    about : str
        What it shows.

    Notes
    -----
    The axis holds every interval that is evidence; longer ones of small groups end in an arrow.
    """
    sections = [row.section for row in rows]
    heads = [
        section != "" and (at == 0 or sections[at - 1] != section)
        for at, section in enumerate(sections)
    ]
    height = 50.0 + _ROW * len(rows) + _HEADING * sum(heads) + 30.0
    shown = [row.lift for row in rows if not _is_weak(row.lift)] or [row.lift for row in rows]
    bounds = [value for lift in shown for value in (lift.low, lift.high, lift.mean) if value]
    reach = widened(bounds, 0.05, least=0.05, most=1.0)
    scale = Scale(-reach, reach, *_FIELD)
    parts = _forest_axis(scale, height)
    y = 44.0
    for row, is_head in zip(rows, heads, strict=True):
        if is_head:
            parts.append(label("heading", 0, y + _HEADING - 12, row.section))
            y += _HEADING
        parts += _forest_row(row, scale, y + _ROW / 2)
        y += _ROW
    return svg(FOREST_WIDTH, height, "Lift over the base rate, by group", about, parts)


def _is_weak(lift: Lift) -> bool:
    return verdict_style(lift) == "weak"


def _forest_axis(scale: Scale, height: float) -> list[Html]:
    bottom = height - 26.0
    parts = []
    for tick in ticks(scale.low, scale.high, 8):
        x = scale.at(tick)
        style = "zero" if tick == 0 else "grid"
        parts += [
            line(style, (x, 40.0), (x, bottom)),
            label("faint", x, bottom + 14, tick_points(tick),
                  "middle"),
        ]  # fmt: skip
    middle = scale.at(0)
    return [
        *parts,
        label("faint", _N_RIGHT, 26, "n", "end"),
        label("faint", middle - 10, 26, "◀ below base", "end"),
        label("faint", middle + 10, 26, "above base ▶"),
        label("faint", _LIFT_RIGHT, 26, "points", "end"),
        label("faint", _INTERVAL_RIGHT, 26, "95% interval", "end"),
        line("edge", (0, 40.0), (FOREST_WIDTH, 40.0)),
    ]


def _forest_row(row: ForestRow, scale: Scale, y: float) -> list[Html]:
    lift = row.lift
    style = verdict_style(lift)
    name = shortened(row.name, _NAME_WIDTH)
    tone = "dim" if style == "weak" else "text"
    parts = [
        label(tone, 0, y, name, title=None if name == row.name else row.name),
        label(tone, _N_RIGHT, y, f"{lift.n:,}", "end"),
        label(tone, _LIFT_RIGHT, y, points(lift.mean) or "–", "end"),
        label(tone, _INTERVAL_RIGHT, y, lift_interval(lift) or "–", "end"),
        label(f"{style} word", _VERDICT, y, verdict_words(lift)),
        line("row", (0, y + _ROW / 2), (FOREST_WIDTH, y + _ROW / 2)),
    ]
    if lift.low is not None and lift.high is not None:
        parts.append(line(f"{style} bar", (scale.at(lift.low), y), (scale.at(lift.high), y)))
        for end, is_right in ((lift.low, False), (lift.high, True)):
            if not scale.holds(end):
                parts.append(arrow(style, scale.at(end), y, to_right=is_right))
    if lift.mean is not None and scale.holds(lift.mean):
        parts.append(dot(f"{style} mark", scale.at(lift.mean), y))
    elif lift.mean is not None and lift.low is None:
        parts.append(arrow(style, scale.at(lift.mean), y, to_right=lift.mean > 0))
    return parts


def by_horizon(found: Sequence[HorizonResult], about: str) -> Html:
    """
    Draw hit rates with their intervals beside base rates, one place a horizon.

    Parameters
    ----------
    found : sequence of HorizonResult
        Of one group, shortest horizon first.
    about : str
        What it shows.
    """
    width, height = PLOT_WIDTH, 360.0
    shares = [
        value
        for each in found
        for value in (each.hit_rate, each.wilson_low, each.wilson_high, each.base_hit_rate)
        if value is not None
    ]
    low = max(0.0, math.floor(10 * min(shares, default=0.4)) / 10)
    high = min(1.0, math.ceil(10 * max(shares, default=0.6)) / 10)
    scale = Scale(low, max(high, low + 0.1), height - 62.0, 44.0)
    parts = _share_axis(scale, 44.0, width)
    slot = (width - 44.0) / max(len(found), 1)
    for at, each in enumerate(found):
        x = 44.0 + slot * (at + 0.5)
        parts += _horizon_marks(each, scale, x)
        parts += [
            label("text", x, height - 44, horizon_name(each.horizon), "middle"),
            label("faint", x, height - 27, f"n {each.known_n:,}", "middle"),
        ]
        if _is_weak(each.hit_lift):
            parts.append(label("weak word", x, height - 11, "not evidence", "middle"))
    legend = [
        dot("accent mark", 52, 16),
        label("dim", 62, 16, "hit rate, 95% interval"),
        diamond("base", 220, 16),
        label("dim", 231, 16, "base rate"),
        dot("weak mark", 312, 16),
        label("dim", 322, 16, "hit rate, not evidence"),
    ]
    return svg(width, height, "Hit rate and base rate by horizon", about, [*parts, *legend])


def lift_by_horizon(found: Sequence[HorizonResult], about: str) -> Html:
    """
    Draw lifts of the hit rate with their bootstrap intervals, one place a horizon.

    Parameters
    ----------
    found : sequence of HorizonResult
        Of one group, shortest horizon first.
    about : str
        What it shows.
    """
    width, height, left = PLOT_WIDTH, 360.0, 52.0
    shown = [each.hit_lift for each in found if not _is_weak(each.hit_lift)]
    bounds = [
        value
        for lift in shown or [each.hit_lift for each in found]
        for value in (lift.low, lift.high, lift.mean)
        if value is not None
    ]
    reach = widened(bounds, 0.05, least=0.02, most=1.0)
    scale = Scale(-reach, reach, height - 62.0, 44.0)
    parts = []
    for tick in ticks(-reach, reach, 8):
        y = scale.at(tick)
        parts += [
            line("zero" if tick == 0 else "grid", (left, y), (width, y)),
            label("faint", left - 8, y, tick_points(tick), "end"),
        ]
    slot = (width - left) / max(len(found), 1)
    for at, each in enumerate(found):
        x = left + slot * (at + 0.5)
        parts += [
            *_lift_marks(each.hit_lift, scale, x),
            label("text", x, height - 44, horizon_name(each.horizon), "middle"),
            label("faint", x, height - 27, f"n {each.hit_lift.n:,}", "middle"),
        ]
        if _is_weak(each.hit_lift):
            parts.append(label("weak word", x, height - 11, "not evidence", "middle"))
    legend = [
        dot("even mark", left + 8, 16),
        label("dim", left + 18, 16, "lift in points, 95% interval of the bootstrap"),
        dot("weak mark", left + 310, 16),
        label("dim", left + 320, 16, "not evidence"),
    ]
    return svg(width, height, "Lift over the base rate by horizon", about, [*parts, *legend])


def _lift_marks(lift: Lift, scale: Scale, x: float) -> list[Html]:
    style = verdict_style(lift)
    parts = []
    if lift.low is not None and lift.high is not None:
        parts.append(whisker(f"{style} bar", x, scale.at(lift.low), scale.at(lift.high)))
    if lift.mean is not None and scale.holds(lift.mean):
        parts.append(dot(f"{style} mark", x, scale.at(lift.mean), 5))
    return parts


def _share_axis(scale: Scale, left: float, right: float) -> list[Html]:
    parts = []
    for tick in ticks(scale.low, scale.high, 6):
        y = scale.at(tick)
        parts += [
            line("zero" if tick == scale.low else "grid", (left, y), (right, y)),
            label("faint", left - 8, y, f"{tick:.0%}", "end"),
        ]
    return parts


def _horizon_marks(found: HorizonResult, scale: Scale, x: float) -> list[Html]:
    parts = []
    style = "weak" if _is_weak(found.hit_lift) else "accent"
    if found.hit_rate is not None:
        if found.wilson_low is not None and found.wilson_high is not None:
            ends = (scale.at(found.wilson_low), scale.at(found.wilson_high))
            parts.append(whisker(f"{style} bar", x - 9, *ends))
        parts.append(dot(f"{style} mark", x - 9, scale.at(found.hit_rate), 5))
    if found.base_hit_rate is not None:
        parts.append(diamond("base", x + 9, scale.at(found.base_hit_rate)))
    return parts


def reliability(found: CalibrationResult, base_rate: float | None, about: str) -> Html:
    """
    Draw probability stated against share of hits, and how many alerts are behind each point.

    Parameters
    ----------
    found : CalibrationResult
        Bins that are not empty.
    base_rate : float | None
        Mean base rate of the same alerts, drawn as a level; null for none.
    about : str
        What it shows.
    """
    width, height, left = PLOT_WIDTH, 470.0, 52.0
    across = Scale(0.0, 1.0, left, left + 330.0)
    up = Scale(0.0, 1.0, 346.0, 16.0)
    parts = _square_axes(across, up)
    if base_rate is not None:
        y = up.at(base_rate)
        parts += [
            line("base level", (across.start, y), (across.end, y)),
            label("dim", across.end + 8, y, f"base rate {share(base_rate)}"),
        ]
    places = [(across.at(each.mean_probability), up.at(each.hit_rate)) for each in found.bins]
    parts += [line("accent thin", *pair) for pair in pairwise(places)]
    most = max((each.n for each in found.bins), default=1)
    counts = Scale(0.0, float(most), 448.0, 408.0)
    for each, (x, y) in zip(found.bins, places, strict=True):
        style = "weak" if is_small(each.n) else "accent"
        from_x, to_x = across.at(each.low), across.at(each.high)
        top = counts.at(each.n)
        parts += [
            whisker(f"{style} bar", x, up.at(each.wilson_low), up.at(each.wilson_high)),
            dot(f"{style} mark", x, y, 5),
            box("count", from_x + 1, top, to_x - from_x - 2, counts.start - top),
            label("dim", (from_x + to_x) / 2, top - 9, f"{each.n:,}", "middle"),
        ]
    legend = [
        label("faint", across.end + 8, 428, "alerts"),
        dot("weak mark", across.end + 14, 32),
        label("dim", across.end + 24, 32, "n < 30"),
    ]
    return svg(width, height, "Probability stated and share of hits", about, [*parts, *legend])


def _square_axes(across: Scale, up: Scale) -> list[Html]:
    parts = []
    for tick in ticks(0.0, 1.0, 5):
        x, y = across.at(tick), up.at(tick)
        style = "zero" if tick == 0 else "grid"
        parts += [
            line(style, (across.start, y), (across.end, y)),
            line(style, (x, up.start), (x, up.end)),
            label("faint", across.start - 8, y, f"{tick:.0%}", "end"),
            label("faint", x, up.start + 15, f"{tick:.0%}", "middle"),
        ]
    middle = (up.start + up.end) / 2
    turned = f"translate(10 {middle:.0f}) rotate(-90)"
    return [
        *parts,
        line("even", (across.start, up.start), (across.end, up.end)),
        label(
            "dim", (across.start + across.end) / 2, up.start + 34, "probability stated", "middle"
        ),
        element("text", "share of hits", class_="dim", transform=turned, text_anchor="middle"),
        line("zero", (across.start, 448.0), (across.end, 448.0)),
    ]
