"""Options several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Data folder of log, tables and state [default: $ISLANDFLOW_DATA_DIR or ./data].",
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
