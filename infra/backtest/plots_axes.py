"""Scales, ticks and marks the plots of a backtest are drawn with; colours come from the page."""

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from infra.backtest.report_html import Html
from infra.backtest.report_html import element
from infra.backtest.steps import round_step

MINUS: Final = "−"


class Scale(msgspec.Struct, frozen=True, gc=False):
    """
    Where values stand on a picture.

    Parameters
    ----------
    low, high : float
        Values at the ends.
    start, end : float
        Their places, px; a scale that grows upwards has the greater place first.
    """

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return the place of a value; one outside stands at the nearer end."""
        inside = min(max(value, self.low), self.high)
        return self.start + (inside - self.low) / (self.high - self.low) * (self.end - self.start)

    def holds(self, value: float) -> bool:
        """Return whether a value is between the ends."""
        return self.low <= value <= self.high


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """
    Return round values from low to high, at most so many.

    Examples
    --------
    >>> ticks(-0.12, 0.31)
    [-0.1, 0.0, 0.1, 0.2, 0.3]
    """
    step = round_step((high - low) / most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(at * step, 10) + 0.0 for at in range(first, last + 1)]


def widened(values: Sequence[float], floor: float, *, least: float, most: float) -> float:
    """
    Return how far an axis around 0 reaches: the farthest value, rounded up, within bounds.

    Parameters
    ----------
    values : sequence of float
        What it should hold.
    floor : float
        What it reaches without any.
    least, most : float
        Bounds.
    """
    farthest = max([abs(value) for value in values], default=floor)
    step = round_step(max(farthest, least) / 4)
    return min(most, max(least, math.ceil(farthest / step - 1e-9) * step))


def signed(value: float, decimals: int = 1) -> str:
    """
    Write a number with its sign; nothing rounded to 0 has one.

    Examples
    --------
    >>> signed(-6.14), signed(5.0), signed(-0.04), signed(-1234.5, 0)
    ('−6.1', '+5.0', '0.0', '−1,234')
    """
    text = f"{value:+,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        return text[1:]
    return text.replace("-", MINUS)


def tick_points(share: float) -> str:
    """
    Write a difference of shares on an axis, in percentage points.

    Examples
    --------
    >>> tick_points(0.025), tick_points(-0.1), tick_points(0.0)
    ('+2.5', '−10', '0')
    """
    return signed(100 * share, 0 if math.isclose(100 * share, round(100 * share)) else 1)


def shortened(text: str, width: float) -> str:
    """
    Return a text that fits into a width in px, cut with … where it does not.

    Notes
    -----
    Widths are those of a wide sans serif at 12 px, as what font there is nobody knows.
    """
    room = width
    for at, letter in enumerate(text):
        room -= 8.8 if letter.isupper() or letter in "_=" else 7.0
        if room < 0:
            return text[: max(at - 1, 0)].rstrip() + "…"
    return text


def svg(width: float, height: float, name: str, about: str, parts: Sequence[Html]) -> Html:
    """
    Return a picture that says what it shows.

    Parameters
    ----------
    width, height : float
        Its size, px; it shrinks with the page.
    name, about : str
        What it is, and what is to be seen in it, for those who cannot.
    parts : sequence of Html
        From back to front.
    """
    return element(
        "svg",
        element("title", name),
        element("desc", about),
        *parts,
        viewBox=f"0 0 {width:g} {height:g}",
        style=f"max-width:{width:g}px",
        role="img",
        aria_label=f"{name}. {about}",
    )


def label(
    style: str, x: float, y: float, text: str, anchor: str = "start", title: str | None = None
) -> Html:
    """Return text, its base line 4 px under the middle."""
    more = [element("title", title)] if title else []
    return element("text", *more, text, class_=style, x=x, y=y + 4, text_anchor=anchor)


def line(style: str, start: tuple[float, float], end: tuple[float, float]) -> Html:
    """Return a line."""
    return element("line", class_=style, x1=start[0], y1=start[1], x2=end[0], y2=end[1])


def box(style: str, left: float, top: float, width: float, height: float) -> Html:
    """Return a rectangle."""
    return element("rect", class_=style, x=left, y=top, width=width, height=height)


def dot(style: str, x: float, y: float, radius: float = 4.5) -> Html:
    """Return a filled circle, or a ring where the style says so."""
    return element("circle", class_=style, cx=x, cy=y, r=radius)


def diamond(style: str, x: float, y: float, radius: float = 5.5) -> Html:
    """Return a square on its corner."""
    corners = ((x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y))
    return polygon(style, corners)


def polygon(style: str, corners: Sequence[tuple[float, float]]) -> Html:
    """Return a closed shape."""
    return element("polygon", class_=style, points=" ".join(f"{x:.1f},{y:.1f}" for x, y in corners))


def arrow(style: str, x: float, y: float, *, to_right: bool) -> Html:
    """Return an arrow head for what goes on beyond the picture."""
    back = x - 6.0 if to_right else x + 6.0
    return polygon(style, ((x, y), (back, y - 3.5), (back, y + 3.5)))


def whisker(style: str, x: float, low: float, high: float) -> Html:
    """Return an upright interval with its ends."""
    return element(
        "g",
        line(style, (x, low), (x, high)),
        line(style, (x - 4, low), (x + 4, low)),
        line(style, (x - 4, high), (x + 4, high)),
    )
