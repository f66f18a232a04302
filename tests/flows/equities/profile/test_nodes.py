from collections.abc import Iterator
from itertools import groupby
from itertools import takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.equities.profile.config import MEAN_RATIO
from flows.equities.profile.config import ProfileConfig
from flows.equities.profile.nodes import mean_ratio_nodes
from flows.equities.profile.nodes import nodes
from flows.equities.profile.nodes import prominent_nodes
from tests.flows.equities.profile.golden import GOLDEN
from tests.flows.equities.profile.golden import price


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_profiles_have_their_prominent_nodes(name: str) -> None:
    golden = GOLDEN[name]

    found = nodes(golden.volumes, ProfileConfig())

    assert tuple(map(price, found.low)) == golden.lvn
    assert tuple(map(price, found.high)) == golden.hvn


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_profiles_have_their_mean_ratio_nodes(name: str) -> None:
    golden = GOLDEN[name]

    found = nodes(golden.volumes, ProfileConfig(nodes=MEAN_RATIO))

    assert tuple(map(price, found.low)) == golden.mean_lvn
    assert tuple(map(price, found.high)) == golden.mean_hvn


@pytest.mark.parametrize(
    ("volumes", "low", "high"),
    [
        ((), (), ()),
        ((7,), (), (0,)),
        ((7, 7, 7, 7), (), (1,)),  # one plateau: its middle, the lower of two
        ((100, 5, 5, 5, 5, 100), (2,), (0, 5)),
        ((100, 80, 100), (1,), (0, 2)),  # a fifth of the greatest is enough
        ((100, 81, 100), (), (0, 2)),  # of two equal peaks neither is below the other
        ((100, 81, 99), (), (0,)),
        ((0, 100, 0), (), (1,)),  # a valley lies inside
        ((100, 50, 60, 40, 100), (3,), (0, 4)),
        ((100, 40, 60, 40, 100), (1, 3), (0, 2, 4)),
    ],
)
def test_nodes_are_plateaus_that_stand_out(
    volumes: tuple[int, ...], low: tuple[int, ...], high: tuple[int, ...]
) -> None:
    found = prominent_nodes(volumes)

    assert (found.low, found.high) == (low, high)


def plateaus(volumes: list[int]) -> Iterator[tuple[int, int, list[int], list[int]]]:
    """Yield level, middle, and what lies to the left and to the right, nearest first."""
    start = 0
    for level, rows in groupby(volumes):
        end = start + len(list(rows)) - 1
        yield level, (start + end) // 2, volumes[:start][::-1], volumes[end + 1 :]
        start = end + 1


def peak_before_lower(level: int, side: list[int]) -> int:
    return max(takewhile(lambda each: each >= level, side))


def saddle_before_greater(level: int, side: list[int]) -> int:
    before = list(takewhile(lambda each: each <= level, side))
    return 0 if len(before) == len(side) else min(before)


def by_definition(volumes: list[int]) -> tuple[list[int], list[int]]:
    """Find nodes the slow way, walking outward from every plateau."""
    low, high = [], []
    greatest = max(volumes)
    for level, middle, *sides in plateaus(volumes):
        if all(side and side[0] > level for side in sides):
            peak = min(peak_before_lower(level, side) for side in sides)
            if 5 * (peak - level) >= greatest:
                low.append(middle)
        if all(not side or side[0] < level for side in sides):
            saddle = max(saddle_before_greater(level, side) for side in sides)
            if 5 * (level - saddle) >= greatest:
                high.append(middle)
    return low, high


@given(st.lists(st.integers(0, 12), min_size=1, max_size=40).filter(any))
def test_nodes_are_those_of_the_definition(volumes: list[int]) -> None:
    found = prominent_nodes(volumes)

    assert (list(found.low), list(found.high)) == by_definition(volumes)


@given(st.lists(st.integers(0, 12), min_size=1, max_size=40).filter(any))
def test_nodes_of_a_mirrored_profile_are_mirrored_but_for_even_plateaus(
    volumes: list[int],
) -> None:
    # Each row twice apart by nothing equal: plateaus of one row have one middle.
    single = [2 * volume + at % 2 for at, volume in enumerate(volumes)]
    found, mirrored = prominent_nodes(single), prominent_nodes(single[::-1])

    last = len(single) - 1
    assert found.low == tuple(last - at for at in reversed(mirrored.low))
    assert found.high == tuple(last - at for at in reversed(mirrored.high))


def test_rows_without_volume_are_no_mean_ratio_nodes() -> None:
    assert mean_ratio_nodes((100, 0, 0, 100)).low == ()
