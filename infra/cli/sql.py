"""`islandflow sql`: ask the tables."""

import csv
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.options import DataOption
from infra.cli.options import JsonOption
from infra.cli.output import console
from infra.cli.output import print_json
from infra.cli.output import table
from infra.pipeline.services import services
from infra.settings import load_settings
from infra.tables import open_tables


class Shape(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def sql(
    statement: Annotated[str, typer.Argument(metavar="SELECT", help="One read-only statement.")],
    data: DataOption = None,
    shape: Annotated[Shape, typer.Option("--format", help="How to print rows.")] = Shape.TABLE,
    as_json: JsonOption = False,
) -> None:
    """
    Run a read-only query over everything stored; read derived tables with FINAL.

    [dim]Examples[/dim]

      islandflow sql "SELECT nbbo_side, count() FROM options_tape FINAL GROUP BY 1" --data ./vst

      islandflow sql "SELECT headline, score FROM flow_alerts FINAL ORDER BY score DESC LIMIT 10"
    """
    settings = load_settings().services
    folder: Path = data or settings.islandflow_data_dir
    with services(settings, folder) as addresses, open_tables(settings, addresses) as tables:
        rows = tables.rows(statement)
    columns = list(rows[0]) if rows else []
    if as_json or shape is Shape.JSON:
        print_json(rows)
    elif shape is Shape.CSV:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(row.values() for row in rows)
    else:
        shown = [["" if cell is None else cell for cell in row.values()] for row in rows]
        console().print(table(f"{len(rows):,} rows", columns, shown))
