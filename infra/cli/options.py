"""Options several commands share."""

from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from infra.embedded.stack import StackAddresses
from infra.pipeline.services import services
from infra.settings import ServiceSettings

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Data folder of log, tables and state; $ISLANDFLOW_DATA_DIR or ./data without it.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON value for machines.")]


class FeedFormat(StrEnum):
    """Vendor file formats."""

    AUTO = "auto"
    DBN = "dbn"
    CBOE = "cboe"
    THETA = "theta"
    TOS = "tos"
    BARCHART = "barchart"
    TRF = "trf"
    LEAN = "lean"
    ALPHAVANTAGE = "alphavantage"
    LEAN_UNIVERSE = "lean-universe"
    CALENDAR = "calendar"


def stored_services(
    settings: ServiceSettings, data: Path | None
) -> AbstractContextManager[StackAddresses]:
    """Return the services of a command that looks at what is there; see `services`."""
    return services(settings, data or settings.islandflow_data_dir, must_exist=True)
