"""The plot of returns: a bar is as high as its share, and stands on its own side of 0."""

import pytest

from infra.backtest.plots_returns import histogram
from infra.backtest.result_days import ReturnDistribution
from tests.infra.backtest.report_cases import distribution
from tests.infra.backtest.test_plots import drawn
from tests.infra.backtest.test_plots import marks
from tests.infra.backtest.test_plots import places
from tests.infra.backtest.test_plots import size

FOUND = ReturnDistribution(
    horizon="15m", n=100, base_n=100, base_samples=3_000, edges=(-20.0, -10.0, 0.0, 10.0, 20.0),
    counts=(10, 0, 60, 30), base_shares=(0.2, 0.3, 0.3, 0.2), p05=-18.0, p25=1.0, p50=4.0,
    p75=11.0, p95=25.0,
)  # fmt: skip


def bars(found: ReturnDistribution) -> list[dict[str, str]]:
    """Return the bars, without the legend's."""
    return marks(histogram(found, "x"), "rect", "column")[
        : sum(count > 0 for count in found.counts)
    ]


def test_bars_are_as_high_as_their_shares() -> None:
    heights = [float(bar["height"]) for bar in bars(FOUND)]
    assert len(heights) == 3
    assert heights[1] == pytest.approx(2 * heights[2], rel=0.01)
    assert heights[1] == pytest.approx(6 * heights[0], rel=0.01)


def test_bars_stand_on_their_side_of_0() -> None:
    (zero,) = [
        each for each in marks(histogram(FOUND, "x"), "line", "zero") if each["x1"] == each["x2"]
    ]
    lefts = [float(bar["x"]) for bar in bars(FOUND)]
    assert lefts[0] < float(zero["x1"]) < lefts[1] < lefts[2]


def test_labels_of_the_axis_are_edges_of_bins() -> None:
    texts = [each.text for each in drawn(histogram(FOUND, "x")).iter("text")]
    assert [text for text in texts if text in {"−20", "−10", "0", "+10", "+20"}] == [
        *("−20", "−10", "0", "+10", "+20")
    ]


def test_base_samples_are_a_line_of_steps() -> None:
    (steps,) = marks(histogram(FOUND, "x"), "polyline", "outline")
    points = [tuple(map(float, each.split(","))) for each in steps["points"].split()]
    assert len(points) == 8
    assert points[0][1] == points[1][1] == points[7][1] > points[2][1] == points[5][1]


def test_without_base_samples_there_is_no_line_of_them() -> None:
    bare = ReturnDistribution(
        horizon="15m", n=1, base_n=0, base_samples=0, edges=(-1.0, 0.0, 1.0), counts=(0, 1)
    )
    plot = histogram(bare, "x")
    assert not marks(plot, "polyline", "outline")
    assert "base samples" not in plot
    assert "not evidence" in plot


@pytest.mark.parametrize("n", [1, 29, 30, 4_000])
def test_every_mark_is_inside_the_picture(n: int) -> None:
    plot = histogram(distribution("15m", n, 0.6), "x")
    width, height = size(plot)
    assert all(-1 <= x <= width + 1 and 0 <= y <= height for x, y in places(plot))
    assert ("not evidence" in plot) is (n < 30)
    assert drawn(plot).attrib["role"] == "img"
