"""Baselines against numpy, and the thresholds they raise."""

import math
import re

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flows.common.sessions import day_bounds_ns
from flows.equities.dark.baseline import Baselines
from flows.equities.dark.baseline import SizeBaseline
from flows.equities.dark.config import DarkConfig
from flows.errors import MisconfiguredFlow
from tests.flows.equities.dark.prints import DAY
from tests.flows.equities.dark.prints import MINUTE
from tests.flows.equities.dark.prints import SECOND
from tests.flows.equities.dark.prints import TEN
from tests.flows.equities.dark.prints import TRADE_DATE
from tests.flows.equities.dark.prints import a_desk
from tests.flows.equities.dark.prints import a_print
from tests.flows.equities.dark.prints import feed
from tests.flows.equities.dark.prints import no_quote

MICRO = 1_000_000
TEN_HALF_HOUR = 12  # half-hours from 04:00 to 10:00


@settings(max_examples=60)
@given(
    st.lists(st.lists(st.integers(200, 5_000_000), max_size=120), min_size=1, max_size=4),
    st.sampled_from((0.5, 0.9, 0.99)),
)
def test_the_quantile_is_that_of_a_weighted_histogram(
    dates: list[list[int]], quantile: float
) -> None:
    sizes = SizeBaseline(DarkConfig(size_quantile=quantile, size_min_weight=1.0))
    edges = 2.0 ** (np.arange(0, 200) / 8)
    weights = np.zeros(199)
    for at, each in enumerate(dates):
        if at:
            sizes.roll()
            weights *= 0.8
        for size in each:
            sizes.add(size * MICRO)
        weights += np.histogram(each, edges)[0]

    found = sizes.quantile()

    assert sizes.weight == pytest.approx(weights.sum(), abs=1e-3)
    if weights.sum() < 1:
        assert found is None
        return
    # Integer weights may differ from floating ones by a millionth at the very edge of a bin.
    shares = np.cumsum(weights) / weights.sum()
    near = {edges[np.searchsorted(shares, quantile + step) + 1] for step in (-1e-5, 1e-5)}
    assert any(found == pytest.approx(edge) for edge in near)


def test_sizes_are_a_baseline_from_five_hundred_prints() -> None:
    sizes = SizeBaseline(DarkConfig())
    for _ in range(499):
        sizes.add(300 * MICRO)
    assert sizes.quantile() is None

    sizes.add(300 * MICRO)

    # 300 lies between 2^(65/8) = 279.2 and 2^(66/8) = 304.4.
    assert sizes.quantile() == pytest.approx(2 ** (66 / 8))


def test_one_print_in_a_hundred_does_not_make_the_threshold() -> None:
    baselines = Baselines(DarkConfig())
    for size in [*[250] * 990, *[40_000] * 10]:
        baselines.sizes.add(size * MICRO)
    micro, tail = baselines.block_micro()
    assert (micro, tail) == (2_000 * MICRO, 256.0)

    baselines.sizes.add(40_000 * MICRO)

    micro, tail = baselines.block_micro()
    assert tail == pytest.approx(2 ** (123 / 8))
    assert micro == round(2 ** (123 / 8) * MICRO)


def test_a_busy_symbol_needs_larger_blocks() -> None:
    desk = a_desk(no_quote)
    feed(desk, [a_print(at / 10, "MID", 1_990, trace_id=str(at)) for at in range(600)])

    assert feed(desk, [a_print(61, shares=2_047)]) == []
    (record,) = feed(desk, [a_print(62, shares=2_048)])
    assert record.thresholds["T_block"] == pytest.approx(2_048)
    assert record.baseline == {"size_weight": 601.0, "size_q99": pytest.approx(2_048.0)}
    assert "99th percentile" in record.explanations[1]


def test_prints_that_may_not_enter_baselines_do_not() -> None:
    desk = a_desk(no_quote)
    feed(desk, [a_print(0), a_print(1, baseline=False), a_print(2, shares=199)])

    assert desk.block_threshold()[1] == {"size_weight": 1.0}


@st.composite
def half_hours(draw: st.DrawFn) -> list[list[tuple[int, bool, int]]]:
    """Draw dates of directed prints: second of 10:00 to 10:30, side, shares."""
    one = st.tuples(st.integers(0, 1_799), st.booleans(), st.integers(200, 9_000))
    return draw(st.lists(st.lists(one, min_size=1, max_size=40), min_size=1, max_size=6))


