"""What is drawn by price: the profile, its levels, the prices at the right edge."""

from typing import Final

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from infra.chart.series import ChartData
from infra.chart.series import VolumeByPrice
from infra.chart.series import price_range
from infra.chart.series import price_ticks
from infra.chart.series import row_middle
from infra.chart.spacing import apart
from infra.chart.theme import Theme

_TAG_GAP: Final = 0.034  # of the pane's height
_OUTSIDE_ALPHA: Final = 0.45


def draw_profile(pane: Axes, data: ChartData, theme: Theme) -> None:
    """Draw the volume by price, bought, sold and undirected beside each other."""
    profile = data.profile
    if profile is None:
        pane.text(
            0.5, 0.5, "no profile", color=theme.faint, fontsize=10, ha="center", va="center",
            transform=pane.transAxes,
        )  # fmt: skip
        return
    row = profile.row
    labels = [profile.first + number * row for number in range(len(profile.buy))]
    at = [row_middle(label, row) for label in labels]
    total = [sum(each) for each in zip(profile.buy, profile.sell, profile.unknown, strict=True)]
    pane.set_xlim(0, 1.06 * max(total))
    inside = [_is_inside(profile, label) for label in labels]
    left = [0.0] * len(at)
    for name, color, shares in (
        ("buy", theme.up, profile.buy),
        ("sell", theme.down, profile.sell),
        ("unknown", theme.flat, profile.unknown),
    ):
        drawn = pane.barh(
            at, shares, 0.86 * row, left=left, color=color, linewidth=0, zorder=2,
            gid=f"profile-{name}",
        )  # fmt: skip
        for bar, is_inside in zip(drawn, inside, strict=True):
            bar.set_alpha(1.0 if is_inside else _OUTSIDE_ALPHA)
        left = [before + more for before, more in zip(left, shares, strict=True)]
    if profile.poc is not None:
        greatest = max(total)
        pane.add_patch(
            Rectangle(
                (0, row_middle(profile.poc, row) - row / 2), greatest, row, facecolor="none",
                edgecolor=theme.poc, linewidth=1.3, zorder=3, gid="poc-row",
            )
        )  # fmt: skip
    for price in profile.lvns:
        pane.plot(
            [0.0, 0.0], [row_middle(price, row)] * 2, marker=9, markersize=6, color=theme.node,
            linestyle="none", zorder=4, gid="lvn", clip_on=False,
        )  # fmt: skip
        pane.axhline(
            row_middle(price, row), color=theme.node, linewidth=0.8, linestyle=(0, (1, 3)), zorder=1
        )


def _is_inside(profile: VolumeByPrice, label: float) -> bool:
    if profile.val is None or profile.vah is None:
        return False
    return profile.val - profile.row / 2 < label < profile.vah + profile.row / 2


def draw_levels(price: Axes, profile: Axes, data: ChartData, theme: Theme) -> None:
    """Draw the lines of the profile and the last price, and name the prices at the right edge."""
    low, high = price_range(data)
    last = data.bars[-1]
    decimals = _decimals(data)
    color = theme.up if last.close >= last.open else theme.down
    tags = [(f"{last.close:,.{decimals}f}", last.close, color)]
    if data.profile is not None:
        for name, label, color, style in (
            ("VAH", data.profile.vah, theme.value, (0, (5, 4))),
            ("POC", data.profile.poc, theme.poc, "-"),
            ("VAL", data.profile.val, theme.value, (0, (5, 4))),
        ):
            if label is None:
                continue
            at = row_middle(label, data.profile.row)
            for pane in (price, profile):
                pane.axhline(
                    at, color=color, linewidth=1.1, linestyle=style, alpha=0.85,
                    zorder=1.2, gid=f"level-{name}",
                )  # fmt: skip
            tags.append((f"{name} {label:,.{decimals}f}", at, color))
    price.axhline(last.close, color=tags[0][2], linewidth=0.7, linestyle=(0, (1, 2)), zorder=1.2)
    places = apart([(at - low) / (high - low) for _, at, _ in tags], _TAG_GAP)
    for (text, _, color), place in zip(tags, places, strict=True):
        profile.text(
            1.03, place, text, fontsize=9.5, fontweight="bold", color=theme.paper, va="center",
            transform=profile.transAxes, zorder=6, gid="tag",
            bbox={"boxstyle": "round,pad=0.28,rounding_size=0.25", "fc": color, "ec": "none"},
        )  # fmt: skip
    for at in price_ticks(low, high):
        place = (at - low) / (high - low)
        if all(abs(place - tag) > _TAG_GAP * 0.8 for tag in places):
            profile.text(
                1.03, place, f"{at:,.{decimals}f}", fontsize=9.5, color=theme.dim, va="center",
                transform=profile.transAxes,
            )  # fmt: skip


def _decimals(data: ChartData) -> int:
    return 4 if data.bars[-1].close < 1 else 2
