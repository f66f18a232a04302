"""What a format module is given, and what it gives back."""

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from connectors.feeds.base.identity import PositionCounter
from connectors.feeds.base.items import FeedItem
from connectors.feeds.base.items import Origin
from connectors.feeds.files.summary import FileSummary
from schemas.records import OptionsPrint


@dataclass(frozen=True, slots=True)
class FileContext:
    """
    One file about to be read.

    Parameters
    ----------
    path : Path
        The file.
    origin : Origin
        Feed name and session its items carry.
    summary : FileSummary
        Counted into while reading.
    date : int | None
        The date the caller named, days since 1970-01-01; rows of other dates are rejected.
    symbol : str | None
        The underlying the caller named.
    """

    path: Path
    origin: Origin
    summary: FileSummary
    date: int | None = None
    symbol: str | None = None


RowConverter: TypeAlias = Callable[[list[str], int], OptionsPrint | None]


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """
    How one vendor's CSV becomes prints.

    Parameters
    ----------
    name : str
        `tos`, `cboe`, …
    title : str
        What it is called in messages.
    columns : tuple[tuple[str, ...], ...]
        Columns that must be there, each with its accepted names.
    recognised_by : frozenset[str]
        Columns (lower case) of which any marks the format, unless all `columns` are there.
    converter : Callable
        Given the context and the position of each header name, returns the row converter. It
        raises `RejectedRow` or `RejectedContract` for a bad row and returns None for a row that
        is no trade (a footer).
    """

    name: str
    title: str
    columns: tuple[tuple[str, ...], ...]
    recognised_by: frozenset[str]
    converter: Callable[[FileContext, dict[str, int], PositionCounter], RowConverter]


RowSource: TypeAlias = Callable[[FileContext], Iterator[FeedItem]]
