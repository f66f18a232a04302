"""Reliability plot as SVG: probability stated against share right, in the house's colours."""

import math
from typing import Final
from xml.sax.saxutils import escape
from xml.sax.saxutils import quoteattr

from infra.evaluation.metrics import Bucket
from infra.evaluation.metrics import Calibration

WIDTH: Final = 760
HEIGHT: Final = 520
_LEFT: Final = 64.0
_TOP: Final = 88.0
_SIDE: Final = 368.0
_TABLE: Final = _LEFT + _SIDE + 40
_COLUMNS: Final = (_TABLE, _TABLE + 138, _TABLE + 196, _TABLE + 256)
_TICKS: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_MIN_RADIUS: Final = 4.0
_MAX_RADIUS: Final = 11.0
_Z95: Final = 1.96
_NONE: Final = "–"

_STYLE: Final = """
svg { font-family: Inter, "DejaVu Sans", system-ui, sans-serif; font-size: 12px; }
text { font-variant-numeric: tabular-nums; }
.panel { fill: #10151c; } .text { fill: #e4eaf1; } .dim { fill: #a3b1c2; } .faint { fill: #7f8fa3; }
.title { font-size: 16px; font-weight: 600; } .label { font-size: 11px; }
.line { stroke: #26303c; } .edge { stroke: #5c6b7d; } .even { stroke: #a3b1c2; }
.band { fill: #5aa9ff; fill-opacity: .07; }
.path, .whisker { stroke: #5aa9ff; } .whisker { stroke-opacity: .55; }
.dot { fill: #5aa9ff; stroke: #10151c; }
@media (prefers-color-scheme: light) {
.panel { fill: #ffffff; } .text { fill: #14191f; } .dim { fill: #44515f; } .faint { fill: #5b6875; }
.line { stroke: #d3dae2; } .edge { stroke: #76838f; } .even { stroke: #44515f; }
.band { fill: #0b5cad; } .path, .whisker { stroke: #0b5cad; }
.dot { fill: #0b5cad; stroke: #ffffff; }
}
"""


def wilson(share: float, n: int) -> tuple[float, float]:
    """
    Return the 95 % interval of a share seen in n cases.

    Notes
    -----
    Source: Wilson's score interval, which stays inside 0 to 1 for few cases and extreme shares.

    Examples
    --------
    >>> low, high = wilson(1.0, 20)
    >>> round(low, 3), round(high, 3)
    (0.839, 1.0)
    """
    z2 = _Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def reliability_svg(found: Calibration, subtitle: str) -> str:
    """
    Draw the buckets of a calibration.

    Parameters
    ----------
    found : Calibration
        Buckets, Brier score and calibration error.
    subtitle : str
        What was measured, in a line under the title.

    Returns
    -------
    str
        A whole SVG document; dark, or light where the reader's system is. The area of a point is
        the number of cases, its whisker the 95 % interval of the share, the shaded band the
        bucket. Points above the diagonal were right more often than stated.
    """
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-labelledby="title about">',
        '<title id="title">Reliability of named profiles</title>',
        f'<desc id="about">{escape(_description(found))}</desc>',
        f"<style>{_STYLE}</style>",
        _rect("panel", 0, 0, WIDTH, HEIGHT),
        _text("text title", 24, 36, "Reliability of named profiles"),
        _text("dim", 24, 58, subtitle),
        *_axes(found.buckets),
        *_points(found.buckets),
        *_table(found),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _x(share: float) -> float:
    return _LEFT + share * _SIDE


def _y(share: float) -> float:
    return _TOP + (1.0 - share) * _SIDE


def _description(found: Calibration) -> str:
    drawn = [
        f"stated {bucket.stated:.2f}, right {bucket.observed:.2f} of {bucket.n}"
        for bucket in found.buckets
        if bucket.stated is not None and bucket.observed is not None
    ]
    return "; ".join(drawn) or "No profile was named."


