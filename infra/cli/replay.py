"""`islandflow replay`: a past session through the same flows."""

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from infra.cli.options import DataOption
from infra.cli.options import JsonOption
from infra.cli.options import stored_services
from infra.cli.output import console
from infra.cli.output import counted
from infra.cli.output import error_console
from infra.cli.output import print_json
from infra.cli.progress import progress_bars
from infra.cli.replay_control import control
from infra.cli.replay_diff import diff
from infra.cli.replay_worker import worker
from infra.cli.runs import asked
from infra.cli.times import parse_time
from infra.errors import MisconfiguredInfra
from infra.pipeline.drain import Observer
from infra.pipeline.lag import Progress
from infra.replay.manifest import RunManifest
from infra.replay.request import ReplayRequest
from infra.replay.runner import run_replay
from infra.settings import ReplaySettings
from infra.settings import load_settings
from infra.thresholds import changes_of

app = typer.Typer(
    help="Replay a past session through the same flows, flat out or under a clock.",
    invoke_without_command=True,
    rich_markup_mode="rich",
)
app.command("control")(control)
app.command("diff")(diff)
app.command("worker")(worker)


class Source(StrEnum):
    """Where raw records come from."""

    LOG = "log"
    STORE = "store"


FromOption = Annotated[
    str, typer.Option("--from", metavar="TIME", help="First event time, New York; or the log's.")
]
ToOption = Annotated[
    str, typer.Option("--to", metavar="TIME", help="End, excluded; a day means all of it.")
]
NameOption = Annotated[str, typer.Option("--as", metavar="RUN", help="Name of the run.")]
SourceOption = Annotated[
    Source, typer.Option(help="The log, or ClickHouse once the log has let go of it.")
]
UnderlyingOption = Annotated[
    list[str] | None, typer.Option(metavar="SYMBOL", help="Only this one; repeatable.")
]
StreamsOption = Annotated[
    str, typer.Option(help="Of options, nbbo, equities, equity-quotes; $REPLAY_STREAMS.")
]
FlowsOption = Annotated[str, typer.Option(help="options, equities or both; as needed.")]
SpeedOption = Annotated[
    float | None,
    typer.Option(help="0 flat out, 1 real time, 60 a minute a second; $REPLAY_SPEED or 0."),
]
PausedOption = Annotated[
    bool, typer.Option("--paused", help="Stand still at first; drive with replay control.")
]
ChangesOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Another threshold; repeatable."),
]
WarmupOption = Annotated[int, typer.Option(min=0, help="Seconds read before --from.")]
WorkersOption = Annotated[int, typer.Option(min=1, max=8, help="Processes of each deriving flow.")]
StoredOption = Annotated[
    bool, typer.Option("--store/--no-store", help="Also write it to ClickHouse.")
]
LabelOption = Annotated[str, typer.Option(help="What you call it.")]
GivenOption = Annotated[
    str, typer.Option("--request", hidden=True, help="The request as JSON, for other programs.")
]


@app.callback()
def replay(  # noqa: PLR0913, PLR0917 - one parameter an option
    context: typer.Context,
    begin: FromOption = "",
    end: ToOption = "",
    name: NameOption = "",
    source: SourceOption = Source.LOG,
    underlying: UnderlyingOption = None,
    streams: StreamsOption = "",
    flows: FlowsOption = "",
    speed: SpeedOption = None,
    paused: PausedOption = False,
    changes: ChangesOption = None,
    warmup: WarmupOption = 1800,
    workers: WorkersOption = 1,
    stored: StoredOption = True,
    label: LabelOption = "",
    given: GivenOption = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """
    Derive a past session again, under a name of its own.

    Nothing of it reaches a live topic, table or cache: it writes topics
    replay.RUN.… and a ClickHouse database of its own. Flat out from the log
    is fastest; with a speed or --paused all streams follow one clock, which
    `islandflow replay control RUN` pauses, steps and moves. More than five
    minutes without records, as a night is, are not waited for.

    [dim]Examples[/dim]

      islandflow replay --as monday --data ./vst

      islandflow replay --as noon --from "2025-05-23 12:00" --to "2025-05-23 13:00" --source store

      islandflow replay --as slow --speed 60 --paused

      islandflow replay --as strict --set ALERT_MIN_SCORE=60 --underlying NVDA

      islandflow replay diff monday live
    """
    if context.invoked_subcommand is not None:
        return
    settings = load_settings()
    if given:
        request = _decoded(given)
    else:
        ours = settings.replay
        request = ReplayRequest(
            run=name or time.strftime("r%Y%m%dt%H%M%S"),
            source=source.value,
            from_ns=parse_time(begin or ours.replay_start_ts, "--from"),
            to_ns=parse_time(end or ours.replay_end_ts, "--to", is_end=True),
            underlyings=tuple([each.upper() for each in underlying or ()]),
            streams=_names(streams or ours.replay_streams),
            flows=_names(flows),
            speed=_speed(speed, ours),
            batch_size=ours.replay_batch_size,
            warmup_s=warmup,
            is_paused=paused,
            workers=workers,
            changes=changes_of(changes or []),
            is_stored=stored,
            label=label,
        )
    folder = data or settings.services.islandflow_data_dir
    out = console()
    if not as_json:
        out.print(f"replaying {asked(request)} as [bold]{request.run}[/bold]", soft_wrap=True)
    with (
        stored_services(settings.services, data) as addresses,
        progress_bars(shown=not as_json) as observe,
    ):
        every = settings.replay.replay_log_every
        told = observe if observe is not None or as_json else _lines(error_console(), every)
        manifest = run_replay(request, settings, addresses, folder, told)
    if as_json:
        print_json(msgspec.to_builtins(manifest))
    else:
        _tell(out, manifest, data)


def _lines(out: Console, every: int) -> Observer:
    """Return what writes a line of progress each time so many raw records were copied."""
    told = 0

    def observe(stage: str, progress: Progress) -> None:
        nonlocal told
        if stage == "replay" and progress.done // every > told // every:
            told = progress.done
            out.print(f"replayed {progress.done:,} of {progress.total:,} raw records")

    return observe


def _speed(given: float | None, ours: ReplaySettings) -> float:
    if given is not None:
        return given
    # The default of a run somebody watches is real time; here it is flat out, unless one was set.
    return ours.replay_speed if "replay_speed" in ours.model_fields_set else 0.0


def _names(text: str) -> tuple[str, ...]:
    return tuple([part.strip() for part in text.split(",") if part.strip()])


def _decoded(text: str) -> ReplayRequest:
    try:
        return msgspec.json.decode(text, type=ReplayRequest)
    except msgspec.DecodeError as error:
        msg = f"--request is no request of a replay: {error}"
        raise MisconfiguredInfra(msg) from None


def _tell(out: Console, manifest: RunManifest, data: Path | None) -> None:
    request = manifest.request
    count = sum(manifest.records.values())
    seconds = max(manifest.elapsed_s, 1e-9)
    where = f" --data {data}" if data is not None else ""
    out.print(
        f"{manifest.state}: {counted(count, 'raw record')} in {manifest.elapsed_s:,.1f} s "
        f"({count / seconds:,.0f}/s)"
    )
    out.print(f"  compare:  islandflow replay diff {request.run} live{where}", soft_wrap=True)
    if request.is_stored:
        out.print(f"  look:     islandflow trace, chart or sql with --run {request.run}{where}")
    out.print(f"  remove:   islandflow runs rm {request.run}{where}", soft_wrap=True)
