"""Returns after an emission: what is used, what is never looked at, what is unknown."""

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.errors import RejectedEvent
from flows.options.forward_returns import HORIZONS
from flows.options.forward_returns import NO_MIDS
from flows.options.forward_returns import NO_RETURNS
from flows.options.forward_returns import MidPath
from flows.options.forward_returns import SessionTimes
from flows.options.forward_returns import forward_returns
from flows.options.forward_returns import mid_path
from flows.options.forward_returns import returns_at

S = 10**9
OPEN = 1_747_920_600 * S  # 09:30 in New York, 2025-05-22
CLOSE = OPEN + 23_400 * S
NEXT_CLOSE = CLOSE + 86_400 * S
TIMES = SessionTimes(OPEN, CLOSE, NEXT_CLOSE)
HORIZON_S = {"1m": 60, "5m": 300, "15m": 900, "60m": 3600}


def by_horizon(emission_s: float, quotes: dict[float, float]) -> dict[str, float | None]:
    """Return the returns after an emission from mids by second after the open."""
    path = mid_path([OPEN + round(at * S) for at in quotes], list(quotes.values()))
    found = forward_returns(OPEN + round(emission_s * S), path, TIMES)
    return {each.horizon: each.bps for each in found.returns}


def test_each_second_quoted_gives_every_horizon() -> None:
    quotes = {float(second): 100.0 + second / 1000 for second in range(23_401)}
    quotes[23_400.0 + 86_400.0] = 150.0

    found = by_horizon(1000.0, quotes)

    expected = {
        name: round((100 + (1000 + seconds) / 1000) / 101 * 1e4 - 1e4, 6)
        for name, seconds in HORIZON_S.items()
    }
    expected["close"] = round(123.4 / 101 * 1e4 - 1e4, 6)
    expected["next_close"] = round(150 / 101 * 1e4 - 1e4, 6)
    assert found == pytest.approx(expected, abs=1e-6)
    assert tuple(found) == HORIZONS


def test_entry_is_the_first_mid_at_or_after_the_emission_never_before() -> None:
    assert by_horizon(10.0, {9.999: 50.0, 10.0: 100.0, 70.0: 101.0})["1m"] == 100.0
    assert by_horizon(10.0, {9.999: 50.0, 12.0: 100.0, 70.0: 101.0})["1m"] == 100.0


def test_exit_is_the_last_mid_at_or_before_the_horizon() -> None:
    assert by_horizon(10.0, {10.0: 100.0, 69.0: 101.0, 70.001: 50.0})["1m"] == 100.0


@pytest.mark.parametrize(
    ("quotes", "is_known"),
    [
        ({25.0: 100.0, 70.0: 101.0}, True),  # 15 s after the emission
        ({25.1: 100.0, 70.0: 101.0}, False),
        ({10.0: 100.0, 55.0: 101.0}, True),  # 15 s before the horizon
        ({10.0: 100.0, 54.9: 101.0}, False),
        ({10.0: 100.0}, False),
        ({}, False),
        ({70.0: 101.0}, False),
    ],
)
def test_mids_must_lie_within_a_quarter_of_the_minute(
    quotes: dict[float, float], is_known: bool
) -> None:
    assert (by_horizon(10.0, quotes)["1m"] is not None) == is_known


@pytest.mark.parametrize(("age_s", "is_known"), [(60.0, True), (60.5, False)])
def test_longer_horizons_allow_a_minute(age_s: float, is_known: bool) -> None:
    found = by_horizon(0.0, {0.0: 100.0, 3600.0 - age_s: 99.0})

    assert (found["60m"] is not None) == is_known
    assert found["5m"] is None


def test_closes_allow_five_minutes_before_them() -> None:
    found = by_horizon(0.0, {0.0: 100.0, 23_100.0: 99.0, 23_400.0 + 86_099.0: 98.0})

    assert found["close"] == -100.0
    assert found["next_close"] is None


