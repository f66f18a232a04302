"""`islandflow feed`: one feed, in a process of its own."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.options import DataOption
from infra.cli.output import console
from infra.pipeline.feed import FeedReport
from infra.pipeline.feed import run_file_feed
from infra.pipeline.feed import run_synthetic_feed
from infra.pipeline.services import services
from infra.settings import load_settings

app = typer.Typer(help="Publish one feed until it ends or is stopped.", no_args_is_help=True)


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _told(report: FeedReport) -> None:
    console().print(
        f"{report.name}: {report.published:,} published, {report.dead_lettered:,} dead letters, "
        f"{report.resumed:,} in the log already"
    )


@app.command()
def synthetic(data: DataOption = None) -> None:
    """
    Publish the synthetic options market in real time.

    SYNTHETIC_MARKET_MODE chooses realistic, active or firehose; SYNTHETIC_SEED the market.

    [dim]Example[/dim]

      SYNTHETIC_MARKET_MODE=active islandflow feed synthetic
    """
    settings = load_settings()
    folder = data or settings.services.islandflow_data_dir
    with services(settings.services, folder) as addresses:
        _told(run_synthetic_feed(settings, addresses, folder, _stop_on_signals()))


@app.command()
def file(
    path: Annotated[Path, typer.Option("--path", help="File or folder.")],
    form: Annotated[str, typer.Option("--format", help="Vendor format, or auto.")] = "auto",
    date: Annotated[str | None, typer.Option(help="Trade date, for files that name none.")] = None,
    symbol: Annotated[
        str | None, typer.Option(help="Underlying, for files that name none.")
    ] = None,
    speed: Annotated[float, typer.Option(min=0, help="0 flat out, 1 real time.")] = 0.0,
    data: DataOption = None,
) -> None:
    """
    Publish a vendor file; a file is published once per data folder.

    [dim]Example[/dim]

      islandflow feed file --path VST_tape.csv --speed 60
    """
    settings = load_settings()
    folder = data or settings.services.islandflow_data_dir
    with services(settings.services, folder) as addresses:
        facts = settings.feed.model_copy(
            update={
                "file_feed_path": str(path),
                "file_feed_format": form,
                "file_feed_date": date or "",
                "file_feed_symbol": symbol or "",
                "file_feed_speed": speed,
            }
        )
        _told(run_file_feed(settings, facts, addresses, folder, _stop_on_signals()))
