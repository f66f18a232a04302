import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.common.calendar import NS_PER_MINUTE
from infra.chart.series import ACCUMULATION
from infra.chart.series import DISTRIBUTION
from infra.chart.series import bar_of
from infra.chart.series import clock
from infra.chart.series import largest_by_bar
from infra.chart.series import minute_of_day
from infra.chart.series import off_exchange_share
from infra.chart.series import price_range
from infra.chart.series import price_ticks
from infra.chart.series import row_middle
from infra.chart.series import session_spans
from infra.chart.series import short_shares
from infra.chart.series import time_range
from infra.chart.series import time_ticks
from infra.chart.series import vwap_line
from infra.chart.spacing import apart
from infra.chart.spacing import mark_area
from infra.chart.spacing import standing_apart
from tests.infra.chart.days import BAR_NS
from tests.infra.chart.days import CLOSE_NS
from tests.infra.chart.days import OPEN_NS
from tests.infra.chart.days import TRADE_DATE
from tests.infra.chart.days import a_bar
from tests.infra.chart.days import a_day
from tests.infra.chart.days import an_inference


def test_vwap_is_that_of_the_regular_session_at_the_end_of_each_bar() -> None:
    bars = [
        a_bar(-1, vwap=50.0),
        a_bar(0, vwap=100.0, volume=300.0),
        a_bar(1, vwap=None, volume=900.0),
        a_bar(2, vwap=104.0, volume=100.0),
        a_bar(78, vwap=50.0),
    ]

    assert vwap_line(bars) == [(OPEN_NS + BAR_NS, 100.0), (OPEN_NS + 3 * BAR_NS, 101.0)]


def test_off_exchange_share_is_by_volume() -> None:
    bars = [a_bar(0, volume=100.0, off_exchange_volume=100.0), a_bar(1, off_exchange_volume=0.0)]

    assert off_exchange_share(bars) == pytest.approx(100 / 1100)
    assert off_exchange_share([a_bar(0, volume=0.0, off_exchange_volume=0.0)]) is None


def test_time_axis_spans_the_regular_session_and_every_bar() -> None:
    assert time_range(a_day()) == (OPEN_NS - 2 * BAR_NS, CLOSE_NS)
    assert time_range(a_day(bars=(a_bar(0), a_bar(90)))) == (OPEN_NS, OPEN_NS + 91 * BAR_NS)
    assert time_range(a_day(is_regular_only=True)) == (OPEN_NS, CLOSE_NS)


def test_half_day_ends_at_its_early_close() -> None:
    (_, _, opens), (_, _, closes), (_, _, last) = session_spans(20_420)  # 2025-11-28

    assert [clock(minute_of_day(at, 20_420)) for at in (opens, closes, last)] == [
        "09:30", "13:00", "20:00"
    ]  # fmt: skip


def test_price_axis_leaves_a_far_wick_out_but_no_close() -> None:
    bars = (a_bar(0), a_bar(1, high=200.0), a_bar(2, low=20.0), a_bar(3, close=101.0))

    low, high = price_range(a_day(bars=bars))

    assert 99.0 < low < 100.0
    assert 101.0 < high < 102.0


def test_price_axis_of_one_price_has_room() -> None:
    flat = a_bar(0, open=100.0, high=100.0, low=100.0, close=100.0)

    low, high = price_range(a_day(bars=(flat,)))

    assert low < 100.0 < high


@pytest.mark.parametrize(
    ("hours", "count", "first"), [(6.5, 14, "09:30"), (16, 17, "04:00"), (3, 13, "09:30")]
)
def test_times_are_named_in_steps_of_the_clock(hours: float, count: int, first: str) -> None:
    start = OPEN_NS - (330 * NS_PER_MINUTE if hours == 16 else 0)
    found = time_ticks(start, start + int(hours * 60) * NS_PER_MINUTE)

    assert len(found) == count
    assert clock(minute_of_day(found[0], TRADE_DATE)) == first


