"""Options several commands share."""

from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from infra.embedded.stack import StackAddresses
from infra.pipeline.services import services
from infra.replay.names import check_run
from infra.replay.names import database_of
from infra.settings import ServiceSettings

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Data folder of log, tables and state; $ISLANDFLOW_DATA_DIR or ./data without it.",
    ),
]
RunOption = Annotated[
    str,
    typer.Option("--run", metavar="RUN", help="Look at a replay run instead of the live tables."),
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


def tables_of(settings: ServiceSettings, run: str) -> ServiceSettings:
    """Return settings whose tables are those of a replay run; the same for the empty name."""
    if not run:
        return settings
    database = database_of(settings.clickhouse_database, check_run(run))
    return settings.model_copy(update={"clickhouse_database": database})


def stored_services(
    settings: ServiceSettings, data: Path | None
) -> AbstractContextManager[StackAddresses]:
    """Return the services of a command that looks at what is there; see `services`."""
    return services(settings, data or settings.islandflow_data_dir, must_exist=True)
