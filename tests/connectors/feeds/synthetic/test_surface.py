"""Values and quotes of the synthetic surface."""

import math

import numpy as np
import pytest

from connectors.feeds.synthetic.surface import RISK_FREE_RATE
from connectors.feeds.synthetic.surface import around
from connectors.feeds.synthetic.surface import smile
from connectors.feeds.synthetic.surface import theoretical_value
from connectors.feeds.synthetic.surface import theoretical_values
from connectors.feeds.synthetic.surface import two_sided


@pytest.mark.parametrize("strike", [80.0, 100.0, 125.0])
def test_values_obey_put_call_parity_and_intrinsic_bounds(strike: float) -> None:
    call = theoretical_value(100.0, strike, 0.25, 0.3, "C")
    put = theoretical_value(100.0, strike, 0.25, 0.3, "P")

    discounted = strike * math.exp(-RISK_FREE_RATE * 0.25)
    assert call - put == pytest.approx(100.0 - discounted, abs=1e-9)
    assert call >= max(0.0, 100.0 - discounted)


def test_expired_option_is_worth_its_intrinsic_value() -> None:
    assert theoretical_value(100.0, 90.0, 0.0, 0.3, "C") == 10.0
    assert theoretical_value(100.0, 90.0, 0.0, 0.3, "P") == 0.0


def test_low_strikes_are_dearer_than_high_ones() -> None:
    low, middle, high = (smile(0.3, math.log(strike), 0.1) for strike in (0.85, 1.0, 1.15))

    assert low > middle
    assert low > high


def test_many_values_are_those_of_each() -> None:
    rng = np.random.default_rng(5)
    spot = rng.uniform(10, 700, 500)
    strike = spot * rng.uniform(0.8, 1.25, 500)
    years = rng.uniform(0.0005, 0.5, 500)
    iv = rng.uniform(0.1, 1.2, 500)
    sign = rng.choice([1.0, -1.0], 500)

    found = theoretical_values(spot, strike, years, iv, sign)

    wanted = [
        theoretical_value(price, at, life, base, "C" if side > 0 else "P")
        for price, at, life, base, side in zip(
            *(each.tolist() for each in (spot, strike, years, iv, sign)), strict=True
        )
    ]
    assert found.tolist() == pytest.approx(wanted, abs=1e-3)


def test_quotes_have_two_ticks_at_least_and_no_negative_bid() -> None:
    bid, ask, tick = two_sided(np.array([0.001, 12.34]), np.array([True, False]))

    assert (bid[0], ask[0], tick[0]) == (0, 2, 1)
    assert tick[1] == 5
    assert bid[1] % 5 == ask[1] % 5 == 0
    assert ask[1] - bid[1] >= 10


def test_scenario_quote_has_the_asked_spread_and_room_inside() -> None:
    assert around(10.0, 100.0) == (995, 1005)
    assert around(0.004, 100.0) == (1, 3)
