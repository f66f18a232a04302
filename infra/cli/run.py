"""`islandflow run`: vendor files in, alerts out."""

import shlex
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
from rich.table import Table

from infra.cli.options import FeedFormat
from infra.cli.options import JsonOption
from infra.cli.output import console
from infra.cli.output import counted
from infra.cli.output import eastern
from infra.cli.output import error_console
from infra.cli.output import print_json
from infra.cli.output import span
from infra.cli.output import table
from infra.pipeline.drain import Observer
from infra.pipeline.feed import FileRequest
from infra.pipeline.lag import Progress
from infra.pipeline.occupancy import sole_pipeline
from infra.pipeline.run import RunRequest
from infra.pipeline.run import RunResult
from infra.pipeline.run import run_files
from infra.pipeline.services import services
from infra.settings import load_settings

SHOWN_ALERTS = 5
LEGEND = "AA above ask, A ask, MID between, B bid, BB below bid"
STAGES = {
    "publish": "publish rows",
    "options": "derive",
    "premium": "add up premium",
    "persist": "store",
}


def run(  # noqa: PLR0913, PLR0917 - one parameter an option
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Vendor files or folders.")],
    feed: Annotated[FeedFormat, typer.Option(help="Vendor format.")] = FeedFormat.AUTO,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", help="Keep log, tables and state here; a temporary folder without it."
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
    wanted = FileRequest(files=files, format=feed.value, date=date, symbol=symbol, speed=speed)
    # A file that cannot be read is told before anything is started.
    wanted.open()
    with _folder(data) as folder, services(settings.services, folder) as addresses:
        request = RunRequest(
            files=wanted,
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
        with sole_pipeline(data):
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
        TextColumn("{task.description:<14}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
        TimeElapsedColumn(),
    )
    out = error_console()
    with Bars(*columns, console=out, transient=True, disable=not out.is_terminal) as bars:
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
    _came_out(out, result)
    _alerts(out, result)
    found = result.report
    if found.digests:
        out.print("\n[bold]Digests[/bold] (SHA-256)")
        for topic, digest in found.digests.items():
            out.print(f" {topic:<20}  {digest}", soft_wrap=True)
    if data is None:
        out.print("\n[dim]Nothing was kept; --data FOLDER keeps log and tables.[/dim]")
    elif found.alerts:
        command = shlex.join(
            ["islandflow", "trace", found.alerts[0]["alert_id"], "--data", f"{data}"]
        )
        out.print("\n[dim]What the first rests on:[/dim]")
        out.print(escape(command), soft_wrap=True)


def _came_in(out: Console, result: RunResult) -> None:
    rows = [
        (
            Path(summary.path).name,
            summary.format,
            f"{summary.rows:,}",
            f"{summary.accepted:,}",
            f"{summary.rejects:,}",
            f"{summary.duplicates:,}",
        )
        for summary in result.summaries
    ]
    columns = ("file", "format", "rows#", "records#", "bad#", "repeats#")
    out.print(table("What came in", columns, rows))
    firsts = [each.first_ts for each in result.summaries if each.first_ts is not None]
    lasts = [each.last_ts for each in result.summaries if each.last_ts is not None]
    if firsts and lasts:
        out.print(f" [dim]{span(min(firsts), max(lasts))}[/dim]")
    for summary in result.summaries:
        if summary.damaged:
            out.print(f"[red]{escape(summary.path)} is damaged:[/red] {escape(summary.damaged)}")
        for line in summary.first_rejects[:3]:
            out.print(f"[red]bad row[/red] {escape(line)}")
    if result.already_published:
        rows_were = "row was" if result.already_published == 1 else "rows were"
        out.print(f" [dim]{result.already_published:,} {rows_were} in the log already.[/dim]")
    out.print()


def _came_out(out: Console, result: RunResult) -> None:
    found = result.report
    rows = [
        (topic, f"{count:,}", f"{stored:,}")
        for (topic, count), stored in zip(found.topics.items(), found.tables.values(), strict=True)
    ]
    out.print(table("What came out", ("topic", "records#", "rows stored#"), rows))
    if any(count != stored for _, count, stored in rows):
        out.print(" [dim]A record that was revised is stored once, in its newest revision.[/dim]")
    total = sum(found.placements.values())
    sides = [f"{side} {count:,} ({count / total:.0%})" for side, count in found.placements.items()]
    color = "red" if found.dead_letters else "green"
    letters = f"[{color}]{found.dead_letters:,}[/{color}]"
    if found.dead_letters:
        letters += "; islandflow dlq ls shows them"
    speed = f"nothing new to derive ({result.elapsed_s:.1f} s)"
    if result.prints:
        speed = (
            f"{result.prints_per_s:,.0f} prints/s, {result.elapsed_s:.1f} s from first row to last "
            "insert"
        )
    grid = Table.grid(padding=(0, 2))
    grid.add_row("[bold]Placement[/bold]", ", ".join(sides) or "no prints")
    if sides:
        grid.add_row("", f"[dim]{LEGEND}[/dim]")
    grid.add_row("[bold]Dead letters[/bold]", letters)
    grid.add_row("[bold]Speed[/bold]", speed)
    out.print()
    out.print(grid)
    if result.drained.restarts:
        times = counted(result.drained.restarts, "time")
        out.print(f"[yellow]A flow died and was brought back {times}.[/yellow]")


def _alerts(out: Console, result: RunResult) -> None:
    alerts = result.report.alerts
    title = counted(len(alerts), "alert")
    out.print(
        f"\n[bold]{title[0].upper()}{title[1:]}[/bold]"
        + (", the strongest:" if len(alerts) > 1 else ":" if alerts else "")
    )
    for alert in alerts[:SHOWN_ALERTS]:
        color = {"high": "red", "medium": "yellow"}.get(alert["severity"], "white")
        state = "" if alert["state"] == "open" else f", {alert['state']}"
        grid = Table.grid(padding=(0, 2))
        grid.add_column(no_wrap=True)
        grid.add_column()
        grid.add_row(
            f"[{color}]{alert['score']:>3} {alert['severity']:<6}[/{color}]",
            f"[bold]{escape(alert['headline'])}[/bold]",
        )
        grid.add_row("", f"[dim]{eastern(alert['first_ts'], date=True)} ET{state}[/dim]")
        for line in alert["why"]:
            grid.add_row("", f"[dim]{escape(line)}[/dim]")
        out.print()
        out.print(grid)