@given(st.floats(0.01, 5_000), st.floats(0.001, 0.5), st.integers(2, 16))
def test_prices_are_named_at_equal_steps_inside_the_axis(
    low: float, span: float, most: int
) -> None:
    high = low * (1 + span)
    found = price_ticks(low, high, most)

    assert len(found) <= most
    assert all(low - 1e-9 <= at <= high + 1e-9 for at in found)
    steps = {round(after - before, 9) for before, after in pairwise(found)}
    assert len({round(step, 6) for step in steps}) <= 1


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_labels_keep_their_distance_and_their_order(places: list[float]) -> None:
    found = apart(places, 0.05)

    ranked = sorted(range(len(places)), key=lambda at: (places[at], at))
    for before, after in pairwise(ranked):
        assert found[after] - found[before] >= 0.05 - 1e-6


def test_labels_that_are_apart_stay_where_they_are() -> None:
    assert apart([0.9, 0.1, 0.5], 0.05) == [0.9, 0.1, 0.5]


def test_area_of_a_mark_stands_for_its_shares() -> None:
    assert mark_area(500.0, 1_000.0, 40.0, 800.0) == 400.0
    assert mark_area(1.0, 1_000.0, 40.0, 800.0) == 40.0
    assert mark_area(0.0, 0.0, 40.0, 800.0) == 40.0


@pytest.mark.parametrize(
    ("label", "row", "middle"), [(13.73, 0.01, 13.73), (165.0, 0.05, 165.02), (0.5, 0.0001, 0.5)]
)
def test_row_is_centred_on_the_prices_it_holds(label: float, row: float, middle: float) -> None:
    assert row_middle(label, row) == pytest.approx(middle)


@pytest.mark.parametrize(
    ("shares", "text"), [(0, "0"), (999, "999"), (1_500, "1.5K"), (2.5e6, "2.5M"), (3e9, "3.0B")]
)
def test_shares_are_short(shares: float, text: str) -> None:
    assert short_shares(shares) == text


CIRCLES = st.tuples(st.floats(0, 200), st.floats(0, 200), st.floats(1, 30))


@given(st.lists(CIRCLES, max_size=40), st.integers(1, 40))
def test_marks_that_stand_apart_do_not_cover_each_other_and_leave_no_room(
    circles: list[tuple[float, float, float]], most: int
) -> None:
    kept = standing_apart(circles, most)

    def is_far(place: int, others: list[int], factor: float = 1.001) -> bool:
        x, y, radius = circles[place]
        return all(
            math.dist((x, y), circles[each][:2]) >= factor * (radius + circles[each][2])
            for each in others
        )

    assert len(kept) <= most
    assert kept == sorted(kept)
    assert all(is_far(place, kept[:number], 0.999) for number, place in enumerate(kept))
    if len(kept) < most:
        left = [place for place in range(len(circles)) if place not in kept]
        earlier = {place: [each for each in kept if each < place] for place in left}
        assert not any(is_far(place, earlier[place]) for place in left)


def test_of_several_inferences_in_a_bar_the_largest_is_told_and_none_is_added_up() -> None:
    ends = (OPEN_NS + 10, OPEN_NS + 20, OPEN_NS + 2 * BAR_NS)
    data = a_day(
        inferences=tuple(
            [
                an_inference(ACCUMULATION, end_ns=end_ns, shares=shares)
                for end_ns, shares in zip(ends, (300.0, 500.0, 200.0), strict=True)
            ]
        )
    )

    found = largest_by_bar(data, ACCUMULATION)

    assert [(bar.start_ns, shares) for bar, shares in found] == [
        (OPEN_NS, 500.0), (OPEN_NS + 2 * BAR_NS, 200.0)
    ]  # fmt: skip
    assert largest_by_bar(data, DISTRIBUTION) == []


def test_bar_of_an_instant_ends_before_its_end() -> None:
    data = a_day()
    last = data.bars[-1]

    assert bar_of(data, last.start_ns) == last
    assert bar_of(data, last.end_ns) is None
    assert bar_of(data, data.bars[0].start_ns - 1) is None
