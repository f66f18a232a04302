"""`islandflow runs`: replay runs that are kept, and taking them away."""

from typing import Annotated
from typing import Any

import msgspec
import typer

from infra.cli.options import DataOption
from infra.cli.options import JsonOption
from infra.cli.options import stored_services
from infra.cli.output import console
from infra.cli.output import counted
from infra.cli.output import eastern
from infra.cli.output import print_json
from infra.cli.output import span
from infra.cli.output import table
from infra.replay.request import ReplayRequest
from infra.replay.runs import KnownRun
from infra.replay.runs import list_runs
from infra.replay.runs import remove_run
from infra.settings import load_settings

app = typer.Typer(help="Replay runs: what is kept of them, and removing it.", no_args_is_help=True)


@app.command()
def ls(data: DataOption = None, as_json: JsonOption = False) -> None:
    """
    List the replay runs, oldest first.

    [dim]Examples[/dim]

      islandflow runs ls --data ./vst

      islandflow runs ls --json
    """
    settings = load_settings().services
    folder = data or settings.islandflow_data_dir
    with stored_services(settings, data) as addresses:
        found = list_runs(addresses, folder)
    if as_json:
        print_json([_plain(each) for each in found])
        return
    columns = ("run", "state", "from", "what", "raw records#", "s#", "created, ET", "label")
    console().print(table(counted(len(found), "run"), columns, [_row(each) for each in found]))


@app.command()
def rm(
    names: Annotated[list[str], typer.Argument(metavar="RUN…", help="Names of runs.")],
    data: DataOption = None,
) -> None:
    """
    Delete runs: their topics, tables and state. What was recorded stays.

    [dim]Examples[/dim]

      islandflow runs rm monday --data ./vst

      islandflow runs rm sweep-a sweep-b
    """
    settings = load_settings().services
    folder = data or settings.islandflow_data_dir
    with stored_services(settings, data) as addresses:
        for name in names:
            remove_run(name, settings, addresses, folder)
            console().print(f"removed {name}")


def _plain(each: KnownRun) -> dict[str, Any]:
    described = {} if each.manifest is None else msgspec.to_builtins(each.manifest)
    return {"run": each.run, "topics": each.topics, **described, "state": each.state}


def _row(each: KnownRun) -> tuple[str, ...]:
    manifest = each.manifest
    if manifest is None:
        return (each.run, each.state, "", f"{each.topics} topics of another folder", "", "", "", "")
    request = manifest.request
    return (
        each.run,
        each.state,
        request.source,
        asked(request),
        f"{sum(manifest.records.values()):,}",
        f"{manifest.elapsed_s:,.1f}" if manifest.elapsed_s else "",
        eastern(manifest.created_ns, date=True)[:19],
        request.label,
    )


def asked(request: ReplayRequest) -> str:
    """Return in a few words what a run replays."""
    if request.from_ns and request.to_ns:
        when = span(request.from_ns, request.to_ns)
    elif request.from_ns:
        when = f"from {eastern(request.from_ns, date=True)} ET"
    elif request.to_ns:
        when = f"to {eastern(request.to_ns, date=True)} ET"
    else:
        when = "everything"
    whose = f" of {', '.join(request.underlyings)}" if request.underlyings else ""
    pace = f" at ×{request.speed:g}" if request.speed else ""
    changes = [f"{name}={value}" for name, value in sorted(request.changes.items())]
    return f"{when}{whose}{pace}{' with ' + ', '.join(changes) if changes else ''}"
