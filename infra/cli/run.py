"""`islandflow run`: vendor files in, alerts out."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn
from rich.progress import Progress as Bars
from rich.progress import TaskID
from rich.progress import TaskProgressColumn
from rich.progress import TextColumn
from rich.progress import TimeElapsedColumn

from infra.cli.options import FeedFormat
from infra.cli.options import JsonOption
from infra.cli.output import console
from infra.cli.output import dollars
from infra.cli.output import eastern
from infra.cli.output import error_console
from infra.cli.output import print_json
from infra.cli.output import table
from infra.pipeline.drain import Observer
from infra.pipeline.feed import FileRequest
from infra.pipeline.lag import Progress
from infra.pipeline.run import RunRequest
from infra.pipeline.run import RunResult
from infra.pipeline.run import run_files
from infra.pipeline.services import services
from infra.settings import load_settings

SHOWN_ALERTS = 8
STAGES = {"publish": "publish rows", "options": "derive", "persist": "store"}


def run(  # noqa: PLR0913, PLR0917 - one parameter an option
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Vendor files or folders.")],
    feed: Annotated[FeedFormat, typer.Option(help="Vendor format.")] = FeedFormat.AUTO,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", help="Keep log, tables and state here [default: a temporary folder]."
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=8, help="Processes of the options flow.")] = 1,
    date: Annotated[str | None, typer.Option(help="Trade date, for files that name none.")] = None,
    symbol: Annotated[
        str | None, typer.Option(help="Underlying, for files that name none.")
    ] = None,
    speed: Annotated[
        float, typer.Option(min=0, help="0 is flat out, 1 real time, 60 a minute a second.")
    ] = 0.0,
    batch: Annotated[int, typer.Option(min=1, max=100_000, help="Most records of a batch.")] = 1000,
    digest: Annotated[bool, typer.Option("--digest", help="Digest every topic (SHA-256).")] = False,
    as_json: JsonOption = False,
) -> None:
    """
    Turn vendor files of option prints into tape, packets, profiles and alerts.

    Running the same file on the same --data folder again adds nothing.

    [dim]Examples[/dim]

      islandflow run VST_tape.csv --data ./vst

      islandflow run etfs.csv stocks.csv --date 2026-02-20 --workers 2

      islandflow run trades.dbn.zst --digest --json
    """
    settings = load_settings()
    with _folder(data) as folder, services(settings.services, folder) as addresses:
        request = RunRequest(
            files=FileRequest(
                files=files, format=feed.value, date=date, symbol=symbol, speed=speed
            ),
            data_dir=folder,
            workers=workers,
            batch_records=batch,
            digest=digest,
        )
        with _bars(shown=not as_json) as observe:
            result = run_files(request, settings, addresses, observe)
    if as_json:
        print_json(result.as_json())
    else:
        _summary(result, data)


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        yield data
        return
    folder = Path(tempfile.mkdtemp(prefix="islandflow-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _bars(*, shown: bool) -> Iterator[Observer | None]:
    if not shown:
        yield None
        return
    columns = (
        TextColumn("{task.description:<13}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=error_console(), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def observe(stage: str, progress: Progress) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(STAGES[stage], total=max(progress.total, 1))
            bars.update(
                tasks[stage], completed=progress.done, total=max(progress.total, progress.done, 1)
            )

        yield observe


def _summary(result: RunResult, data: Path | None) -> None:
    out = console()
    _came_in(out, result)
    found = result.report
    tables = list(found.tables.items())
    rows = [
        (topic, f"{count:,}", f"{stored:,}")
        for (topic, count), (_, stored) in zip(found.topics.items(), tables, strict=True)
    ]
    out.print(table("What came out", ("topic", "records#", "stored rows#"), rows))
    total = sum(found.placements.values())
    sides = [f"{side} {count:,} ({count / total:.0%})" for side, count in found.placements.items()]
    out.print(f"\n[bold]Placement[/bold]  {', '.join(sides) or 'no prints'}")
    color = "red" if found.dead_letters else "green"
    out.print(f"[bold]Dead letters[/bold]  [{color}]{found.dead_letters:,}[/{color}]")
    out.print(
        f"[bold]Speed[/bold]  {result.prints_per_s:,.0f} prints/s, {result.elapsed_s:.1f} s from "
        "first row to last insert"
    )
    if result.drained.restarts:
        out.print(f"[yellow]A flow was brought back {result.drained.restarts} times.[/yellow]")
    _alerts(out, result)
    if found.digests:
        out.print(table("\nDigests", ("topic", "sha256"), found.digests.items()))
    if data is None:
        out.print("\n[dim]Nothing was kept; --data FOLDER keeps log and tables.[/dim]")
    elif found.alerts:
        first = found.alerts[0]["alert_id"]
        out.print(f"\n[dim]islandflow trace '{escape(first)}' --data {data}[/dim]")


def _came_in(out: Console, result: RunResult) -> None:
    rows = []
    for summary in result.summaries:
        span = ""
        if summary.first_ts is not None and summary.last_ts is not None:
            span = f"{eastern(summary.first_ts, date=True)} – {eastern(summary.last_ts)} ET"
        rows.append(
            (
                Path(summary.path).name,
                summary.format,
                f"{summary.rows:,}",
                f"{summary.accepted:,}",
                f"{summary.rejects:,}",
                f"{summary.duplicates:,}",
                span,
            )
        )
    columns = ("file", "format", "rows#", "accepted#", "bad#", "repeats#", "from – to")
    out.print(table("What came in", columns, rows))
    for summary in result.summaries:
        if summary.damaged:
            out.print(f"[red]{escape(summary.path)} is damaged:[/red] {escape(summary.damaged)}")
        for line in summary.first_rejects[:3]:
            out.print(f"[red]bad row[/red] {escape(line)}")
    if result.already_published:
        out.print(f"[dim]{result.already_published:,} were in the log already.[/dim]")
    out.print()


def _alerts(out: Console, result: RunResult) -> None:
    alerts = result.report.alerts
    out.print(f"\n[bold]{len(alerts):,} alerts[/bold]" + (", the strongest:" if alerts else ""))
    for alert in alerts[:SHOWN_ALERTS]:
        color = {"high": "red", "medium": "yellow"}.get(alert["severity"], "white")
        out.print(
            f"\n[{color}]{alert['score']:>3} {alert['severity']:<6}[/{color}] "
            f"[bold]{escape(alert['headline'])}[/bold]  [dim]{eastern(alert['first_ts'])} ET  "
            f"{dollars(alert['total_premium'])}  {alert['state']}[/dim]"
        )
        for line in alert["why"]:
            out.print(f"           {escape(line)}", style="dim")
