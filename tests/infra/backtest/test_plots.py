"""Plots: marks stand where their values are, inside the picture, and labels do not collide."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.backtest.plots import ForestRow
from infra.backtest.plots import by_horizon
from infra.backtest.plots import forest
from infra.backtest.plots import lift_by_horizon
from infra.backtest.plots import reliability
from infra.backtest.plots_axes import Scale
from infra.backtest.plots_axes import shortened
from infra.backtest.plots_axes import signed
from infra.backtest.plots_axes import tick_points
from infra.backtest.plots_axes import ticks
from infra.backtest.plots_axes import widened
from infra.backtest.report_html import Html
from infra.backtest.result import Lift
from tests.infra.backtest.report_cases import calibration
from tests.infra.backtest.report_cases import group
from tests.infra.backtest.report_cases import lift

shares = st.floats(-1.0, 1.0, allow_nan=False)


def drawn(plot: Html) -> ElementTree.Element:
    return ElementTree.fromstring(plot)  # noqa: S314 - our own picture


def marks(plot: Html, kind: str, style: str) -> list[dict[str, str]]:
    return [each.attrib for each in drawn(plot).iter(kind) if style in each.get("class", "")]


def size(plot: Html) -> tuple[float, float]:
    _, _, width, height = (float(part) for part in drawn(plot).attrib["viewBox"].split())
    return width, height


def places(plot: Html) -> list[tuple[float, float]]:
    """Return every point a mark, a line or a text begins or ends at."""
    found = []
    for each in drawn(plot).iter():
        for x, y in (("x", "y"), ("x1", "y1"), ("x2", "y2"), ("cx", "cy")):
            if x in each.attrib and y in each.attrib:
                found.append((float(each.attrib[x]), float(each.attrib[y])))
        for pair in each.attrib.get("points", "").split():
            left, top = pair.split(",")
            found.append((float(left), float(top)))
    return found


def rows(*lifts: Lift) -> list[ForestRow]:
    return [ForestRow("By classifier", f"group {at}", each) for at, each in enumerate(lifts)]


def test_lifts_stand_left_and_right_of_the_line_of_none() -> None:
    plot = forest(rows(lift(100, -0.1, 0.02), lift(100, 0.0, 0.02), lift(100, 0.1, 0.02)), "x")

    (zero,) = marks(plot, "line", "zero")
    left, middle, right = [float(each["cx"]) for each in marks(plot, "circle", "mark")]
    assert left < middle < right
    assert middle == float(zero["x1"])
    assert middle - left == pytest.approx(right - middle)


def test_interval_beyond_the_picture_ends_in_an_arrow() -> None:
    rest = [lift(100, 0.01, 0.04)]

    inside = forest(rows(*rest, lift(12, 0.01, 0.04)), "x")
    beyond = forest(rows(*rest, lift(12, 0.3, 0.6)), "x")

    assert not list(drawn(inside).iter("polygon"))
    assert len(list(drawn(beyond).iter("polygon"))) == 2


def test_what_is_no_evidence_is_hollow_and_says_so() -> None:
    plot = forest(rows(lift(12, 0.1, 0.2), lift(120, 0.1, 0.05)), "x")

    assert len(marks(plot, "circle", "weak mark")) == 1
    assert plot.count("○ not evidence") == 1
    assert plot.count("▲ beats base") == 1


def test_sections_are_headed_once() -> None:
    found = [
        ForestRow("", "all", lift(90, 0.0, 0.1)),
        ForestRow("By kind", "a", lift(90, 0.0, 0.1)),
        ForestRow("By kind", "b", lift(90, 0.0, 0.1)),
    ]

    assert [each.text for each in drawn(forest(found, "x")).iter("text")].count("By kind") == 1


def test_a_long_name_is_cut_and_kept_whole_behind_it() -> None:
    name = "CLUSTER_WINDOW_MS=750, SWEEP_MIN_PREMIUM=50000"
    plot = forest([ForestRow("", name, lift(90, 0.0, 0.1))], "x")

    texts = [each for each in drawn(plot).iter("text") if (each.text or "").startswith("CLU")]
    assert not texts
    assert f"<title>{name}</title>" in plot
    assert "CLUSTER_WINDOW_MS=" in plot.replace(f"<title>{name}</title>", "")


@given(
    st.lists(st.tuples(st.integers(0, 400), shares, st.floats(0.0, 1.0)), min_size=1, max_size=9)
)
def test_forest_stays_inside_its_picture(found: list[tuple[int, float, float]]) -> None:
    plot = forest(rows(*(lift(*each) for each in found)), "x")

    width, height = size(plot)
    assert all(-1 <= x <= width + 1 and -1 <= y <= height + 1 for x, y in places(plot))


@given(st.integers(0, 400), st.floats(0.02, 0.98))
def test_plots_by_horizon_stay_inside_their_pictures(n: int, hit_rate: float) -> None:
    found = group("all", "all alerts", n, hit_rate).horizons

    for plot in (by_horizon(found, "x"), lift_by_horizon(found, "x")):
        width, height = size(plot)
        assert all(-1 <= x <= width + 1 and -1 <= y <= height + 1 for x, y in places(plot))


def test_hit_rate_stands_above_its_base_rate_when_it_is_higher() -> None:
    plot = by_horizon(group("all", "all alerts", 400, 0.6).horizons, "x")

    hits = [float(each["cy"]) for each in marks(plot, "circle", "accent mark")][:-1]
    bases = [
        float(each["points"].split()[0].split(",")[1]) for each in marks(plot, "polygon", "base")
    ][:-1]
    assert len(hits) == len(bases) == 6
    assert all(hit < base for hit, base in zip(hits, bases, strict=True))


def test_small_horizons_are_marked_below_their_name() -> None:
    plot = by_horizon(group("all", "all alerts", 40, 0.6).horizons, "x")

    # Of 40 alerts 17 have a next close.
    assert plot.count(">not evidence<") == 1


def test_nothing_known_is_an_empty_plot() -> None:
    found = group("all", "all alerts", 0, 0.0).horizons

    plot = by_horizon(found, "x")
    assert len(marks(plot, "circle", "accent mark")) == 1  # that of the legend
    assert plot.count("n 0") == 6


def test_calibration_counts_stand_under_their_bins() -> None:
    found = calibration("15m", 600, 0.52)
    plot = reliability(found, 0.508, "x")

    bars = marks(plot, "rect", "count")
    tallest = max(range(len(bars)), key=lambda at: float(bars[at]["height"]))
    assert len(bars) == len(found.bins)
    assert found.bins[tallest].n == max(each.n for each in found.bins)
    assert all(f">{each.n:,}<" in plot for each in found.bins)
    assert "base rate 50.8%" in plot
    assert "base rate" not in reliability(found, None, "x")


def test_calibration_bins_below_30_are_hollow() -> None:
    plot = reliability(calibration("15m", 600, 0.52), None, "x")

    small = [each for each in calibration("15m", 600, 0.52).bins if each.n < 30]
    assert len(marks(plot, "circle", "weak mark")) == len(small) + 1


@pytest.mark.parametrize(
    ("low", "high", "most", "found"),
    [
        (-0.1, 0.1, 8, [-0.1, -0.075, -0.05, -0.025, 0.0, 0.025, 0.05, 0.075, 0.1]),
        (0.0, 1.0, 5, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0.4, 0.6, 6, [0.4, 0.45, 0.5, 0.55, 0.6]),
    ],
)
def test_ticks_are_round(low: float, high: float, most: int, found: list[float]) -> None:
    assert ticks(low, high, most) == pytest.approx(found)


@given(st.floats(-1, 0.4), st.floats(0.01, 1.5), st.integers(2, 10))
def test_ticks_lie_within_and_are_not_too_many(low: float, width: float, most: int) -> None:
    found = ticks(low, low + width, most)

    assert len(found) <= most + 1
    assert all(low - 1e-6 <= each <= low + width + 1e-6 for each in found)


def test_axis_reaches_around_what_it_holds() -> None:
    assert widened([0.03, -0.08], 0.05, least=0.05, most=1.0) >= 0.08
    assert 0.05 <= widened([], 0.05, least=0.02, most=1.0) < 0.1
    assert widened([7.0], 0.05, least=0.02, most=1.0) == 1.0


@pytest.mark.parametrize(("share", "text"), [(0.025, "+2.5"), (0.29, "+29"), (-0.1, "−10")])
def test_ticks_of_half_points_keep_their_half(share: float, text: str) -> None:
    assert tick_points(share) == text


def test_nothing_rounded_to_zero_has_a_sign() -> None:
    assert [signed(value) for value in (0.04, -0.04, 0.05001, -1234.5)] == [
        "0.0",
        "0.0",
        "+0.1",
        "−1,234.5",
    ]


@given(st.text(alphabet="AbC_=1 ", max_size=80), st.floats(40, 400))
def test_shortened_text_fits_or_is_whole(text: str, width: float) -> None:
    found = shortened(text, width)

    assert found == text or (found.endswith("…") and len(found) <= width / 7.0 + 1)
    assert re.sub("…$", "", found) == text[: len(found.removesuffix("…"))]


@given(shares, shares)
def test_places_are_in_the_order_of_their_values(first: float, second: float) -> None:
    scale = Scale(-1.0, 1.0, 10.0, 410.0)

    assert (scale.at(first) <= scale.at(second)) or first > second
    assert scale.at(-3.0) == 10.0
    assert scale.at(3.0) == 410.0
