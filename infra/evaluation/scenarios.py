"""Scenarios of the synthetic market, each with several seeds, through the real flow."""

import re
from collections import Counter
from collections.abc import Callable
from collections.abc import Sequence
from typing import Final

import msgspec

from connectors.feeds.synthetic.labels import Expectation
from connectors.feeds.synthetic.scenarios import ScenarioRun
from connectors.feeds.synthetic.scenarios import expectation
from connectors.feeds.synthetic.scenarios import scenario_ids
from connectors.feeds.synthetic.scenarios import scenario_run
from flows.options.config import OptionsConfig
from infra.errors import MisconfiguredInfra
from infra.evaluation.match import Outcome
from infra.evaluation.match import judge
from infra.evaluation.metrics import RUNS_PER_MISS
from infra.evaluation.metrics import ScenarioResult
from infra.evaluation.run import OptionsRunner
from infra.evaluation.views import DerivedRecord
from infra.evaluation.views import views_of_records
from schemas.records import OptionsPrint

_NUMBER: Final = re.compile(r"\d+(\.\d+)?")

Progress = Callable[[str], None]


class Evaluation(msgspec.Struct, frozen=True):
    """
    What came out of a set of runs.

    Parameters
    ----------
    outcomes : tuple of Outcome
        One per label, in order of scenario and run.
    scenarios : tuple of ScenarioResult
        One per scenario.
    """

    outcomes: tuple[Outcome, ...]
    scenarios: tuple[ScenarioResult, ...]

    @property
    def is_met(self) -> bool:
        """Whether every scenario met its expectation often enough."""
        return all(scenario.is_met for scenario in self.scenarios)


def known_scenarios(wanted: Sequence[str]) -> tuple[str, ...]:
    """
    Return the scenarios that were named, all of them when none was.

    Raises
    ------
    MisconfiguredInfra
        One does not exist.
    """
    known = scenario_ids()
    unknown = [name for name in wanted if name not in known]
    if unknown:
        msg = f"no scenario {', '.join(unknown)}; there are {', '.join(known)}"
        raise MisconfiguredInfra(msg)
    return tuple(name for name in known if not wanted or name in wanted)


def outcomes_of(
    run: ScenarioRun,
    derived: Sequence[DerivedRecord],
    name: str,
    expected: Callable[[str], Expectation] = expectation,
) -> tuple[Outcome, ...]:
    """
    Return what was made of each label of one run.

    Parameters
    ----------
    run : ScenarioRun
        What went in.
    derived : sequence of records
        What came out.
    name : str
        Of the run.
    expected : Callable
        Gives the expectation of a scenario.
    """
    sizes = {item.trace_id: item.size for item in run.items if isinstance(item, OptionsPrint)}
    views = views_of_records(derived, sizes)
    return tuple(judge(label, expected(label.scenario_id), views, name) for label in run.labels)


def evaluate_scenarios(
    scenarios: Sequence[str],
    seeds: Sequence[int],
    config: OptionsConfig,
    progress: Progress | None = None,
) -> Evaluation:
    """
    Run scenarios with every seed and judge their labels.

    Parameters
    ----------
    scenarios : sequence of str
        Scenario ids.
    seeds : sequence of int
        One run each.
    config : OptionsConfig
        Thresholds.
    progress : Callable | None
        Called with the scenario's id when it is done.
    """
    runner = OptionsRunner(config)
    outcomes: list[Outcome] = []
    results = []
    for scenario_id in scenarios:
        runs = [scenario_run(scenario_id, seed) for seed in seeds]
        derived = runner.run([run.items for run in runs])
        own = [
            outcome
            for seed, run, records in zip(seeds, runs, derived, strict=True)
            for outcome in outcomes_of(run, records, f"seed {seed}")
        ]
        outcomes += own
        results.append(summarise(scenario_id, own))
        if progress is not None:
            progress(scenario_id)
    return Evaluation(tuple(outcomes), tuple(results))


def summarise(scenario_id: str, outcomes: Sequence[Outcome]) -> ScenarioResult:
    """
    Return how often a scenario was as expected.

    A run passes when every label of this scenario in it does; labels of another scenario that
    prepares the ground are measured, not demanded.

    Parameters
    ----------
    scenario_id : str
        Of the scenario.
    outcomes : sequence of Outcome
        Of its runs, at least one of them with a label of the scenario.
    """
    own = [each for each in outcomes if each.scenario_id == scenario_id]
    runs = list(dict.fromkeys(each.run for each in own))
    missed = [run for run in runs if any(each.run == run and not each.is_pass for each in own)]
    reasons = Counter(_NUMBER.sub("…", miss) for each in own for miss in each.misses)
    return ScenarioResult(
        scenario_id=scenario_id,
        family=own[0].family,
        runs=len(runs),
        passed=len(runs) - len(missed),
        is_met=len(missed) * RUNS_PER_MISS <= len(runs),
        missed_runs=tuple(missed),
        misses=dict(reasons.most_common()),
    )