def test_horizon_behind_the_close_is_unknown() -> None:
    late = 23_400.0 - 120
    quotes = {late + second: 100.0 + second for second in range(4000)}

    found = by_horizon(late, quotes)

    assert found["1m"] == 6000.0
    assert found["5m"] is None
    assert found["60m"] is None
    assert found["close"] == 12_000.0


def test_emission_after_the_close_has_only_the_next_close() -> None:
    found = by_horizon(23_500.0, {23_500.0: 100.0, 23_560.0: 99.0, 23_400.0 + 86_400.0: 101.0})

    assert found == {**dict.fromkeys(HORIZONS), "next_close": 100.0}


def test_one_mid_alone_is_no_return() -> None:
    assert by_horizon(23_390.0, {23_395.0: 100.0})["close"] is None


def test_split_before_the_next_close_leaves_it_unknown() -> None:
    path = mid_path([OPEN, OPEN + 60 * S, NEXT_CLOSE], [700.0, 701.0, 100.0])

    found = forward_returns(OPEN, path, SessionTimes(OPEN, CLOSE, None))

    assert found.returns[-1].bps is None
    assert found.known_ts == OPEN + 60 * S


def test_without_mids_nothing_is_known() -> None:
    assert forward_returns(OPEN, NO_MIDS, TIMES) == NO_RETURNS


def test_known_ts_is_the_last_horizon_used() -> None:
    path = mid_path([OPEN, OPEN + 890 * S], [100.0, 101.0])

    assert forward_returns(OPEN, path, TIMES).known_ts == OPEN + 900 * S


@pytest.mark.parametrize(
    ("ts", "mids"),
    [([2, 1], [1.0, 1.0]), ([1, 2], [1.0]), ([1], [0.0]), ([1], [math.nan]), ([1], [math.inf])],
)
def test_bad_mids_are_refused(ts: list[int], mids: list[float]) -> None:
    with pytest.raises(RejectedEvent):
        mid_path(ts, mids)


second_lists = st.lists(st.integers(-600, 24_000), min_size=1, max_size=60, unique=True).map(sorted)


@given(
    second_lists,
    st.randoms(use_true_random=False),
    st.integers(0, 23_000),
    st.sampled_from(sorted(HORIZON_S)),
)
def test_nothing_outside_emission_and_horizon_matters(
    seconds: list[int], dice: Random, emission_s: int, horizon: str
) -> None:
    mids = np.array([dice.uniform(50.0, 150.0) for _ in seconds])
    ts = OPEN + np.array(seconds, dtype=np.int64) * S
    emission, target = OPEN + emission_s * S, OPEN + (emission_s + HORIZON_S[horizon]) * S
    within = (ts >= emission) & (ts <= target)
    other = np.where(within, mids, mids * 3.0)
    at = HORIZONS.index(horizon)

    whole = forward_returns(emission, MidPath(ts, mids), TIMES).returns[at]
    changed = forward_returns(emission, MidPath(ts, other), TIMES).returns[at]
    cut = forward_returns(emission, MidPath(ts[within], mids[within]), TIMES).returns[at]

    assert whole == changed == cut


@given(second_lists, st.lists(st.integers(-100, 24_000), min_size=1, max_size=20))
def test_many_emissions_at_once_equal_one_by_one(seconds: list[int], emission_s: list[int]) -> None:
    ts = OPEN + np.array(seconds, dtype=np.int64) * S
    path = MidPath(ts, 100.0 + np.arange(len(ts), dtype=np.float64) % 7)
    emissions = OPEN + np.array(emission_s, dtype=np.int64) * S

    table = returns_at(emissions, path, TIMES)

    assert np.all(np.isfinite(table.bps))
    for row, emission in enumerate(emissions):
        single = [each.bps for each in forward_returns(int(emission), path, TIMES).returns]
        assert single == [
            round(float(bps), 6) if is_known else None
            for bps, is_known in zip(table.bps[row], table.is_known[row], strict=True)
        ]
