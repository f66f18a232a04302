"""`islandflow run`: vendor files in, alerts out."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.options import FeedFormat
from infra.cli.options import JsonOption
from infra.cli.output import print_json
from infra.cli.progress import progress_bars
from infra.cli.run_summary import summary
from infra.pipeline.feed import FileRequest
from infra.pipeline.occupancy import sole_pipeline
from infra.pipeline.run import RunRequest
from infra.pipeline.run import run_files
from infra.pipeline.services import services
from infra.settings import load_settings


def run(  # noqa: PLR0913, PLR0917 - one parameter an option
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Vendor files or folders.")],
    feed: Annotated[FeedFormat, typer.Option(help="Vendor format.")] = FeedFormat.AUTO,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", help="Keep log, tables and state here; a temporary folder without it."
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, max=8, help="Processes of each deriving flow.")
    ] = 1,
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
    Turn vendor files into everything derived from them, and sum it up.

    Option prints become tape, packets, profiles and alerts. Prints and
    quotes of equities become joins, inferences, bars, volume by price,
    order flow, states, signals and alerts.

    Running the same file on the same --data folder again adds nothing.

    [dim]Examples[/dim]

      islandflow run VST_tape.csv --data ./vst

      islandflow run etfs.csv stocks.csv --date 2026-02-20 --workers 2

      islandflow run bac_trade.zip bac_quote.zip --data ./bac

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
        with progress_bars(shown=not as_json) as observe:
            result = run_files(request, settings, addresses, observe)
    if as_json:
        print_json(result.as_json())
    else:
        summary(result, data)


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
