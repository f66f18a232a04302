"""`islandflow sql`: ask the tables."""

import json
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.cli.options import DataOption
from infra.cli.options import JsonOption
from infra.cli.options import RunOption
from infra.cli.options import stored_services
from infra.cli.options import tables_of
from infra.cli.output import console
from infra.cli.output import counted
from infra.cli.output import print_json
from infra.cli.output import table
from infra.evidence import Row
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
    run: RunOption = "",
    shape: Annotated[Shape, typer.Option("--format", help="How to print rows.")] = Shape.TABLE,
    as_json: JsonOption = False,
) -> None:
    """
    Run a read-only query over everything stored; read derived tables with FINAL.

    [dim]Examples[/dim]

      islandflow sql "SELECT nbbo_side, count() FROM options_tape FINAL GROUP BY 1" --data ./vst

      islandflow sql "SELECT headline, score FROM flow_alerts FINAL ORDER BY score DESC LIMIT 10"

      islandflow sql "SELECT * FROM candles WHERE underlying_id = 'BAC' LIMIT 5" --data ./bac

      islandflow sql "SHOW TABLES"
    """
    settings = tables_of(load_settings().services, run)
    is_csv = shape is Shape.CSV and not as_json
    with stored_services(settings, data) as addresses, open_tables(settings, addresses) as tables:
        if is_csv:
            sys.stdout.write(tables.text(statement, "CSVWithNames"))
            return
        rows = tables.rows(statement)
    if as_json or shape is Shape.JSON:
        print_json(rows)
        return
    show_rows(console(), rows)


def show_rows(out: Console, rows: Sequence[Row]) -> None:
    """Print rows as a table, or a column a line where their names do not fit beside each other."""
    columns = list(rows[0]) if rows else []
    shown = [[_cell(cell) for cell in row.values()] for row in rows]
    if sum(len(name) + 2 for name in columns) <= out.width:
        out.print(table(counted(len(rows), "row"), columns, shown))
        return
    out.print(f"[bold]{counted(len(rows), 'row')}[/bold]")
    for cells in shown:
        out.print()
        out.print(_record(columns, cells))


def _record(columns: Sequence[str], cells: Sequence[str]) -> Table:
    """Return a row too wide for a line as one line per column."""
    grid = Table.grid(padding=(0, 2))
    for column, cell in zip(columns, cells, strict=True):
        grid.add_row(Text(f" {column}", "dim"), Text(cell))
    return grid


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "\n".join(value)
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, default=str, ensure_ascii=False)
    return str(value)
