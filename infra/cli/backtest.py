"""`islandflow backtest`: did the alerts of a past range beat their base rate?"""

import time
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from typing import Final
from typing import Literal

import typer
from rich.console import Console
from rich.markup import escape

from infra.backtest.report import report
from infra.backtest.report_sections import Origin
from infra.backtest.result import BacktestResult
from infra.backtest.result import GroupResult
from infra.backtest.result import HorizonResult
from infra.backtest.result import RunResult
from infra.backtest.run import BacktestRequest
from infra.backtest.run import combinations_asked
from infra.backtest.run import defaults_of
from infra.backtest.run import run_backtest
from infra.backtest.walk_forward import WalkForwardPlan
from infra.backtest.words import ALL
from infra.backtest.words import PAST
from infra.backtest.words import all_alerts
from infra.backtest.words import answer
from infra.backtest.words import at_horizon
from infra.backtest.words import bps
from infra.backtest.words import changes_words
from infra.backtest.words import dimension_title
from infra.backtest.words import horizon_words
from infra.backtest.words import lift_interval
from infra.backtest.words import points
from infra.backtest.words import share
from infra.backtest.words import spaced
from infra.backtest.words import verdict_words
from infra.cli.options import DataOption
from infra.cli.options import JsonOption
from infra.cli.options import stored_services
from infra.cli.output import console
from infra.cli.output import counted
from infra.cli.output import print_json
from infra.cli.output import table
from infra.cli.progress import progress_bars
from infra.cli.times import parse_time
from infra.cli.version import versions
from infra.errors import MisconfiguredInfra
from infra.settings import load_settings

FOLDER = "backtests"
TRAIN = WalkForwardPlan().train
TEST = WalkForwardPlan().test
_SHOWING = frozenset({"opened", "as_json"})
_OBJECTIVES: Final[Mapping[str, Literal["hit_lift", "bps_lift"]]] = {
    "hits": "hit_lift",
    "bps": "bps_lift",
}
# Eighty characters have to do: names and figures, verdicts as the glyphs of the legend.
_FIGURES = ("n#", "hits#", "base#", "lift#", "95% of lift#", "")
_LEGEND = "lift in points · ▲ beats base  ▼ below base  ● does not beat  ○ not evidence"
_NAME_WIDTH = 30


class Flow(StrEnum):
    """Whose alerts are measured."""

    OPTIONS = "options"
    EQUITIES = "equities"


class Objective(StrEnum):
    """What the walk-forward chooses thresholds by."""

    HITS = "hits"
    BPS = "bps"


class Source(StrEnum):
    """Where raw records come from."""

    LOG = "log"
    STORE = "store"


class Horizon(StrEnum):
    """When an alert is judged."""

    ONE_MINUTE = "1m"
    FIVE_MINUTES = "5m"
    QUARTER = "15m"
    HOUR = "60m"
    CLOSE = "close"
    NEXT_CLOSE = "next_close"


_Begin = Annotated[
    str, typer.Option("--from", metavar="TIME", help="First event time, New York; or the log's.")
]
_End = Annotated[
    str, typer.Option("--to", metavar="TIME", help="End, excluded; a day means all of it.")
]
_Flow = Annotated[Flow, typer.Option(help="Whose alerts.")]
_Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Another threshold; repeatable."),
]
_Grid = Annotated[
    list[str] | None,
    typer.Option("--grid", metavar="NAME=v1,v2", help="Thresholds to try; repeatable."),
]
_Horizon = Annotated[
    Horizon, typer.Option(help="When an alert is judged; choose it before you look.")
]
_Source = Annotated[
    Source, typer.Option(help="The log, or ClickHouse once the log has let go of it.")
]
_Underlying = Annotated[
    list[str] | None, typer.Option(metavar="SYMBOL", help="Only this one; repeatable.")
]
_Workers = Annotated[int, typer.Option(min=1, max=8, help="Processes of the deriving flow.")]
_Train = Annotated[int, typer.Option(min=1, help="Sessions a grid is chosen on, at first.")]
_Test = Annotated[int, typer.Option(min=1, help="Sessions it is tried on, each time.")]
_Objective = Annotated[
    Objective, typer.Option(help="What a grid is chosen by: lift in hit rate, or in bps.")
]
_Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="The page; DATA/backtests/NAME.html without."),
]
_Name = Annotated[str, typer.Option("--as", metavar="NAME", help="Name of the backtest.")]
_Kept = Annotated[bool, typer.Option("--keep", help="Keep the replay runs it makes.")]
_Opened = Annotated[bool, typer.Option("--open", help="Show the page in the browser.")]


