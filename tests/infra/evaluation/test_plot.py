"""The reliability plot is a drawing of the buckets and nothing else."""

import math
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.evaluation.metrics import calibration
from infra.evaluation.plot import HEIGHT
from infra.evaluation.plot import WIDTH
from infra.evaluation.plot import reliability_svg
from infra.evaluation.plot import wilson

SVG = "{http://www.w3.org/2000/svg}"


def drawn(stated: list[float], right: list[bool], subtitle: str = "") -> ElementTree.Element:
    return ElementTree.fromstring(reliability_svg(calibration(stated, right), subtitle))  # noqa: S314 - our own text


def dots(root: ElementTree.Element) -> list[tuple[float, float, float]]:
    return [
        (float(each.attrib["cx"]), float(each.attrib["cy"]), float(each.attrib["r"]))
        for each in root.iter(f"{SVG}circle")
    ]


def test_each_bucket_with_cases_has_one_point_at_its_stated_and_observed_share() -> None:
    root = drawn([0.5, 0.5, 0.9, 0.9], [False, False, True, True])

    (left_x, left_y, _), (right_x, right_y, _) = dots(root)
    diagonal = next(each for each in root.iter(f"{SVG}line") if each.attrib["class"] == "even")
    x0, y0, x1, y1 = (float(diagonal.attrib[name]) for name in ("x1", "y1", "x2", "y2"))
    assert left_x == pytest.approx(x0 + 0.5 * (x1 - x0), abs=0.1)
    assert right_x == pytest.approx(x0 + 0.9 * (x1 - x0), abs=0.1)
    assert left_y == pytest.approx(y0)
    assert right_y == pytest.approx(y1)


def test_the_area_of_a_point_is_its_number_of_cases() -> None:
    root = drawn([0.5] * 4 + [0.9] * 16, [True] * 20)

    (_, _, few), (_, _, many) = dots(root)
    assert (many / few) ** 2 == pytest.approx(4.0, rel=0.05)


def test_figures_stand_beside_the_points() -> None:
    words = [each.text for each in drawn([0.5, 0.9], [True, True]).iter(f"{SVG}text")]

    assert {"Brier score", "0.130", "calibration error", "0.300"} <= set(words)
    assert "0.82 to 1.00" in words


def test_without_a_named_profile_there_is_an_empty_frame() -> None:
    root = drawn([], [])

    assert dots(root) == []
    assert next(root.iter(f"{SVG}desc")).text == "No profile was named."


def test_what_is_written_is_escaped() -> None:
    root = drawn([0.5], [True], 'a <b> & "c"')

    assert 'a <b> & "c"' in [each.text for each in root.iter(f"{SVG}text")]


@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.booleans()), max_size=40))
def test_everything_is_inside_the_frame(cases: list[tuple[float, bool]]) -> None:
    root = drawn([p for p, _ in cases], [y for _, y in cases])

    for x, y, radius in dots(root):
        assert radius <= x <= WIDTH - radius
        assert radius <= y <= HEIGHT - radius
    for line in root.iter(f"{SVG}line"):
        assert all(0 <= float(line.attrib[name]) <= WIDTH for name in ("x1", "x2"))
        assert all(0 <= float(line.attrib[name]) <= HEIGHT for name in ("y1", "y2"))


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_stays_between_none_and_all(seen: tuple[int, int]) -> None:
    right, n = seen

    low, high = wilson(right / n, n)

    assert 0.0 <= low <= right / n + 1e-12
    assert right / n - 1e-12 <= high <= 1.0
    assert high - low <= 2 * 1.96 / math.sqrt(n)