def _axes(buckets: tuple[Bucket, ...]) -> list[str]:
    parts = [
        _rect("band", _x(each.low), _TOP, _x(each.high) - _x(each.low) - 1, _SIDE)
        for each in buckets
        if each.n
    ]
    for tick in _TICKS:
        style = "edge" if tick == 0.0 else "line"
        parts += [
            _line(style, _x(0), _y(tick), _x(1), _y(tick)),
            _line(style, _x(tick), _y(0), _x(tick), _y(1)),
            _text("faint label", _x(0) - 8, _y(tick) + 4, f"{tick:.1f}", "end"),
            _text("faint label", _x(tick), _y(0) + 18, f"{tick:.1f}", "middle"),
        ]
    middle = _y(0.5)
    parts += [
        _line("even", _x(0), _y(0), _x(1), _y(1), 'stroke-dasharray="2 4"'),
        _text("dim", _x(0.5), _y(0) + 40, "probability stated", "middle"),
        f'<text class="dim" transform="translate(24 {middle:.1f}) rotate(-90)" '
        'text-anchor="middle">share right</text>',
        _text("faint label", _x(0.03), _y(0.93), "right more often than stated"),
        _text("faint label", _x(0.97), _y(0.05), "right less often than stated", "end"),
    ]
    return parts


def _points(buckets: tuple[Bucket, ...]) -> list[str]:
    most = max((bucket.n for bucket in buckets), default=0)
    places = [
        (_x(bucket.stated), _y(bucket.observed), bucket.n, wilson(bucket.observed, bucket.n))
        for bucket in buckets
        if bucket.stated is not None and bucket.observed is not None
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in places)
    parts = [f'<polyline class="path" points="{path}" fill="none" stroke-width="1.5"/>']
    for x, _, _, (low, high) in places:
        parts += [
            _line("whisker", x, _y(low), x, _y(high), 'stroke-width="1.5"'),
            _line("whisker", x - 4, _y(low), x + 4, _y(low), 'stroke-width="1.5"'),
            _line("whisker", x - 4, _y(high), x + 4, _y(high), 'stroke-width="1.5"'),
        ]
    for x, y, n, _ in places:
        radius = max(_MIN_RADIUS, _MAX_RADIUS * math.sqrt(n / most))
        parts.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>')
    return parts


def _table(found: Calibration) -> list[str]:
    top = _TOP + 10
    heads = ("probability", "n", "stated", "right")
    parts = _row("faint label", top, heads)
    parts.append(_line("edge", _TABLE, top + 8, _COLUMNS[-1], top + 8))
    for at, bucket in enumerate(found.buckets):
        y = top + 28 + 24 * at
        cells = (
            f"{bucket.low:.2f} to {bucket.high:.2f}",
            f"{bucket.n:,}",
            _share(bucket.stated),
            _share(bucket.observed),
        )
        parts += _row("text" if bucket.n else "faint", y, cells)
        parts.append(_line("line", _TABLE, y + 8, _COLUMNS[-1], y + 8))
    y = top + 28 + 24 * len(found.buckets) + 20
    figures = (
        ("named profiles", f"{found.n:,}"),
        ("Brier score", _figure(found.brier)),
        ("calibration error", _figure(found.ece)),
    )
    for at, (name, value) in enumerate(figures):
        parts += [
            _text("dim", _TABLE, y + 24 * at, name),
            _text("text", _COLUMNS[-1], y + 24 * at, value, "end"),
        ]
    y += 24 * len(figures) + 20
    notes = ("Area of a point: cases.", "Whisker: 95 % interval of the share.")
    parts += [_text("faint label", _TABLE, y + 18 * at, note) for at, note in enumerate(notes)]
    return parts


def _row(style: str, y: float, cells: tuple[str, ...]) -> list[str]:
    anchors = ("start", "end", "end", "end")
    return [
        _text(style, x, y, cell, anchor)
        for x, cell, anchor in zip(_COLUMNS, cells, anchors, strict=True)
    ]


def _share(value: float | None) -> str:
    return _NONE if value is None else f"{value:.2f}"


def _figure(value: float | None) -> str:
    return _NONE if value is None else f"{value:.3f}"


def _text(style: str, x: float, y: float, text: str, anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f"<text class={quoteattr(style)} {place}>{escape(text)}</text>"


def _line(style: str, x1: float, y1: float, x2: float, y2: float, more: str = "") -> str:
    place = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line class="{style}" {place} {more}/>'


def _rect(style: str, x: float, y: float, width: float, height: float) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect class="{style}" {place}/>'
