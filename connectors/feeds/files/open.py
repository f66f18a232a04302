"""Opens vendors' files as feeds of sorted records."""

import hashlib
import heapq
from collections.abc import Iterator
from collections.abc import Sequence
from datetime import date as calendar_date
from pathlib import Path
from typing import Final
from typing import TypeAlias

import msgspec

from connectors.feeds.base.errors import MissingFact
from connectors.feeds.base.errors import UnreadableFile
from connectors.feeds.base.errors import WrongFormat
from connectors.feeds.base.identity import SESSION_HEX_DIGITS
from connectors.feeds.base.items import Accepted
from connectors.feeds.base.items import FeedItem
from connectors.feeds.base.items import Origin
from connectors.feeds.base.items import RawRecord
from connectors.feeds.base.items import item_order
from connectors.feeds.files.context import FileContext
from connectors.feeds.files.context import FileFacts
from connectors.feeds.files.dbn import DbnRows
from connectors.feeds.files.dbn import is_equities
from connectors.feeds.files.dbn_equities import DbnEquityRows
from connectors.feeds.files.json_calendar import CALENDAR
from connectors.feeds.files.json_calendar import JsonCalendarRows
from connectors.feeds.files.lean_ticks import LeanTickRows
from connectors.feeds.files.lean_zip import tick_member
from connectors.feeds.files.rows import CsvRows
from connectors.feeds.files.sniff import AUTO
from connectors.feeds.files.sniff import DBN
from connectors.feeds.files.sniff import LEAN
from connectors.feeds.files.sniff import csv_layout
from connectors.feeds.files.sniff import require_format
from connectors.feeds.files.sniff import sniff
from connectors.feeds.files.sniff import topics_of
from connectors.feeds.files.sort import MIN_RUN_ROWS
from connectors.feeds.files.sort import RUN_ROWS
from connectors.feeds.files.sort import sorted_items
from connectors.feeds.files.summary import FileSummary
from connectors.feeds.files.values import EPOCH

# Vendors whose sequence identifies a row: an equal row with an equal sequence is a repeat.
_SEQUENCED: Final = frozenset({"cboe", "theta"})

_Rows: TypeAlias = CsvRows | DbnRows | DbnEquityRows | JsonCalendarRows | LeanTickRows


def _days(date: str | None) -> int | None:
    if date is None:
        return None
    try:
        return (calendar_date.fromisoformat(date) - EPOCH).days
    except ValueError:
        msg = f"--date is {date!r}, expected YYYY-MM-DD"
        raise MissingFact(msg) from None


