from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.equities.profile.value_area import point_of_control
from flows.equities.profile.value_area import value_area
from tests.flows.equities.profile.golden import GOLDEN
from tests.flows.equities.profile.golden import price

VOLUMES = st.lists(st.integers(0, 40), min_size=1, max_size=60).filter(any)


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_profiles_have_their_area(name: str) -> None:
    golden = GOLDEN[name]

    found = value_area(golden.volumes)

    assert found is not None
    assert (price(found.poc), price(found.val), price(found.vah), found.volume) == (
        golden.poc, golden.val, golden.vah, golden.area
    )  # fmt: skip
    assert sum(golden.volumes) == golden.total


@pytest.mark.parametrize(
    ("volumes", "poc"),
    [
        ((5,), 0),
        ((9, 1, 9, 1, 1), 2),  # nearest the middle
        ((9, 1, 1, 9), 0),  # equally near: the lower
        ((1, 9, 9, 1), 1),
        ((9, 0, 9, 9, 0), 2),
    ],
)
def test_tie_of_the_greatest_rows_goes_to_the_middle_then_down(
    volumes: tuple[int, ...], poc: int
) -> None:
    assert point_of_control(volumes) == poc


def test_tie_of_the_neighbours_goes_down() -> None:
    found = value_area((20, 50, 20, 10))

    assert found is not None
    assert (found.val, found.vah) == (0, 1)


def test_row_without_volume_is_a_row() -> None:
    found = value_area((10, 0, 90, 0, 60))

    assert found is not None
    assert (found.val, found.vah, found.volume) == (0, 4, 160)
    assert found.last == 4


def test_exhausted_side_yields_to_the_other() -> None:
    found = value_area((10, 1, 1, 9))

    assert found is not None
    assert (found.val, found.vah) == (0, 3)


def test_no_volume_has_no_area() -> None:
    assert value_area(()) is None
    assert value_area((0, 0)) is None


@given(VOLUMES)
def test_area_holds_its_share_around_the_poc_and_not_without_its_last_row(
    volumes: list[int],
) -> None:
    found = value_area(volumes)

    assert found is not None
    inside = volumes[found.val : found.vah + 1]
    assert found.val <= found.poc <= found.vah
    assert sum(inside) == found.volume
    assert 10 * found.volume >= 7 * sum(volumes)
    assert found.last in {found.val, found.vah}
    if found.last != found.poc:
        assert 10 * (found.volume - volumes[found.last]) < 7 * sum(volumes)
    else:
        assert found.val == found.vah == found.poc


@given(VOLUMES, st.lists(st.integers(1, 100), min_size=2, max_size=4).map(sorted))
def test_greater_share_contains_the_smaller(volumes: list[int], shares: list[int]) -> None:
    areas = [value_area(volumes, share) for share in shares]

    for small, great in pairwise(areas):
        assert small is not None
        assert great is not None
        assert great.val <= small.val
        assert small.vah <= great.vah
