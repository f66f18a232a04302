"""Rows near the price, touches and whether they turned back, against a scan of the whole path."""

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flows.equities.dark.path import ABOVE
from flows.equities.dark.path import BELOW
from flows.equities.dark.path import PricePath
from flows.equities.dark.path import row_height
from tests.flows.equities.dark.prints import SECOND

W = 500
TICK = 100


@pytest.mark.parametrize(
    ("price", "row"),
    # 5 bps: .05, .335 (.20 is nearer than .50), .025, .0035, .0004, 2.00, .075 (as near to .10).
    [(100, 500), (670, 2_000), (50, 200), (7, 100), (0.8, 5), (4_000, 20_000), (150, 500)],
)
def test_a_band_is_the_row_nearest_to_five_basis_points(price: float, row: int) -> None:
    assert row_height(round(price * 10_000), 5.0) == row


def path_of(prices: list[tuple[float, float]], row_e4: int = W) -> PricePath:
    path = PricePath(row_e4, TICK, 10 * SECOND, 60 * SECOND)
    for at, price in prices:
        path.move(round(at * SECOND), round(price * 10_000))
    return path


ROW = 2_000  # 100.00 to 100.04


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        ([(0, 100.09), (10, 100.04)], [(10, ABOVE)]),
        ([(0, 100.09), (9.9, 100.04)], []),
        ([(0, 100.08), (30, 100.04)], []),  # four cents above is less than W
        ([(0, 99.95), (10, 100.0)], [(10, BELOW)]),
        ([(0, 99.96), (30, 100.0)], []),
        # Coming near and turning before the band keeps what was waited.
        ([(0, 100.09), (10, 100.06), (11, 100.09), (12, 100.04)], [(12, ABOVE)]),
        # Jumping over it to the other side does not.
        ([(0, 100.09), (10, 99.95), (12, 100.0)], []),
        ([(0, 100.09), (10, 99.95), (20, 100.0)], [(20, BELOW)]),
        # Inside and out without getting away is no second touch.
        ([(0, 100.09), (10, 100.04), (11, 100.06), (41, 100.03)], [(10, ABOVE)]),
        ([(0, 100.02), (30, 100.03)], []),
    ],
)
def test_a_touch_comes_after_ten_seconds_away(
    prices: list[tuple[float, float]], expected: list[tuple[float, int]]
) -> None:
    touches = path_of(prices).touches(ROW, 0)

    assert [(ts / SECOND, side) for ts, side, _ in touches] == expected


@pytest.mark.parametrize(
    ("after", "held"),
    [
        ([(70, 100.09)], True),
        ([(70.001, 100.09)], False),
        ([(40, 100.08)], False),
        ([(40, 99.95)], False),
        ([(30, 99.95), (69, 100.09)], True),
    ],
)
def test_a_touch_holds_when_the_price_turns_within_a_minute(
    after: list[tuple[float, float]], held: bool
) -> None:
    path = path_of([(0, 100.09), (10, 100.04), *after])

    assert [touch[2] for touch in path.touches(ROW, 0)] == [held]


def test_a_row_of_one_tick_is_left_by_one_tick() -> None:
    path = path_of([(0, 20.01), (10, 20.0), (11, 20.01), (21, 20.0)], row_e4=100)

    assert [(ts, held) for ts, _, held in path.touches(2_000, 0)] == [
        (10 * SECOND, True),
        (21 * SECOND, False),
    ]


def scan(prices: list[tuple[int, int]], row: int) -> list[tuple[int, int, bool]]:
    """Return a row's touches by looking at every price of the path in turn."""
    low, high = row * W, (row + 1) * W - TICK

    def side(at_e4: int) -> int:
        return ABOVE if at_e4 >= high + W else BELOW if at_e4 <= low - W else 0

    touches: list[tuple[int, int, bool]] = []
    armed, run_side, run_start, was_in = 0, 0, 0, False
    for at, (ts, price) in enumerate(prices):
        if at and run_side and side(price) != run_side and ts - run_start >= 10:
            armed = run_side
        now = side(price)
        if now and now != run_side:
            run_start = ts
            armed = armed if armed == now else 0
        run_side = now
        is_in = low <= price <= high
        if is_in and not was_in:
            if armed and at:
                touches.append((ts, armed, False))
            armed = 0
        was_in = is_in
        touches = [
            (t, s, held or (now == s and t <= ts <= t + 60)) for t, s, held in touches
        ]  # fmt: skip
    return touches


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(st.integers(1, 25), st.integers(9_985, 10_015)), min_size=1, max_size=60
    )
)  # fmt: skip
def test_touches_of_every_row_are_those_of_a_scan(steps: list[tuple[int, int]]) -> None:
    ts, prices = 0, []
    for gap, cents in steps:
        ts += gap
        prices.append((ts, cents * 100))
    path = PricePath(W, TICK, 10, 60)
    for at, price in prices:
        if not path.calm_low_e4 <= price <= path.calm_high_e4:
            path.move(at, price)

    for row in range(1_990, 2_010):
        assert path.touches(row, 0) == scan(prices, row), row


def test_a_wild_price_does_not_note_every_row_on_its_way() -> None:
    path = path_of([(0, 100.0), (10, 0.01), (11, 100.0)])

    assert len(path.state()[3]) < 20
