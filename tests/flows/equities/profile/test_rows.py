from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.equities.profile.bars import bar_rows
from flows.equities.profile.config import ProfileConfig
from flows.equities.profile.rows import Grid
from flows.equities.profile.rows import label
from flows.equities.profile.rows import row_height_e4
from flows.equities.profile.rows import tick_e4
from flows.errors import RejectedEvent


@pytest.mark.parametrize(
    ("price", "row"),
    [
        (14.00, 0.01),
        (50.00, 0.01),
        (50.01, 0.02),
        (100.00, 0.02),
        (100.01, 0.05),
        (145.00, 0.05),
        (250.00, 0.05),
        (251.00, 0.10),
        (550.00, 0.20),
        (1_200.00, 0.50),
        (5_000.00, 1.00),
        (620_000.00, 200.00),
        (0.50, 0.0001),
        (0.9999, 0.0002),
    ],
)
def test_row_is_two_basis_points_rounded_up(price: float, row: float) -> None:
    assert row_height_e4(round(price * 10_000), 2) == round(row * 10_000)


@given(st.integers(1, 10**10))
def test_row_is_the_least_of_its_ladder(at_e4: int) -> None:
    height = row_height_e4(at_e4, 2)
    ticks = height // tick_e4(at_e4)
    digits = str(ticks).rstrip("0")

    assert height % tick_e4(at_e4) == 0
    assert digits in {"1", "2", "5"}
    assert height * 5_000 >= at_e4
    if ticks > 1:
        below = {"1": ticks // 2, "2": ticks // 2, "5": ticks * 2 // 5}[digits]
        assert below * tick_e4(at_e4) * 5_000 < at_e4


def test_asked_height_wins_over_the_price() -> None:
    grid = Grid()
    grid.fix(1_450_000, 10, ProfileConfig())

    assert grid.row_e4 == 1_000


def test_price_is_in_the_row_at_or_below_it() -> None:
    grid = Grid()
    grid.fix(1_000_100, 5, ProfileConfig())

    assert [grid.row_of(at) for at in (999_999, 1_000_000, 1_000_499, 1_000_500)] == [
        1999, 2000, 2000, 2001
    ]  # fmt: skip
    assert label(2003, 500) == 100.15


def test_price_far_from_the_first_one_has_no_row() -> None:
    grid = Grid()
    grid.fix(1_000_000, 1, ProfileConfig(span_rows=64))

    assert grid.row_of(1_006_400) == 10_064
    assert grid.row_of(1_006_500) is None
    assert grid.row_of(993_500) is None


@pytest.mark.parametrize(
    ("bar", "rows"),
    [
        ((100, 100, 100, 7), {1: 7}),
        ((100, 300, 200, 9), {1: 3, 2: 3, 3: 3}),
        ((100, 300, 200, 10), {1: 3, 2: 4, 3: 3}),  # the remainder begins at the close
        ((100, 300, 200, 11), {1: 4, 2: 4, 3: 3}),  # and goes outward, down first
        ((100, 300, 300, 11), {1: 3, 2: 4, 3: 4}),
        ((100, 500, 399, 2), {2: 1, 3: 1}),  # rows that get nothing are left out
        ((100, 300, 200, 0), {}),
    ],
)
def test_bar_is_spread_over_its_rows(bar: tuple[int, int, int, int], rows: dict[int, int]) -> None:
    assert bar_rows(*bar, 100) == rows


@given(
    st.integers(1, 5_000_000),
    st.integers(0, 40_000),
    st.integers(0, 100),
    st.integers(0, 10**13),
    st.sampled_from((1, 100, 200, 500, 5_000)),
)
def test_rows_of_a_bar_add_up_to_it_and_differ_by_one(
    low: int, height: int, at: int, micro: int, row_e4: int
) -> None:
    close = low + height * at // 100
    rows = bar_rows(low, low + height, close, micro, row_e4)
    span = (low + height) // row_e4 - low // row_e4 + 1

    assert sum(rows.values()) == micro
    assert all(low // row_e4 <= row <= (low + height) // row_e4 for row in rows)
    counts = Counter(rows.values())
    counts[0] += span - len(rows)
    assert {count for count, rows in counts.items() if rows} <= {micro // span, micro // span + 1}


@pytest.mark.parametrize("bar", [(200, 300, 100, 5), (100, 200, 300, 5), (100, 200, 150, -1)])
def test_impossible_bar_is_refused(bar: tuple[int, int, int, int]) -> None:
    with pytest.raises(RejectedEvent, match="invariant: bar low"):
        bar_rows(*bar, 100)
