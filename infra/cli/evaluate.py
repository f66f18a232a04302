"""`islandflow evaluate`: labelled activity through the real flow, and how it was judged."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn
from rich.progress import Progress as Bars
from rich.progress import TaskProgressColumn
from rich.progress import TextColumn
from rich.progress import TimeElapsedColumn

from connectors.feeds.synthetic.scenarios import scenario_run
from flows.options.config import OptionsConfig
from infra.cli.options import DataOption
from infra.cli.options import JsonOption
from infra.cli.options import stored_services
from infra.cli.output import console
from infra.cli.output import counted
from infra.cli.output import error_console
from infra.cli.output import print_json
from infra.errors import MisconfiguredInfra
from infra.evaluation.explain import explain
from infra.evaluation.metrics import Metrics
from infra.evaluation.metrics import measure
from infra.evaluation.plot import reliability_svg
from infra.evaluation.run import OptionsRunner
from infra.evaluation.scenarios import Evaluation
from infra.evaluation.scenarios import Progress
from infra.evaluation.scenarios import evaluate_scenarios
from infra.evaluation.scenarios import known_scenarios
from infra.evaluation.scenarios import outcomes_of
from infra.evaluation.stored import evaluate_stored
from infra.evaluation.stored import read_labels
from infra.evaluation.tables import as_json
from infra.evaluation.tables import evaluation_tables
from infra.settings import Settings
from infra.settings import load_settings
from infra.tables import open_tables

SEEDS = 20
REPORT_WIDTH = 140
FILES = ("evaluation.txt", "evaluation.json", "reliability.svg")


def evaluate(  # noqa: PLR0913, PLR0917 - one parameter an option
    scenario: Annotated[
        list[str] | None, typer.Option("--scenario", help="Only this one; may be repeated.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="Runs of each scenario.")] = SEEDS,
    explained: Annotated[
        str | None,
        typer.Option("--explain", metavar="SCENARIO", help="Show the whole chain of one run."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The run --explain shows.")] = 1,
    labels: Annotated[
        Path | None,
        typer.Option("--labels", metavar="FILE", help="Judge a recorded run by its labels."),
    ] = None,
    data: DataOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help=f"Write {', '.join(FILES)} there."),
    ] = None,
    as_one_json: JsonOption = False,
) -> None:
    """
    Run labelled scenarios through the options flow and measure what it makes of them.

    The flow is the one that runs live, from codecs to alerts, with the settings of this
    environment. Exits with 1 when a scenario misses its expectation in more than 1 of 20 runs.

    [dim]Examples[/dim]

      islandflow evaluate --out ./evaluation

      islandflow evaluate --scenario call_sweep --scenario box_spread --seeds 100

      islandflow evaluate --explain put_panic --seed 7

      islandflow evaluate --labels labels.jsonl --data ./recorded --json
    """
    settings = load_settings()
    wanted = known_scenarios(scenario or ())
    if explained is not None:
        _explain(known_scenarios((explained,))[0], seed, settings.options)
        return
    if labels is not None:
        evaluation = _recorded(labels, wanted, data, settings)
        what = f"{labels.name}, {counted(len(evaluation.outcomes), 'label')}"
    else:
        with _bar(len(wanted), shown=not as_one_json) as progress:
            evaluation = evaluate_scenarios(wanted, range(1, seeds + 1), settings.options, progress)
        what = (
            f"synthetic market: {counted(len(wanted), 'scenario')} × {counted(seeds, 'run')}, "
            f"{counted(len(evaluation.outcomes), 'label')}"
        )
    metrics = measure(evaluation.outcomes)
    if out is not None:
        _write(out, evaluation, metrics, what)
    if as_one_json:
        print_json(as_json(evaluation, metrics))
    else:
        _print(console(), evaluation, metrics)
    if not evaluation.is_met:
        raise typer.Exit(1)


def _explain(scenario_id: str, seed: int, config: OptionsConfig) -> None:
    run = scenario_run(scenario_id, seed)
    (derived,) = OptionsRunner(config).run([run.items])
    console().print(explain(run, derived, outcomes_of(run, derived, f"seed {seed}")))


def _recorded(
    path: Path, wanted: tuple[str, ...], data: Path | None, settings: Settings
) -> Evaluation:
    known = [label for label in read_labels(path) if label.scenario_id in wanted]
    if not known:
        msg = f"{path} holds no label of {', '.join(wanted)}"
        raise MisconfiguredInfra(msg)
    with (
        stored_services(settings.services, data) as addresses,
        open_tables(settings.services, addresses) as tables,
    ):
        return evaluate_stored(tables, known, path.name)


@contextmanager
def _bar(total: int, *, shown: bool) -> Iterator[Progress | None]:
    if not shown:
        yield None
        return
    columns = (
        TextColumn("{task.description:<24}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    out = error_console()
    with Bars(*columns, console=out, transient=True, disable=not out.is_terminal) as bars:
        task = bars.add_task("scenarios", total=total)
        yield lambda scenario_id: bars.update(task, advance=1, description=scenario_id)


def _print(out: Console, evaluation: Evaluation, metrics: Metrics) -> None:
    for part in evaluation_tables(evaluation, metrics):
        out.print(part)
        out.print()


def _write(folder: Path, evaluation: Evaluation, metrics: Metrics, what: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text, plain, plot = (folder / name for name in FILES)
    with text.open("w", encoding="utf-8") as file:
        _print(Console(file=file, width=REPORT_WIDTH, highlight=False), evaluation, metrics)
    plain.write_bytes(msgspec.json.format(msgspec.json.encode(as_json(evaluation, metrics))))
    plot.write_text(reliability_svg(metrics.calibration, what), encoding="utf-8")
