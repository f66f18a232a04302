"""All scenarios by id."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from connectors.errors import MisconfiguredConnector
from connectors.feeds.synthetic.labels import Expectation
from connectors.feeds.synthetic.scenarios import arbitrage
from connectors.feeds.synthetic.scenarios import event
from connectors.feeds.synthetic.scenarios import hedge
from connectors.feeds.synthetic.scenarios import institutional
from connectors.feeds.synthetic.scenarios import lifecycle
from connectors.feeds.synthetic.scenarios import neutral
from connectors.feeds.synthetic.scenarios import retail
from connectors.feeds.synthetic.scenarios import volatility
from connectors.feeds.synthetic.scenarios.model import Scenario

SCENARIOS: Final[Mapping[str, Scenario]] = MappingProxyType(
    {
        scenario.scenario_id: scenario
        for family in (
            institutional,
            retail,
            event,
            volatility,
            arbitrage,
            hedge,
            lifecycle,
            neutral,
        )
        for scenario in family.SCENARIOS
    }
)


def scenario_ids() -> tuple[str, ...]:
    """Return the ids of all scenarios, family by family."""
    return tuple(SCENARIOS)


def expectation(scenario_id: str) -> Expectation:
    """
    Return what a scenario should come out as.

    Raises
    ------
    MisconfiguredConnector
        There is no such scenario.
    """
    return scenario_of(scenario_id).expectation


def scenario_of(scenario_id: str) -> Scenario:
    """
    Return a scenario.

    Raises
    ------
    MisconfiguredConnector
        There is no such scenario.
    """
    found = SCENARIOS.get(scenario_id)
    if found is None:
        msg = f"no scenario {scenario_id!r}, expected one of {', '.join(SCENARIOS)}"
        raise MisconfiguredConnector(msg)
    return found
