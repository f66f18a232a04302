"""An evaluation as text and as one JSON object."""

from collections import Counter
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any
from typing import Final

import msgspec
from rich.console import Group
from rich.console import RenderableType
from rich.text import Text

from infra.cli.output import counted
from infra.cli.output import table
from infra.evaluation.match import ABSTAIN
from infra.evaluation.match import ANY
from infra.evaluation.match import Outcome
from infra.evaluation.metrics import PROFILES
from infra.evaluation.metrics import Metrics
from infra.evaluation.metrics import Rates
from infra.evaluation.metrics import ScenarioResult
from infra.evaluation.scenarios import Evaluation

NONE: Final = "–"
SHOWN_MISSES: Final = 3
_SHORT: Final = {
    "institutional_directional": "instit.",
    "retail_whale": "retail",
    "event_driven": "event",
    "vol_seller": "vol",
    "arbitrage": "arb.",
    "hedge_reactive": "hedge",
    ABSTAIN: "abstain",
}


def as_json(evaluation: Evaluation, metrics: Metrics) -> dict[str, Any]:
    """Return everything as plain data."""
    found: dict[str, Any] = msgspec.to_builtins(
        {
            "is_met": evaluation.is_met,
            "metrics": metrics,
            "scenarios": evaluation.scenarios,
            "outcomes": evaluation.outcomes,
        }
    )
    return found


def evaluation_tables(evaluation: Evaluation, metrics: Metrics) -> Iterator[RenderableType]:
    """Yield the tables people read, from the scenarios down to calibration."""
    yield _scenarios(evaluation)
    yield _confusion(metrics)
    if any(row.truth == ANY for row in metrics.confusion):
        yield Text("'any' demands no profile and counts in this table alone.", "dim")
    yield _rates("Profiles", "profile", metrics.profiles)
    yield _rates("Classifiers", "classifier", metrics.classifiers)
    yield Text("Precision counts a hit the scenario does not list, though its rule holds.", "dim")
    yield _abstention(metrics)
    yield _calibration(metrics)


def _scenarios(evaluation: Evaluation) -> RenderableType:
    rows = [_scenario(each, evaluation.outcomes) for each in evaluation.scenarios]
    met = sum(each.is_met for each in evaluation.scenarios)
    title = f"Scenarios: {met} of {len(rows)} as expected"
    misses = [
        Text(f"{each.scenario_id}: {count}× {miss}", "red")
        for each in evaluation.scenarios
        for miss, count in list(each.misses.items())[:SHOWN_MISSES]
    ]
    heads = ("scenario", "passed#", "expected", "got", "alerted#")
    return Group(table(title, heads, rows), *misses)


def _scenario(result: ScenarioResult, outcomes: tuple[Outcome, ...]) -> tuple[str, ...]:
    own = [each for each in outcomes if each.scenario_id == result.scenario_id]
    got = Counter(_got(each) for each in own)
    probabilities = [each.probability for each in own]
    shown = [f"{what} {n}×" if len(got) > 1 else what for what, n in got.most_common()]
    shown.append(f"{min(probabilities):.2f} to {max(probabilities):.2f}")
    color = "green" if result.is_met else "red"
    return (
        result.scenario_id,
        f"[{color}]{result.passed}/{result.runs}[/{color}]",
        _expected(own),
        "\n".join(shown),
        f"{sum(bool(each.alerts) for each in own)}",
    )


def _expected(outcomes: Sequence[Outcome]) -> str:
    first = outcomes[0]
    lines = [first.truth]
    if first.truth not in {ABSTAIN, ANY}:
        lines[0] += f" {' or '.join(sorted({each.expected_direction for each in outcomes}))}"
    if first.expected_range is not None:
        low, high = first.expected_range
        lines.append(f"{low:.2f} to {high:.2f}")
    return "\n".join([*lines, *first.expected_classifiers])


def _got(outcome: Outcome) -> str:
    return ABSTAIN if outcome.predicted is None else f"{outcome.predicted} {outcome.direction}"


def _confusion(metrics: Metrics) -> RenderableType:
    columns = (*PROFILES, ABSTAIN)
    heads = ("family", "truth", *(f"{_SHORT[name]}#" for name in columns))
    rows = [
        (
            row.family,
            row.truth,
            *(_count(row.counts[name], is_right=name == row.truth) for name in columns),
        )
        for row in metrics.confusion
    ]
    return table(
        f"Confusion: {counted(metrics.labels, 'label')}, columns what was named", heads, rows
    )


def _count(count: int, *, is_right: bool) -> str:
    if not count:
        return "[dim]·[/dim]"
    return f"[green]{count}[/green]" if is_right else f"{count}"


def _rates(title: str, what: str, found: tuple[Rates, ...]) -> RenderableType:
    heads = (what, "labels#", "found#", "right#", "precision#", "recall#", "F1#", "on neutral#")
    rows = [
        (
            each.name,
            each.expected,
            each.found,
            each.right,
            _share(each.precision),
            _share(each.recall),
            _share(each.f1),
            f"[red]{each.on_neutral}[/red]" if _is_false(each) else each.on_neutral,
        )
        for each in found
        if each.expected or each.found
    ]
    return table(title, heads, rows)


def _is_false(found: Rates) -> bool:
    return found.on_neutral > 0 and found.name != ABSTAIN


def _abstention(metrics: Metrics) -> RenderableType:
    rows = [
        (each.family, each.n, each.abstained, f"{each.rate:.0%}", each.wanted)
        for each in metrics.abstention
    ]
    title = f"Abstention: {_percent(metrics.abstention_rate)} of {counted(metrics.labels, 'label')}"
    return table(title, ("family", "labels#", "abstained#", "rate#", "wanted#"), rows)


def _calibration(metrics: Metrics) -> RenderableType:
    found = metrics.calibration
    rows = [
        (f"{each.low:.2f} to {each.high:.2f}", each.n, _share(each.stated), _share(each.observed))
        for each in found.buckets
    ]
    title = (
        f"Calibration: {counted(found.n, 'named profile')}, Brier {_score(found.brier)}, "
        f"calibration error {_score(found.ece)}"
    )
    return table(title, ("probability", "n#", "stated#", "right#"), rows)


def _share(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"


def _score(value: float | None) -> str:
    return NONE if value is None else f"{value:.3f}"


def _percent(value: float | None) -> str:
    return NONE if value is None else f"{value:.0%}"
