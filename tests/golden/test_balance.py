"""Twenty virtual minutes of the market: every profile appears, and the background stays quiet."""

from datetime import datetime

import pytest

from connectors.feeds.synthetic.config import SyntheticConfig
from flows.options.config import OptionsConfig
from infra.evaluation.market import NO_PROFILE
from infra.evaluation.market import MarketResult
from infra.evaluation.market import run_market
from infra.evaluation.metrics import PROFILES

MINUTES = 20
START_NS = int(datetime.fromisoformat("2025-06-03T10:00:00-04:00").timestamp()) * 10**9


@pytest.fixture(scope="module")
def market() -> MarketResult:
    return run_market(SyntheticConfig(seed=1, start_ts=START_NS), MINUTES, OptionsConfig())


def test_every_profile_is_named_at_least_once(market: MarketResult) -> None:
    assert market.prints > MINUTES * 60
    assert set(market.primaries) == set(PROFILES)


def test_alerts_are_of_at_least_four_profiles(market: MarketResult) -> None:
    assert len(set(market.alerts_by_profile) - {NO_PROFILE}) >= 4, market.alerts_by_profile


def test_labels_of_the_market_are_judged(market: MarketResult) -> None:
    # Six scenarios a minute; the last ones may not have come to their end.
    assert market.labels == len(market.outcomes)
    assert market.labels > 3 * MINUTES


def test_background_alone_alerts_at_most_once_a_minute() -> None:
    config = SyntheticConfig(seed=1, start_ts=START_NS, scenarios=False)

    market = run_market(config, MINUTES, OptionsConfig())

    assert market.labels == 0
    assert market.prints > MINUTES * 60
    assert market.alerts <= MINUTES, market.alerts_by_profile
