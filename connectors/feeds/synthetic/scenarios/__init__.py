"""Labelled activity: what is emitted, and what should be made of it."""

from connectors.feeds.synthetic.scenarios.catalog import expectation
from connectors.feeds.synthetic.scenarios.catalog import scenario_ids
from connectors.feeds.synthetic.scenarios.golden import golden_names
from connectors.feeds.synthetic.scenarios.golden import golden_run
from connectors.feeds.synthetic.scenarios.golden import golden_scenario
from connectors.feeds.synthetic.scenarios.run import ScenarioRun
from connectors.feeds.synthetic.scenarios.run import scenario_run

__all__ = [
    "ScenarioRun",
    "expectation",
    "golden_names",
    "golden_run",
    "golden_scenario",
    "scenario_ids",
    "scenario_run",
]
