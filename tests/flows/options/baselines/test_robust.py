"""Median, MAD and z values against numpy and the specification's formulas."""

import math

import numpy as np
import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flows.options.baselines.robust import is_surely_usual
from flows.options.baselines.robust import median_and_mad
from flows.options.baselines.robust import median_and_mad_of_logs
from flows.options.baselines.robust import plain_z
from flows.options.baselines.robust import robust_z

amounts = st.one_of(
    st.floats(0.0, 1e9, allow_nan=False),
    st.integers(0, 5).map(float),
    st.sampled_from([0.0, 1000.0, 1000.000001, 2500.0]),
)


def numpy_median_and_mad(values: list[float]) -> tuple[float, float]:
    median = float(np.median(values))
    return median, float(np.median(np.abs(np.asarray(values) - median)))


@given(st.lists(amounts, min_size=1, max_size=64))
def test_median_and_mad_are_those_of_numpy(values: list[float]) -> None:
    plain = median_and_mad(sorted(values))
    logs = median_and_mad_of_logs(sorted(values))

    assert plain == pytest.approx(numpy_median_and_mad(values), rel=1e-12, abs=1e-12)
    in_logs = [math.log1p(value) for value in values]
    assert logs == pytest.approx(numpy_median_and_mad(in_logs), rel=1e-12, abs=1e-12)


@given(st.lists(st.integers(0, 3).map(float), min_size=1, max_size=30))
def test_mad_is_zero_exactly_when_more_than_half_of_the_values_are_equal(
    values: list[float],
) -> None:
    _, mad = median_and_mad_of_logs(sorted(values))

    most = max(values.count(value) for value in values)
    assert (mad <= 0.0) == (most >= len(values) // 2 + 1)


def test_robust_z_is_scaled_and_its_mad_has_a_floor() -> None:
    assert robust_z(9.0, 7.0, 0.5) == pytest.approx(0.6745 * 2 / 0.5)
    assert robust_z(9.0, 7.0, 0.01) == robust_z(9.0, 7.0, 0.0) == pytest.approx(0.6745 * 2 / 0.1)


def test_plain_z_uses_the_population_deviation_with_a_floor_and_is_null_without_scale() -> None:
    values = [100.0, 300.0]
    m2 = 2 * 100.0**2

    assert plain_z(400.0, 200.0, m2, len(values)) == pytest.approx(2.0)
    # A constant series: 5 % of its mean is the scale, and sliding errors below zero count as none.
    assert plain_z(120.0, 100.0, -1e-18, 50) == pytest.approx(4.0)
    assert plain_z(-110.0, -100.0, 0.0, 5) == pytest.approx(-2.0)
    assert plain_z(1.0, 0.0, 0.0, 50) is None
    assert plain_z(1.0, 0.0, 0.0, 0) is None


def z_in_force(values: list[float], value: float) -> float | None:
    median, mad = median_and_mad_of_logs(sorted(values))
    if mad > 0.0:
        return robust_z(math.log1p(value), median, mad)
    mean = math.fsum(values) / len(values)
    return plain_z(value, mean, sum((each - mean) ** 2 for each in values), len(values))


@settings(max_examples=400)
@given(st.lists(amounts, min_size=2, max_size=50), amounts)
@example([1000.0] * 30, 1200.0)
@example([1000.0] * 7 + [5.0] * 6, 1200.0)
@example([1000.0 + each for each in range(50)], 1000.0 * math.exp(0.4449))
def test_what_is_dismissed_early_would_not_have_been_unusual(
    values: list[float], value: float
) -> None:
    z = z_in_force(values, value)

    if is_surely_usual(sorted(values), value):
        assert z is None or round(z, 6) < 3.0


def test_most_of_what_is_usual_is_dismissed_early() -> None:
    dice = np.random.default_rng(1)
    dismissed = 0
    for _ in range(500):
        values = sorted(dice.lognormal(7.0, 1.5, 50).tolist())
        dismissed += is_surely_usual(values, float(dice.lognormal(7.0, 1.5)))

    assert dismissed > 480