class FileFeed:
    """
    One vendor file as a feed.

    Parameters
    ----------
    path : Path
        The file; its format is recognised by magic bytes and header names.
    format : str
        `auto`, or what the caller says it is, one of `sniff.FORMATS`.
    date : str | None
        Day of the file, `YYYY-MM-DD`, for files that name none; prints of other dates are
        rejected.
    symbol : str | None
        Underlying or root, for files that name none.
    run_rows : int
        Records held in memory while sorting; beyond, sorted runs go to temporary files.

    Attributes
    ----------
    name : str
        `file-<format>`.
    run_rows : int
        As given; a merge of several files gives each its share.
    session : str
        First 12 hex digits of the file's SHA-256; of a file whose rows do not say what day or
        root they are of, over both of these too.
    origin : Origin
        Both, as items carry them.
    total_bytes : int
        Size of the file.
    summary : FileSummary
        Of the last (or running) reading.

    Raises
    ------
    UnreadableFile, WrongFormat, MissingFact
        At once, before anything is read; each has `exit_code` 2.

    Notes
    -----
    Source: feeds specification, 10. No clock is read: `ingest_ts` is the vendor's receive stamp or
    `source_ts`, so the same file always makes the same records.
    """

    def __init__(
        self,
        path: Path,
        *,
        format: str = AUTO,  # noqa: A002 - the option's name on the command line
        date: str | None = None,
        symbol: str | None = None,
        run_rows: int = RUN_ROWS,
    ) -> None:
        if format == AUTO:
            self.format = sniff(path)
        else:
            require_format(path, format)
            self.format = format
        self.path = path
        self.name = f"file-{self.format}"
        self._facts = FileFacts(path, _days(date), symbol)
        self.run_rows = run_rows
        with path.open("rb") as file:
            self.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        self.session = self._identity()[:SESSION_HEX_DIGITS]
        self.total_bytes = path.stat().st_size
        topics = topics_of(path, self.format)
        self.origin = Origin(self.name, self.session, path.name, topics)
        self.summary = self._new_summary()
        self._check()

    def _identity(self) -> str:
        told = ""
        if self.format == CALENDAR:
            told = "" if self._facts.date is None else str(self._facts.date)
        elif self.format == LEAN:
            told = tick_member(self._facts).told
        elif self.format != DBN:
            identity = csv_layout(self.path, self.format).identity
            told = "" if identity is None else identity(self._facts)
        if not told:
            return self.sha256
        return hashlib.sha256(f"{self.sha256} {told}".encode()).hexdigest()

    def _new_summary(self) -> FileSummary:
        return FileSummary(
            path=str(self.path),
            format=self.format,
            sha256=self.sha256,
            session=self.session,
            total_bytes=self.total_bytes,
        )

    def _context(self) -> FileContext:
        return FileContext(self._facts, self.origin, self.summary)

    def _rows(self) -> _Rows:
        context = self._context()
        if self.format == DBN:
            return DbnEquityRows(context) if is_equities(self.path) else DbnRows(context)
        if self.format == CALENDAR:
            return JsonCalendarRows(context)
        if self.format == LEAN:
            return LeanTickRows(context, self.run_rows)
        return CsvRows(context, csv_layout(self.path, self.format))

    def _check(self) -> None:
        """Refuse at once what the first row would refuse: wrong dataset, missing date."""
        self._rows().check()

    def records(self) -> Iterator[FeedItem]:
        """
        Read the file anew.

        Yields
        ------
        FeedItem
            Rejects first, then records by (`source_ts`, topic rank, sequence, line). LEAN ticks
            are handed on while they are read, all others once the whole file was read.

        Raises
        ------
        TooManyRejects
            More than 5 % of at least 1,000 rows are bad; before anything was yielded.
        """
        self.summary = self._new_summary()
        rows = self._rows()
        # Ticks come in the order of time, so none of them waits for the last.
        is_ordered = isinstance(rows, LeanTickRows)
        items = (
            iter(rows) if is_ordered else sorted_items(rows, self.origin, run_rows=self.run_rows)
        )
        if self.format in _SEQUENCED:
            items = self._without_repeats(items)
        for item in items:
            if isinstance(item, Accepted):
                self._count(item)
            yield item

    def _count(self, item: Accepted) -> None:
        summary, at = self.summary, item.record.source_ts
        summary.accepted += 1
        summary.accepted_by_topic[item.topic] += 1
        summary.first_ts = at if summary.first_ts is None else summary.first_ts
        summary.last_ts = at

    def _without_repeats(self, items: Iterator[FeedItem]) -> Iterator[FeedItem]:
        """Drop equal rows of one sequence; different rows of one sequence get an ordinal."""
        group: tuple[int, int] | None = None
        seen: dict[str, list[RawRecord]] = {}
        for item in items:
            if not isinstance(item, Accepted):
                yield item
                continue
            record = item.record
            # Repeats have equal stamps and sequences, so sorting made them neighbours.
            if (record.source_ts, record.seq) != group:
                group = (record.source_ts, record.seq)
                seen = {}
            same = seen.setdefault(record.trace_id, [])
            if record in same:
                self.summary.duplicates += 1
                continue
            same.append(record)
            if len(same) > 1:
                record = msgspec.structs.replace(
                    record, trace_id=f"{record.trace_id}.{len(same) - 1}"
                )
                yield Accepted(item.origin, item.topic, record, item.line)
            else:
                yield item


def open_feeds(
    paths: Sequence[Path],
    *,
    format: str = AUTO,  # noqa: A002 - the option's name on the command line
    date: str | None = None,
    symbol: str | None = None,
) -> list[FileFeed]:
    """
    Open files, and of each folder all its files of one format.

    Parameters
    ----------
    paths : sequence of Path
        Files or folders. With `auto` a folder is read as the format of its first readable file.
    format, date, symbol
        As `FileFeed`.

    Returns
    -------
    list[FileFeed]
        In the order given, folders by file name; a file given twice is opened once.

    Raises
    ------
    UnreadableFile, WrongFormat, MissingFact
        A file cannot be read, or a folder holds none that can.
    """
    feeds: dict[str, FileFeed] = {}
    for path in paths:
        found = (
            _folder(path, format, date, symbol)
            if path.is_dir()
            else [FileFeed(path, format=format, date=date, symbol=symbol)]
        )
        for feed in found:
            feeds.setdefault(feed.session, feed)
    for feed in feeds.values():
        # A merge reads all of them at once, so they share what one may hold in memory.
        feed.run_rows = max(MIN_RUN_ROWS, RUN_ROWS // len(feeds))
    return list(feeds.values())


def _folder(path: Path, wanted: str, date: str | None, symbol: str | None) -> list[FileFeed]:
    feeds: list[FileFeed] = []
    refused: WrongFormat | None = None
    for file in sorted(path.iterdir()):
        if not file.is_file() or file.name.startswith("."):
            continue
        try:
            found = sniff(file)
            if wanted not in {AUTO, found}:
                continue
            feeds.append(FileFeed(file, format=found, date=date, symbol=symbol))
        except UnreadableFile:
            continue
        except WrongFormat as error:
            # Definitions beside trades are no feed of their own.
            refused = refused or error
        else:
            wanted = found
    if feeds:
        return feeds
    if refused is not None:
        raise refused
    kind = "of a known format" if wanted == AUTO else f"of format {wanted}"
    msg = f"{path} holds no file {kind}"
    raise UnreadableFile(msg)


def merge_feeds(feeds: Sequence[FileFeed]) -> Iterator[FeedItem]:
    """
    Merge the items of several files by (`source_ts`, topic rank, place in the list).

    Parameters
    ----------
    feeds : sequence of FileFeed
        Opened files.
    """
    return heapq.merge(*(feed.records() for feed in feeds), key=item_order)
