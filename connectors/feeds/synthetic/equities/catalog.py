"""All scenarios in stocks by id."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from connectors.errors import MisconfiguredConnector
from connectors.feeds.synthetic.equities import concealed
from connectors.feeds.synthetic.equities import harmless
from connectors.feeds.synthetic.equities.model import StockExpectation
from connectors.feeds.synthetic.equities.model import StockScenario

STOCK_SCENARIOS: Final[Mapping[str, StockScenario]] = MappingProxyType(
    {
        scenario.scenario_id: scenario
        for family in (concealed, harmless)
        for scenario in family.SCENARIOS
    }
)


def stock_scenario_ids() -> tuple[str, ...]:
    """Return the ids of all scenarios in stocks."""
    return tuple(STOCK_SCENARIOS)


def stock_expectation(scenario_id: str) -> StockExpectation:
    """
    Return what a scenario should come out as.

    Raises
    ------
    MisconfiguredConnector
        There is no such scenario.
    """
    return stock_scenario_of(scenario_id).expectation


def stock_scenario_of(scenario_id: str) -> StockScenario:
    """
    Return a scenario.

    Raises
    ------
    MisconfiguredConnector
        There is no such scenario.
    """
    found = STOCK_SCENARIOS.get(scenario_id)
    if found is None:
        msg = f"no stock scenario {scenario_id!r}, expected one of {', '.join(STOCK_SCENARIOS)}"
        raise MisconfiguredConnector(msg)
    return found
