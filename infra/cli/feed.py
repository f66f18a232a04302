"""`islandflow feed`: one feed, in a process of its own."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from connectors.feeds.base.publisher import PublishSummary
from infra.cli.options import DataOption
from infra.cli.options import FeedFormat
from infra.cli.output import console
from infra.pipeline.feed import FileRequest
from infra.pipeline.feed import Publishing
from infra.pipeline.feed import publish_files
from infra.pipeline.feed import publish_synthetic
from infra.pipeline.prepare import prepare
from infra.pipeline.services import services
from infra.reference_data import load_definitions
from infra.settings import load_settings

app = typer.Typer(help="Publish one feed until it ends or is stopped.", no_args_is_help=True)


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _told(name: str, summary: PublishSummary) -> None:
    console().print(
        f"{name}: {summary.published:,} published, {summary.dead_lettered:,} dead letters, "
        f"{summary.resumed:,} in the log already"
    )


@app.command()
def synthetic(data: DataOption = None) -> None:
    """
    Publish the synthetic market, options and equities, in real time.

    SYNTHETIC_MARKET_MODE chooses realistic, active or firehose; SYNTHETIC_SEED the market.

    [dim]Example[/dim]

      SYNTHETIC_MARKET_MODE=active islandflow feed synthetic
    """
    with _publishing(data) as publishing:
        _told("synthetic", publish_synthetic(publishing))


@app.command()
def file(
    path: Annotated[Path, typer.Option("--path", help="File or folder.")],
    form: Annotated[FeedFormat, typer.Option("--format", help="Vendor format.")] = FeedFormat.AUTO,
    date: Annotated[
        str | None, typer.Option(help="Day of a file that names none, YYYY-MM-DD.")
    ] = None,
    symbol: Annotated[
        str | None, typer.Option(help="Underlying or root of a file that names none.")
    ] = None,
    speed: Annotated[float, typer.Option(min=0, help="0 flat out, 1 real time.")] = 0.0,
    data: DataOption = None,
) -> None:
    """
    Publish vendor files: prints and quotes of options and equities, open
    interest, events. A file is published once per data folder.

    [dim]Examples[/dim]

      islandflow feed file --path VST_tape.csv --speed 60

      islandflow feed file --path equity/usa/tick/bac --speed 60

      islandflow feed file --path earnings_calendar.csv --date 2026-04-21

      islandflow feed file --path option/usa/universes/aapl
    """
    request = FileRequest(files=[path], format=form.value, date=date, symbol=symbol)
    feeds = request.open()
    with _publishing(data) as publishing:
        _told("file", publish_files(feeds, speed, publishing))


@contextmanager
def _publishing(data: Path | None) -> Iterator[Publishing]:
    settings = load_settings()
    folder = data or settings.services.islandflow_data_dir
    stop = _stop_on_signals()
    with services(settings.services, folder) as addresses:
        wire = prepare(settings.services, addresses)
        definitions = load_definitions(settings.flow.refdata_contracts_path)
        yield Publishing(addresses, wire, folder, settings.feed, stop, definitions)
