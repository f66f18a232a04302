"""The rule table of the first version, as the specification lists it."""

import pytest

from flows.equities.state.table_one import momentum_points
from flows.equities.state.table_one import place_vote
from flows.equities.state.table_one import table_one


@pytest.mark.parametrize(
    ("d", "price", "vah", "val", "m", "c", "expected"),
    [
        (0.5, 100.5, 101.0, 99.0, 0.2, 5.0, ("BALANCE", 80)),
        (0.5, 100.5, 101.0, 99.0, 6.0, 5.0, ("IMBALANCE_UP", 90)),
        (0.5, 100.5, 101.0, 99.0, 0.2, 20.0, ("IMBALANCE_UP", 90)),
        (3.0, 103.0, 101.0, 99.0, 25.0, 30.0, ("IMBALANCE_UP", 90)),
        (3.0, 97.0, 101.0, 99.0, -25.0, -30.0, ("IMBALANCE_DOWN", 90)),
        (2.0, 102.0, 101.0, 99.0, 1.0, 0.0, ("IMBALANCE_UP", 50)),
        (2.2, 102.2, 103.0, 99.0, 1.0, 0.0, ("BALANCE", 50)),
        (3.0, 103.0, 101.0, 99.0, 0.1, -20.0, ("IMBALANCE_DOWN", 80)),
    ],
)
def test_table_says_what_the_specification_lists(
    d: float, price: float, vah: float, val: float, m: float, c: float, expected: tuple[str, int]
) -> None:
    place = place_vote(round(price * 10_000), round(vah * 10_000), round(val * 10_000))

    assert table_one(d, place, m, c) == expected


def test_what_is_unknown_says_nothing() -> None:
    assert table_one(0.5, 0, None, None) == ("BALANCE", 70)
    assert table_one(0.5, 0, 0.0, 0.0) == ("BALANCE", 80)


@pytest.mark.parametrize(
    ("change_pct", "run", "points"),
    [(0.5, 0, 5.0), (0.5, 2, 5.0), (0.5, 3, 25.0), (0.5, -3, -15.0), (12, 9, 100), (-12, 0, -100)],
)
def test_a_run_of_closes_adds_to_the_momentum(change_pct: float, run: int, points: float) -> None:
    assert momentum_points(change_pct, run) == points