def backtest(  # noqa: PLR0913, PLR0917 - one parameter an option
    context: typer.Context,
    begin: _Begin = "",
    end: _End = "",
    flow: _Flow = Flow.OPTIONS,
    changes: _Changes = None,
    grid: _Grid = None,
    horizon: _Horizon = Horizon.QUARTER,
    source: _Source = Source.LOG,
    underlying: _Underlying = None,
    workers: _Workers = 1,
    train: _Train = TRAIN,
    test: _Test = TEST,
    objective: _Objective = Objective.HITS,
    out: _Out = None,
    name: _Name = "",
    kept: _Kept = False,
    opened: _Opened = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """
    Replay a past range and tell whether its alerts beat their base rate.

    Each alert is judged by where the underlying's mid went from its emission
    on, beside the same underlying at the same time of day. With --set the
    thresholds differ; with --grid every combination is replayed, beside the
    thresholds as they are, and chosen on some sessions to be tried on later
    ones. The page has every figure with its interval. All of it describes
    the past.

    [dim]Examples[/dim]

      islandflow backtest --data ./vst

      islandflow backtest --from 2025-05-01 --to 2025-05-23 --horizon 60m --open

      islandflow backtest --set ALERT_MIN_SCORE=60 --as strict --out ./strict.html

      islandflow backtest --grid ALERT_MIN_SCORE=25,40,60 --train 10 --test 5

      islandflow backtest --grid CLUSTER_WINDOW_MS=250,750 --objective bps

      islandflow backtest --flow equities --underlying SPY --json
    """
    if out is not None and out.suffix.lower() not in {".html", ".htm"}:
        msg = f"--out is {out}, expected a name that ends in .html"
        raise MisconfiguredInfra(msg)
    settings = load_settings()
    wanted = combinations_asked(grid or (), changes or (), settings)
    request = BacktestRequest(
        name=name or time.strftime("b%Y%m%dt%H%M%S"),
        flow=flow.value,
        source=source.value,
        from_ns=parse_time(begin, "--from"),
        to_ns=parse_time(end, "--to", is_end=True),
        underlyings=tuple([each.upper() for each in underlying or ()]),
        combinations=tuple(wanted),
        walk_forward=_plan(objective, horizon, train, test) if len(wanted) > 1 else None,
        workers=workers,
        is_kept=kept,
    )
    request.runs()
    folder = data or settings.services.islandflow_data_dir
    path = out if out is not None else folder / FOLDER / f"{request.name}.html"
    with (
        stored_services(settings.services, data) as addresses,
        progress_bars(shown=not as_json) as observe,
    ):
        result = run_backtest(request, settings, addresses, folder, observe)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        report(result, _origin(request, horizon.value, typed(context))), encoding="utf-8"
    )
    if as_json:
        print_json(result.as_json())
    else:
        print_result(console(), result, horizon.value)
        console().print(f"\nreport  {path}", soft_wrap=True)
    if opened:
        typer.launch(path.resolve().as_uri())


def _plan(objective: Objective, horizon: Horizon, train: int, test: int) -> WalkForwardPlan:
    chosen_by = _OBJECTIVES[objective.value]
    return WalkForwardPlan(
        objective=chosen_by, horizon=horizon.value, train=train, test=test, step=test
    )


