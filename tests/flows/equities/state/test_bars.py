"""Average true range, hourly change and trailing volume against plain recomputation."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.equities.state.bars import BarSeries
from flows.equities.state.trailing import TrailingVolume
from tests.flows.equities.state.records import MINUTE_NS
from tests.flows.equities.state.records import OPEN_NS
from tests.flows.equities.state.records import a_bar
from tests.flows.equities.state.records import wilder_by_numpy

# Close, and how far high and low lie beyond it, in cents.
bars = st.lists(
    st.tuples(st.integers(9_000, 11_000), st.integers(0, 80), st.integers(0, 80)),
    min_size=1,
    max_size=60,
)


def series_of(rows: list[tuple[int, int, int]], period: int = 14) -> BarSeries:
    series = BarSeries(period)
    for minute, row in enumerate(rows):
        series.take(bar_of(minute, row))
    return series


def bar_of(minute: int, row: tuple[int, int, int], **changes: Any) -> Any:  # noqa: ANN401
    close, up, down = row
    return a_bar(
        OPEN_NS + minute * MINUTE_NS,
        close / 100,
        high=(close + up) / 100,
        low=(close - down) / 100,
        **changes,
    )


def columns(rows: list[tuple[int, int, int]]) -> tuple[list[float], list[float], list[float]]:
    highs = [float(close + up) for close, up, _ in rows]
    lows = [float(close - down) for close, _, down in rows]
    return highs, lows, [float(close) for close, _, _ in rows]


@given(bars, st.integers(2, 20))
def test_average_true_range_is_wilders(rows: list[tuple[int, int, int]], period: int) -> None:
    found = series_of(rows, period).range_e4
    expected = wilder_by_numpy(*columns(rows), period)

    if expected is None:
        assert found is None
    else:
        assert found == pytest.approx(expected * 100, rel=1e-9)


def test_fourteen_ranges_need_fifteen_bars() -> None:
    rows = [(10_000, 10, 10)] * 15

    assert series_of(rows[:14]).range_e4 is None
    assert series_of(rows).range_e4 == 2_000.0


def test_average_true_range_is_that_of_ta_lib() -> None:
    talib = pytest.importorskip("talib")
    draws = np.random.default_rng(7)
    closes = 10_000 + draws.integers(-50, 51, 300).cumsum()
    up, down = draws.integers(0, 80, (2, 300))
    rows = [(int(c), int(u), int(d)) for c, u, d in zip(closes, up, down, strict=True)]
    high, low, close = (np.asarray(each) for each in columns(rows))

    expected = talib.ATR(high, low, close, timeperiod=14)

    for count in range(1, 301):
        found = series_of(rows[:count]).range_e4
        if math.isnan(expected[count - 1]):
            assert found is None
        else:
            assert found == pytest.approx(expected[count - 1] * 100, rel=1e-9)


@given(bars, st.data())
def test_revised_bars_give_what_the_final_bars_give(
    rows: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    series = series_of(rows, 3)
    final = list(rows)
    for _ in range(3):
        minute = data.draw(st.integers(0, len(rows) - 1))
        final[minute] = data.draw(st.tuples(st.integers(9_000, 11_000), st.just(5), st.just(7)))
        series.take(bar_of(minute, final[minute], revision=1, reason="late"))

    assert series.state() == series_of(final, 3).state()
    assert series.range_e4 == series_of(final, 3).range_e4


def test_a_bar_without_a_price_of_its_own_is_left_out_and_taken_out() -> None:
    series = series_of([(10_000, 10, 10), (10_010, 10, 10)])
    series.take(a_bar(OPEN_NS + 2 * MINUTE_NS, 100.1, basis="carried"))
    assert len(series) == 2

    series.take(a_bar(OPEN_NS + MINUTE_NS, None, revision=1, reason="cancel"))
    assert series.starts == [OPEN_NS]


def test_change_of_an_hour_over_the_size_chance_gives_it() -> None:
    closes = [100.0 + minute % 3 * 0.05 + minute * 0.01 for minute in range(61)]
    series = BarSeries(14)
    for minute, close in enumerate(closes):
        series.take(a_bar(OPEN_NS + minute * MINUTE_NS, close))
    returns = np.diff(np.round(closes, 4)) / np.round(closes, 4)[:-1]

    change = series.change(OPEN_NS + 60 * MINUTE_NS, 60 * MINUTE_NS, MINUTE_NS)

    assert change is not None
    assert change.total == pytest.approx(0.6 / 100)
    assert change.ratio == pytest.approx(0.006 / (np.std(returns, ddof=1) * math.sqrt(60)))


def test_change_is_unknown_before_an_hour_of_bars() -> None:
    series = series_of([(10_000 + minute, 5, 5) for minute in range(60)])

    assert series.change(OPEN_NS + 59 * MINUTE_NS, 60 * MINUTE_NS, MINUTE_NS) is None


def test_close_before_a_gap_holds_over_it() -> None:
    series = BarSeries(14)
    for minute in (0, 3, 60):
        series.take(a_bar(OPEN_NS + minute * MINUTE_NS, 100.0 + minute / 100))

    change = series.change(OPEN_NS + 60 * MINUTE_NS, 60 * MINUTE_NS, MINUTE_NS)

    assert change is not None
    assert len(change.returns) == 60
    assert [n for n, each in enumerate(change.returns, start=1) if each] == [3, 60]


def test_a_price_that_never_moves_has_no_expected_change() -> None:
    series = series_of([(10_000, 0, 0)] * 61)

    change = series.change(OPEN_NS + 60 * MINUTE_NS, 60 * MINUTE_NS, MINUTE_NS)

    assert change is not None
    assert (change.total, change.ratio) == (0.0, None)


@pytest.mark.parametrize(
    ("closes", "run"),
    [([1, 2, 3, 4], 3), ([4, 3, 2, 1], -3), ([1, 2, 2, 3], 1), ([3, 1, 2, 3], 2), ([1], 0)],
)
def test_run_of_closes_ends_where_direction_does(closes: list[int], run: int) -> None:
    assert series_of([(close * 100, 1, 1) for close in closes]).closes_in_a_row() == run


@given(
    st.lists(
        st.tuples(st.integers(0, 100), st.integers(1, 20), st.integers(1, 9)),
        min_size=1,
        max_size=60,
    ),
    st.integers(0, 120),
    st.tuples(st.integers(10, 20), st.integers(1, 10)),
)
def test_trailing_volume_is_a_plain_sum_over_the_window(
    prints: list[tuple[int, int, int]], until: int, area: tuple[int, int]
) -> None:
    """Prints in any order: those of cells that are over are late ones."""
    trailing = TrailingVolume(5, 6)
    seen: list[tuple[int, int, int]] = []
    for ts, at, micro in prints:
        trailing.add(ts, at, micro)
        seen.append((ts, at, micro))
    reached = max(until, *[ts for ts, _, _ in prints])
    reached += -reached % 5
    trailing.reach(reached)
    trailing.split(*area)

    inside = [(at, micro) for ts, at, micro in seen if reached - 30 <= ts < reached]
    assert trailing.total == sum(micro for _, micro in inside)
    assert trailing.above == sum(micro for at, micro in inside if at > area[0])
    assert trailing.below == sum(micro for at, micro in inside if at < area[1])

    restored = TrailingVolume(5, 6)
    restored.load(trailing.state())
    restored.split(*area)
    assert (restored.total, restored.above, restored.below) == (
        trailing.total,
        trailing.above,
        trailing.below,
    )


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20)), min_size=1, max_size=30))
def test_taking_every_print_away_leaves_nothing(prints: list[tuple[int, int]]) -> None:
    trailing = TrailingVolume(5, 6)
    trailing.split(10, 5)
    for ts, at in prints:
        trailing.add(ts, at, 7)
    for ts, at in prints:
        trailing.add(ts, at, -7)
    trailing.reach(45)

    assert (trailing.total, trailing.above, trailing.below) == (0, 0, 0)
