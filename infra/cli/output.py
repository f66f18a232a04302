"""How the command line speaks: tables for people, one JSON object for machines."""

import json
import sys
from collections.abc import Iterable
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

DISPLAY_ZONE = ZoneInfo("America/New_York")


def console() -> Console:
    """Return the console for people; progress and errors go to standard error."""
    return Console(highlight=False)


def error_console() -> Console:
    """Return the console on standard error."""
    return Console(stderr=True, highlight=False)


def print_json(value: object) -> None:
    """Write one JSON object to standard output."""
    sys.stdout.write(json.dumps(value, default=str, ensure_ascii=False) + "\n")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Build a table; a column whose name ends with `#` is set flush right without the mark."""
    out = Table(title=title, title_justify="left", title_style="bold", header_style="dim", box=None)
    for column in columns:
        right = column.endswith("#")
        out.add_column(column.rstrip("#"), justify="right" if right else "left", overflow="fold")
    for row in rows:
        out.add_row(*(str(cell) for cell in row))
    return out


def eastern(source_ts: int, *, date: bool = False) -> str:
    """
    Write a time of the log in New York time.

    Examples
    --------
    >>> eastern(1748009305000000000)
    '10:08:25.000'
    """
    moment = datetime.fromtimestamp(source_ts // 10**9, DISPLAY_ZONE)
    text = f"{moment:%Y-%m-%d }" if date else ""
    return f"{text}{moment:%H:%M:%S}.{source_ts // 10**6 % 1000:03d}"


def dollars(value: float) -> str:
    """
    Write dollars the way a tape does.

    Examples
    --------
    >>> dollars(1234567.0), dollars(45300.0), dollars(812.0)
    ('$1.23M', '$45.3K', '$812')
    """
    if abs(value) >= 1e6:
        return f"${value / 1e6:,.2f}M"
    if abs(value) >= 1e4:
        return f"${value / 1e3:,.1f}K"
    return f"${value:,.0f}"
