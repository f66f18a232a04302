"""MarketProfile 0.2.0 of PyPI as an oracle, with what it is known to do otherwise."""

from importlib import import_module
from typing import Any

import pytest
from hypothesis import assume
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flows.equities.profile.value_area import value_area
from tests.flows.equities.profile.golden import GOLDEN
from tests.flows.equities.profile.golden import price

pytest.importorskip("market_profile", reason="the oracle MarketProfile 0.2.0 is not installed")


def oracle(volumes: tuple[int, ...]) -> tuple[float, float, float]:
    """Return POC, VAL and VAH by MarketProfile; it knows no rows without volume."""
    pandas: Any = import_module("pandas")
    prices = [price(at) for at, volume in enumerate(volumes) if volume]
    bars = pandas.DataFrame(
        {
            "Close": prices,
            "High": prices,
            "Low": prices,
            "Volume": [volume for volume in volumes if volume],
        },
        index=pandas.date_range("2025-05-21 09:30", periods=len(prices), freq="min"),
    )
    found = import_module("market_profile").MarketProfile(bars, tick_size=0.05, mode="vol")
    profile = found[bars.index.min() : bars.index.max()]
    low, high = profile.value_area
    return tuple(round(float(each), 2) for each in (profile.poc_price, low, high))  # type: ignore[return-value]


@pytest.mark.parametrize("name", ["sym", "skew", "double"])
def test_golden_profiles_agree(name: str) -> None:
    golden = GOLDEN[name]

    assert oracle(golden.volumes) == (golden.poc, golden.val, golden.vah)


def test_oracle_goes_on_at_exactly_the_share() -> None:
    golden = GOLDEN["exact70"]

    assert oracle(golden.volumes) == (golden.poc, 100.00, golden.vah)
    assert golden.val == 100.05


def test_oracle_skips_rows_without_volume() -> None:
    golden = GOLDEN["gap"]

    assert oracle(golden.volumes) == (golden.poc, golden.val, golden.vah)


def test_oracle_breaks_a_tie_of_neighbours_upward() -> None:
    found = value_area((20, 50, 20, 5))

    assert found is not None
    assert (price(found.val), price(found.vah)) == (100.00, 100.05)
    assert oracle((20, 50, 20, 5)) == (100.05, 100.05, 100.10)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 10_000), min_size=2, max_size=30, unique=True).map(tuple))
def test_profiles_without_ties_and_gaps_agree(volumes: tuple[int, ...]) -> None:
    found = value_area(volumes)
    assert found is not None
    # It compares in floating point and adds a row where the share is met exactly.
    assume(10 * found.volume != 7 * sum(volumes))

    assert oracle(volumes) == (price(found.poc), price(found.val), price(found.vah))