def typed(context: typer.Context) -> tuple[str, ...]:
    """Return the command as it was typed, word by word, without what only shows the result."""
    words = ["islandflow", str(context.info_name)]
    for parameter in context.command.params:
        name = str(parameter.name)
        source = context.get_parameter_source(name)
        if source is None or source.name != "COMMANDLINE" or name in _SHOWING:
            continue
        value = context.params[name]
        option = parameter.opts[0]
        if isinstance(value, bool):
            words.append(option)
            continue
        for each in value if isinstance(value, list) else [value]:
            words += [option, str(each)]
    return tuple(words)


def _origin(request: BacktestRequest, horizon: str, command: tuple[str, ...]) -> Origin:
    changed = dict.fromkeys(name for each in request.combinations for name in each)
    return Origin(
        name=request.name,
        horizon=horizon,
        command=command,
        versions=versions(),
        defaults=defaults_of(changed),
    )


def print_result(out: Console, result: BacktestResult, horizon: str) -> None:
    """Print a backtest for people: the answer, groups at its horizon, combinations, caveats."""
    word, _, rest = answer(result, horizon).partition(":")
    out.print(f"[bold]{word}:[/bold]{escape(rest)}")
    out.print(f"[dim]{PAST}[/dim]")
    groups = result.runs[0].groups if result.runs else ()
    rows = list(_group_rows(groups, horizon))
    if rows:
        out.print()
        out.print(table(f"Hits {horizon_words(horizon)}", ("", *_FIGURES), rows))
        out.print(f" [dim]{_LEGEND}[/dim]")
    if len(result.runs) > 1:
        out.print()
        compared = [_run_row(run, horizon) for run in result.runs]
        out.print(table("Thresholds compared", ("", *_FIGURES), compared))
        out.print(
            " [dim]The first is the reference; the best of several looks better than it is.[/dim]"
        )
    _print_walk_forward(out, result)
    for caveat in result.caveats:
        out.print(f" [dim]• {escape(caveat)}[/dim]")


def _group_rows(groups: Sequence[GroupResult], horizon: str) -> Iterator[tuple[str, ...]]:
    before = ""
    for group in groups:
        found = at_horizon(group, horizon)
        if found is None or not found.n:
            continue
        if group.dimension not in {before, ALL}:
            yield (dimension_title(group.dimension).lower(), *[""] * len(_FIGURES))
        before = group.dimension
        indent = "" if group.dimension == ALL else "  "
        yield (_short(f"{indent}{spaced(group.name)}"), *_cells(found))


def _short(name: str) -> str:
    return name if len(name) <= _NAME_WIDTH else f"{name[: _NAME_WIDTH - 1]}…"


def _run_row(run: RunResult, horizon: str) -> tuple[str, ...]:
    group = all_alerts(run)
    found = None if group is None else at_horizon(group, horizon)
    figures = ("0", *[""] * (len(_FIGURES) - 1)) if found is None else _cells(found)
    return (changes_words(run.changes), *figures)


def _cells(found: HorizonResult) -> tuple[str, ...]:
    lift = found.hit_lift
    return (
        f"{found.known_n:,}",
        share(found.hit_rate) or "",
        share(found.base_hit_rate) or "",
        points(lift.mean) or "",
        lift_interval(lift) or "",
        verdict_words(lift)[0],
    )


def _print_walk_forward(out: Console, result: BacktestResult) -> None:
    found = result.walk_forward
    if found is None:
        return
    out.print()
    if not found.folds:
        out.print(f"[bold]Walk-forward[/bold]: no folds; {escape(found.note)}")
        return
    lift = found.out_of_sample
    in_bps = found.objective == "bps_lift"
    amount, unit = (bps, "bps") if in_bps else (points, "points")
    interval = lift_interval(lift, in_bps=in_bps)
    said = f"{amount(lift.mean) or '–'} {unit} out of sample"
    said += f" ({interval})" if interval is not None else ""
    out.print(
        f"[bold]Walk-forward[/bold]: {said} over {counted(len(found.folds), 'fold')}, "
        f"{counted(lift.n, 'alert')}; with hindsight {amount(found.in_sample.mean) or '–'}"
    )
