"""What a format module is given, and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from connectors.feeds.base.items import OPTIONS_PRINTS
from connectors.feeds.base.items import Origin
from connectors.feeds.base.items import RawRecord
from connectors.feeds.base.items import Reject
from connectors.feeds.files.summary import FileSummary


@dataclass(frozen=True, slots=True)
class FileFacts:
    """
    A file, and what the caller says about it.

    Parameters
    ----------
    path : Path
        The file.
    date : int | None
        The date the caller named, days since 1970-01-01.
    symbol : str | None
        The underlying or root the caller named.
    """

    path: Path
    date: int | None = None
    symbol: str | None = None


@dataclass(frozen=True, slots=True)
class FileContext:
    """
    One file about to be read.

    Parameters
    ----------
    facts : FileFacts
        The file and what the caller says about it; prints of another date than it names are
        rejected.
    origin : Origin
        Feed name and session its items carry.
    summary : FileSummary
        Counted into while reading.
    """

    facts: FileFacts
    origin: Origin
    summary: FileSummary

    @property
    def path(self) -> Path:
        """The file."""
        return self.facts.path

    @property
    def date(self) -> int | None:
        """The date the caller named, days since 1970-01-01."""
        return self.facts.date

    @property
    def symbol(self) -> str | None:
        """The underlying or root the caller named."""
        return self.facts.symbol

    def reject(self, topic: str, reason: str, message: str, raw: bytes, line: int) -> Reject:
        """
        Return the dead letter of a row, counted.

        Raises
        ------
        TooManyRejects
            It is one too many.
        """
        reject = Reject(self.origin, topic, reason, message, raw, line)
        self.summary.count_reject(reject)
        return reject


RowConverter: TypeAlias = Callable[[list[str], int], tuple[RawRecord, ...]]


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """
    How one vendor's CSV becomes records.

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
        raises `RejectedRow` or `RejectedContract` for a bad row and returns nothing for a row
        that holds no record (a footer). It raises `MissingFact` when the file leaves something
        open that the caller did not say.
    topics : tuple[str, ...]
        What it may write; bad rows go to the dead letters of the first.
    identity : Callable | None
        For files whose rows do not say what day or root they are of: returns both as text. They
        belong to the session's identity then, since equal files of two days are two facts.
    family : str
        The name a vendor's several layouts share, `theta`; empty where there is one, which has
        its own.
    foreign : frozenset[str]
        Columns (lower case) that only another layout of the vendor has.
    """

    name: str
    title: str
    columns: tuple[tuple[str, ...], ...]
    recognised_by: frozenset[str]
    converter: Callable[[FileContext, dict[str, int]], RowConverter]
    topics: tuple[str, ...] = (OPTIONS_PRINTS,)
    identity: Callable[[FileFacts], str] | None = None
    family: str = ""
    foreign: frozenset[str] = frozenset()

    @property
    def feed(self) -> str:
        """The name the caller and the records know it by."""
        return self.family or self.name
