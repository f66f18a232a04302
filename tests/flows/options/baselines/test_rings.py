"""Ring windows keep the newest values and their moments."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.options.baselines.rings import PairRing
from flows.options.baselines.rings import Ring
from flows.options.baselines.rings import WideRing

WINDOW = 12
values = st.floats(0.0, 1e7, allow_nan=False)


def check_moments(mean: float, m2: float, window: list[float], largest: float) -> None:
    # Until the ring wraps, what a large value left behind is an error of its square's last digits.
    assert mean == pytest.approx(float(np.mean(window)), rel=1e-12, abs=largest * 1e-13)
    assert m2 / len(window) == pytest.approx(
        float(np.var(window)), rel=1e-9, abs=largest * largest * 1e-13 + 1e-300
    )


@given(st.lists(values, min_size=1, max_size=80))
def test_moments_are_those_of_the_newest_values(stream: list[float]) -> None:
    ring = Ring()
    for at, value in enumerate(stream, 1):
        ring.add(value, WINDOW)

        window = stream[max(0, at - WINDOW) : at]
        assert list(ring.ordered()) == window
        check_moments(ring.mean, ring.m2, window, max(stream))


@given(st.lists(st.tuples(values, values), min_size=1, max_size=80))
def test_a_pair_has_the_moments_of_two_rings(stream: list[tuple[float, float]]) -> None:
    pair = PairRing()
    first, second = Ring(), Ring()
    for one, other in stream:
        pair.add(one, other, WINDOW)
        first.add(one, WINDOW)
        second.add(other, WINDOW)

    found = (pair.mean, pair.m2, pair.second_mean, pair.second_m2)
    assert found == (first.mean, first.m2, second.mean, second.m2)
    assert list(pair.values[0::2]) == list(first.values)
    assert list(pair.values[1::2]) == list(second.values)


def test_a_heavy_tail_leaves_nothing_behind_once_the_ring_has_wrapped() -> None:
    ring = Ring()
    for value in [1e12, *[0.1] * (3 * WINDOW - 1)]:
        ring.add(value, WINDOW)

    assert ring.at == 0
    assert ring.mean == pytest.approx(0.1, rel=1e-15)
    assert ring.m2 == pytest.approx(0.0, abs=1e-30)


def test_a_constant_series_has_no_spread() -> None:
    ring = Ring()
    for _ in range(5 * WINDOW + 3):
        ring.add(250.25, WINDOW)

    assert (ring.mean, ring.m2) == (250.25, 0.0)


@given(st.lists(values, min_size=1, max_size=40), st.data())
def test_a_removed_value_leaves_the_others_in_order(
    stream: list[float], data: st.DataObject
) -> None:
    ring = Ring()
    for value in stream:
        ring.add(value, WINDOW)
    window = stream[-WINDOW:]
    gone = data.draw(st.sampled_from(window))

    assert ring.remove(gone)

    newest = len(window) - 1 - window[::-1].index(gone)
    left = window[:newest] + window[newest + 1 :]
    assert list(ring.ordered()) == left
    assert ring.mean == pytest.approx(float(np.mean(left)) if left else 0.0)
    ring.add(7.0, WINDOW)
    assert list(ring.ordered()) == [*left, 7.0]


def test_what_has_left_the_window_is_not_removed() -> None:
    ring = Ring()
    pair = PairRing()
    for value in range(WINDOW + 1):
        ring.add(float(value), WINDOW)
        pair.add(float(value), 1.0, WINDOW)

    assert not ring.remove(0.0)
    assert not pair.remove(0.0, 1.0)
    assert not pair.remove(5.0, 2.0)
    assert len(ring.values) == len(pair.values) / 2 == WINDOW
    assert pair.remove(5.0, 1.0)
    assert list(pair.values[0::2]) == [1.0, 2.0, 3.0, 4.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0]


@given(st.lists(values, max_size=60), st.lists(values, max_size=30))
def test_a_restored_ring_goes_on_bit_for_bit(before: list[float], after: list[float]) -> None:
    ring, wide = Ring(), WideRing(due=5)
    for value in before:
        ring.add(value, WINDOW)
        wide.push(value, WINDOW)
    again, wide_again = Ring.restore(ring.state(), WINDOW), WideRing(due=5)
    wide_again.load_wide(wide.wide_state(), WINDOW)

    for value in after:
        for each in (ring, again):
            each.add(value, WINDOW)
        for each_wide in (wide, wide_again):
            each_wide.push(value, WINDOW)

    assert again.state() == ring.state()
    assert wide_again.wide_state() == wide.wide_state()


@pytest.mark.parametrize("window", [5, 20])
def test_under_another_window_a_ring_keeps_its_newest_values(window: int) -> None:
    ring = Ring()
    pair = PairRing()
    for value in range(WINDOW + 4):
        ring.add(float(value), WINDOW)
        pair.add(float(value), -1.0, WINDOW)

    again = Ring.restore(ring.state(), window)
    pair_again = PairRing.restore(pair.state(), window)
    for value in range(window):
        again.add(float(value), window)
        pair_again.add(float(value), -1.0, window)
        if value == 0:
            kept = list(range(4, WINDOW + 4))[-window:]
            assert list(again.ordered()) == [*kept, 0][-window:]

    assert list(again.ordered()) == list(range(window))
    assert sorted(pair_again.values[0::2]) == list(range(window))


def test_a_wide_ring_refreshes_first_when_it_is_needed_and_then_every_32_values() -> None:
    ring = WideRing(due=30)
    refreshed = []
    for at in range(1, 130):
        before = (ring.median, ring.mad)
        ring.push(float(at), 500)
        if (ring.median, ring.mad) != before:
            refreshed.append(at)
            logs = np.log1p(np.arange(1, at + 1))
            assert ring.median == pytest.approx(float(np.median(logs)), rel=1e-12)
            deviations = np.abs(logs - np.median(logs))
            assert ring.mad == pytest.approx(float(np.median(deviations)), rel=1e-12)

    assert refreshed == [30, 62, 94, 126]


def test_a_wide_ring_of_logarithms_takes_them_as_they_are() -> None:
    ring = WideRing(due=3, is_log=True)
    for value in (math.log1p(10.0), math.log1p(100.0), math.log1p(1000.0)):
        ring.push(value, 65)

    assert ring.median == math.log1p(100.0)
    assert ring.mad == pytest.approx(math.log1p(100.0) - math.log1p(10.0), rel=0.05)