@settings(max_examples=60)
@given(half_hours())
def test_window_means_are_those_of_a_group_by(dates: list[list[tuple[int, bool, int]]]) -> None:
    baselines = Baselines(DarkConfig())
    win, cnt = math.nan, math.nan
    for day, prints in enumerate(dates):
        baselines.roll(TRADE_DATE + day)
        start = day_bounds_ns(TRADE_DATE + day)[0] + 6 * 60 * MINUTE
        for second, is_buy, shares in sorted(prints):
            baselines.half_hours.add(start + second * SECOND, shares * MICRO, is_buy=is_buy)
        sums = np.zeros((30, 2, 2))
        for second, is_buy, shares in prints:
            sums[second // 60, int(is_buy)] += (shares, 1)
        heavier = np.array([max(map(tuple, minute)) for minute in sums])
        shares_today, prints_today = heavier.mean(axis=0).tolist()
        win = shares_today if math.isnan(win) else win + 0.2 * (shares_today - win)
        cnt = prints_today if math.isnan(cnt) else cnt + 0.2 * (prints_today - cnt)

    baselines.roll(TRADE_DATE + len(dates))
    found = baselines.window(day_bounds_ns(TRADE_DATE + len(dates))[0] + 6 * 60 * MINUTE)

    assert baselines.half_hours.means(TEN_HALF_HOUR) == pytest.approx((win, cnt, len(dates)))
    if len(dates) < 3:
        assert (found.win_mean, found.shares_micro, found.prints) == (None, 3_000 * MICRO, 4)
        assert found.zone_micro == 10_000 * MICRO
        return
    wanted = max(3_000.0, 3 * win)
    assert found.shares_micro / MICRO == pytest.approx(wanted, abs=1e-5)
    assert found.prints in {max(4, math.ceil(1.5 * cnt + step)) for step in (-1e-9, 1e-9)}
    assert found.zone_micro / MICRO == pytest.approx(max(10_000.0, 2 * wanted), abs=1e-5)


def test_half_hours_have_their_own_means() -> None:
    desk = a_desk(no_quote)
    for day in range(4):
        tape = [
            a_print(
                60 * minute, "A", 6_000, ts=TEN + day * DAY + minute * MINUTE,
                trade_date=TRADE_DATE + day, trace_id=f"{day}:{minute}",
            )
            for minute in range(30)
        ]  # fmt: skip
        feed(desk, tape)

    at_ten = desk.window_thresholds(TEN + 3 * DAY)
    later = desk.window_thresholds(TEN + 3 * DAY + 30 * MINUTE)

    assert (at_ten.shares_micro, at_ten.dates) == (18_000 * MICRO, 3)
    assert at_ten.baseline == {"dates": 3, "win_mean": 6_000.0, "cnt_mean": 1.0}
    assert at_ten.zone_micro == 36_000 * MICRO
    assert (later.shares_micro, later.baseline) == (3_000 * MICRO, {"dates": 0})


def test_a_half_hour_of_small_prints_counts_as_a_quiet_one() -> None:
    desk = a_desk(no_quote)
    for day in range(4):
        stamp = TEN + day * DAY
        feed(desk, [a_print(0, "A", 1, ts=stamp, trade_date=TRADE_DATE + day)])

    assert desk.window_thresholds(TEN + 3 * DAY).baseline == {
        "dates": 3,
        "win_mean": 0.0,
        "cnt_mean": 0.0,
    }


def test_prints_after_an_early_close_say_nothing_of_the_half_hour() -> None:
    desk = a_desk(no_quote)
    for day in range(4):
        p = a_print(0, "A", 9_000, ts=TEN + day * DAY, trade_date=TRADE_DATE + day)
        feed(desk, [msgspec.structs.replace(p, session="post" if day == 1 else "rth")])

    assert desk.window_thresholds(TEN + 3 * DAY).dates == 2


@pytest.mark.parametrize(
    ("change", "variable"),
    [
        ({"infer_window_ms": 999}, "DARK_INFER_WINDOW_MS"),
        ({"infer_window_ms": 7_000}, "DARK_INFER_WINDOW_MS"),
        ({"infer_cooldown_ms": -1}, "DARK_INFER_COOLDOWN_MS"),
        ({"block_min_shares": 0}, "DARK_BLOCK_MIN"),
        ({"accumulate_min_shares": 0}, "DARK_ACCUMULATE_MIN"),
        ({"accumulate_min_prints": 0}, "DARK_ACCUMULATE_PRINTS"),
        ({"print_min_shares": 0}, "DARK_PRINT_MIN"),
        ({"side_share": 0.49}, "DARK_SIDE_SHARE"),
        ({"size_min_weight": math.nan}, "DARK_SIZE_MIN_WEIGHT"),
        ({"zone_evaluate_ms": 1_500}, "DARK_ZONE_EVALUATE_MS"),
        ({"zone_window_ms": 61_000}, "DARK_ZONE_WINDOW_MS"),
    ],
)
def test_a_wrong_setting_is_named(change: dict[str, float], variable: str) -> None:
    with pytest.raises(MisconfiguredFlow, match=re.escape(variable)):
        msgspec.convert(change, DarkConfig)
