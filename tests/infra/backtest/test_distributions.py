"""Bins of returns: every alert is in one, hits lie right of 0, and base samples weigh alike."""

import math
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.options.forward_returns import HORIZONS
from infra.backtest.distributions import counts_of
from infra.backtest.distributions import distributions
from infra.backtest.distributions import edges_of
from infra.backtest.market import Market
from infra.backtest.measures import Measured
from infra.backtest.measures import measure
from infra.backtest.result_days import ReturnDistribution
from tests.infra.backtest.markets import SESSION
from tests.infra.backtest.markets import at
from tests.infra.backtest.markets import decision
from tests.infra.backtest.markets import market_of
from tests.infra.backtest.markets import sessions_from
from tests.infra.backtest.markets import walk

DAYS = sessions_from(SESSION, 2)
FIVE = HORIZONS.index("5m")
MARKETS = {"NVDA": market_of(walk(5, DAYS))}
changes = st.lists(st.floats(-5_000.0, 5_000.0, allow_nan=False), min_size=1, max_size=80)


def alerts(count: int = 40) -> list[Measured]:
    made = [
        decision(
            at(session, 5.0 + 8.9 * number),
            session,
            direction="bearish" if number % 3 == 0 else "bullish",
        )
        for session in DAYS
        for number in range(count // 2)
    ]
    return measure(made, MARKETS)


def five(found: list[Measured], markets: dict[str, Market] | None = None) -> ReturnDistribution:
    return distributions(found, MARKETS if markets is None else markets)[FIVE]


@given(changes)
def test_edges_are_even_about_0_and_reach_to_the_95th_percentile(values: list[float]) -> None:
    edges = edges_of(np.array(values))
    assert 0.0 in edges
    assert edges == tuple(-edge for edge in reversed(edges))
    widths = [after - before for before, after in pairwise(edges)]
    assert widths == pytest.approx([widths[0]] * len(widths), rel=1e-4)
    assert edges[-1] >= float(np.quantile(np.abs(values), 0.95)) * (1 - 1e-6)
    assert 2 <= len(widths) <= 24


@given(changes)
def test_every_value_is_in_one_bin_and_hits_are_right_of_0(values: list[float]) -> None:
    edges = edges_of(np.array(values))
    counts = counts_of(np.array(values), edges)
    middle = edges.index(0.0)
    assert counts.sum() == len(values)
    assert counts[middle:].sum() == sum(value > 0.0 for value in values)


def test_bins_hold_their_upper_edge_and_the_outer_ones_all_beyond() -> None:
    edges = (-20.0, -10.0, 0.0, 10.0, 20.0)
    values = np.array([-500.0, -20.0, -10.0, -9.9, 0.0, 0.1, 10.0, 10.1, 20.0, 21.0])
    assert counts_of(values, edges).tolist() == [3, 2, 2, 3]


def test_widths_follow_freedman_and_diaconis() -> None:
    # IQR 50, 1,000 values: 2·50/10 = 10 bps a bin; 95 % of sizes lie within 47.5 bps.
    values = np.linspace(-50.0, 50.0, 1000)
    assert edges_of(values) == tuple(float(edge) for edge in range(-50, 51, 10))


def test_a_market_that_stood_still_has_bins_too() -> None:
    edges = edges_of(np.zeros(12))
    assert edges == (-0.1, 0.0, 0.1)
    assert counts_of(np.zeros(12), edges).tolist() == [12, 0]


def test_counts_agree_with_the_hits() -> None:
    measured = alerts()
    found = five(measured)
    known = [bps for each in measured if (bps := each.signed_bps(FIVE)) is not None]
    assert (found.n, sum(found.counts)) == (len(known), len(known))
    middle = found.edges.index(0.0)
    assert sum(found.counts[middle:]) == sum(each.is_hit(FIVE) is True for each in measured)
    assert found.p50 == pytest.approx(float(np.median(known)), abs=1e-6)
    quantiles = [found.p05, found.p25, found.p50, found.p75, found.p95]
    assert quantiles == sorted(each for each in quantiles if each is not None)


def test_base_shares_right_of_0_are_the_mean_base_rate() -> None:
    measured = alerts()
    found = five(measured)
    rates = [rate for each in measured if (rate := each.base_hit_rate(FIVE)) is not None]
    middle = found.edges.index(0.0)
    assert sum(found.base_shares) == pytest.approx(1.0, abs=1e-5)
    mean = math.fsum(rates) / len(rates)
    assert sum(found.base_shares[middle:]) == pytest.approx(mean, abs=2e-5)
    assert (found.base_n, found.n) == (len(rates), 40)
    assert found.base_samples == sum(each.outcomes[FIVE].base_n for each in measured)


def test_alerts_without_a_direction_are_left_out() -> None:
    neutral = [
        msgspec.structs.replace(
            each, decision=msgspec.structs.replace(each.decision, direction="neutral")
        )
        for each in alerts()
    ]
    for found in distributions(neutral, MARKETS):
        assert (found.n, found.edges, found.counts, found.p50) == (0, (), (), None)


def test_without_base_samples_there_are_no_shares() -> None:
    found = five(alerts(), {})
    assert (found.n, found.base_n, found.base_samples, found.base_shares) == (40, 0, 0, ())
    assert sum(found.counts) == 40


def test_equal_alerts_give_equal_bytes() -> None:
    one, other = [msgspec.json.encode(distributions(alerts(), MARKETS)) for _ in range(2)]
    assert one == other
