"""How the command line speaks: tables for people, one JSON object for machines."""

import json
import sys
from collections.abc import Iterable
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.console import Group
from rich.table import Table
from rich.text import Text

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


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Group:
    """
    Build a table under a title; without rows only the title is left.

    A column whose name ends with `#` is set flush right without the mark.
    """
    out = Table(header_style="dim", box=None)
    for column in columns:
        right = column.endswith("#")
        out.add_column(column.rstrip("#"), justify="right" if right else "left", overflow="fold")
    for row in rows:
        out.add_row(*(str(cell) for cell in row))
    heading = [Text(title, style="bold")] if title else []
    return Group(*heading, *([out] if out.row_count else []))


def counted(count: int, noun: str) -> str:
    """
    Write how many there are, in the right number.

    Examples
    --------
    >>> counted(1, "print"), counted(0, "alert"), counted(1234, "row")
    ('1 print', 'no alerts', '1,234 rows')
    """
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun}s" if count else f"no {noun}s"


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


def span(first_ts: int, last_ts: int) -> str:
    """
    Write from when to when in New York time.

    Examples
    --------
    >>> span(1748007001000000000, 1748030397000000000)
    '2025-05-23 09:30:01.000 – 15:59:57.000 ET'
    """
    first, last = eastern(first_ts, date=True), eastern(last_ts, date=True)
    is_same_day = first[:10] == last[:10]
    return f"{first} – {last[11:] if is_same_day else last} ET"


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
