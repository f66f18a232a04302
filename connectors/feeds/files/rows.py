"""Reads a CSV file line by line, keeping line numbers and raw bytes for the dead letters."""

import csv
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO
from typing import Final
from typing import cast

from connectors.feeds.base.errors import RejectedRow
from connectors.feeds.base.errors import RejectReason
from connectors.feeds.base.errors import UnreadableFile
from connectors.feeds.base.items import EQUITY_PRINTS
from connectors.feeds.base.items import EQUITY_QUOTES
from connectors.feeds.base.items import OPTIONS_PRINTS
from connectors.feeds.base.items import REFDATA_EVENTS
from connectors.feeds.base.items import REFDATA_OPEN_INTEREST
from connectors.feeds.base.items import Accepted
from connectors.feeds.base.items import FeedItem
from connectors.feeds.base.items import RawRecord
from connectors.feeds.base.items import Reject
from connectors.feeds.files.context import CsvFormat
from connectors.feeds.files.context import FileContext
from connectors.feeds.files.context import RowConverter
from connectors.feeds.files.values import day_bounds_ns
from flows.options.contracts import RejectedContract
from schemas.records import EquityPrint
from schemas.records import EquityQuote
from schemas.records import MarketEvent
from schemas.records import OpenInterest
from schemas.records import OptionsPrint

MAX_LINE_BYTES: Final = 65536
UTF8_BOM: Final = b"\xef\xbb\xbf"

_TOPICS: Final[dict[type, str]] = {
    EquityPrint: EQUITY_PRINTS,
    EquityQuote: EQUITY_QUOTES,
    MarketEvent: REFDATA_EVENTS,
    OpenInterest: REFDATA_OPEN_INTEREST,
    OptionsPrint: OPTIONS_PRINTS,
}


def split_line(line: str) -> list[str]:
    """Split one CSV line into trimmed cells."""
    return [cell.strip() for cell in next(csv.reader([line], skipinitialspace=True), [])]


class _Lines:
    """Feed a CSV reader, remembering where it is; lines it could choke on are set aside."""

    def __init__(self, file: BinaryIO, on_bad: Callable[[bytes, int, str], None]) -> None:
        self._file = file
        self._on_bad = on_bad
        self.raw = b""
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        for raw in iter(partial(self._file.readline, MAX_LINE_BYTES), b""):
            self.number += 1
            if not raw.strip():
                continue
            if b'"' in raw and raw.count(b'"') % 2:
                self._on_bad(raw, self.number, "a quotation mark is not closed")
                continue
            try:
                text = raw.decode()
            except UnicodeDecodeError as error:
                self._on_bad(raw, self.number, f"byte {error.start} is no UTF-8")
                continue
            self.raw = raw
            yield text


class CsvRows:
    """
    Turn the rows of one CSV file into items, in file order.

    Parameters
    ----------
    context : FileContext
        The file.
    csv_format : CsvFormat
        How its rows are read.

    Notes
    -----
    Source: feeds specification, 7 and 10. A bad row becomes a `Reject` with its line number and
    bytes, and the feed goes on.
    """

    def __init__(self, context: FileContext, csv_format: CsvFormat) -> None:
        self._context = context
        self._format = csv_format
        self._bad: list[Reject] = []

    def _reject(self, raw: bytes, line: int, reason: RejectReason, message: str) -> Reject:
        topic = self._format.topics[0]
        return self._context.reject(topic, reason, message, raw.rstrip(b"\r\n"), line)

    def _on_bad_line(self, raw: bytes, line: int, message: str) -> None:
        self._context.summary.rows += 1
        self._bad.append(self._reject(raw, line, RejectReason.NOT_DECODABLE, message))

    def check(self) -> None:
        """Refuse a file that leaves its date or symbol open: raises `MissingFact`."""
        self._format.converter(self._context, positions(read_header(self._context.path)))

    def __iter__(self) -> Iterator[FeedItem]:
        with self._context.path.open("rb") as file:
            if file.read(len(UTF8_BOM)) != UTF8_BOM:
                file.seek(0)
            header = split_line(file.readline(MAX_LINE_BYTES).decode())
            convert = self._format.converter(self._context, positions(header))
            lines = _Lines(file, self._on_bad_line)
            lines.number = 1
            yield from self._items(lines, convert, len(header))
        yield from self._bad

    def _items(self, lines: _Lines, convert: RowConverter, columns: int) -> Iterator[FeedItem]:
        context, summary, origin = self._context, self._context.summary, self._context.origin
        bounds = None if context.date is None else day_bounds_ns(context.date)
        reader = csv.reader(iter(lines), skipinitialspace=True)
        while True:
            try:
                row = next(reader, None)
            except csv.Error as error:
                self._on_bad_line(lines.raw, lines.number, str(error))
                continue
            if row is None:
                break
            summary.rows += 1
            try:
                records = convert(row, lines.number)
                if bounds is not None:
                    _check_dates(records, bounds)
            except RejectedRow as bad:
                yield self._reject(lines.raw, lines.number, bad.reason, bad.message)
            except RejectedContract as bad:
                message = str(bad).removeprefix("bad_symbol ")
                yield self._reject(lines.raw, lines.number, RejectReason.BAD_SYMBOL, message)
            except IndexError:
                message = f"{len(row)} cells, expected {columns}"
                yield self._reject(lines.raw, lines.number, RejectReason.MISSING_FIELD, message)
            else:
                if not records:
                    summary.rows -= 1
                    summary.ignored += 1
                for record in records:
                    yield Accepted(origin, _TOPICS[type(record)], record, lines.number)


def picker(
    at: dict[str, int], columns: Sequence[tuple[str, ...]]
) -> Callable[[list[str]], tuple[str, ...]]:
    """
    Return a function that takes several cells out of a row.

    Parameters
    ----------
    at : dict[str, int]
        Position of each header name, in lower case.
    columns : sequence of tuple[str, ...]
        Two or more columns, each with its accepted names.
    """
    places = [next(at[n.lower()] for n in names if n.lower() in at) for names in columns]
    return cast(Callable[[list[str]], tuple[str, ...]], itemgetter(*places))


def positions(header: list[str]) -> dict[str, int]:
    """Return where each column stands, by its name in lower case."""
    return {name.lower(): position for position, name in enumerate(header)}


def _check_dates(records: tuple[RawRecord, ...], bounds: tuple[int, int]) -> None:
    for record in records:
        if not bounds[0] <= record.source_ts < bounds[1]:
            msg = "the row is not of the date named with --date"
            raise RejectedRow(RejectReason.BAD_TIMESTAMP, msg)


def read_header(path: Path) -> list[str]:
    """
    Return the header cells of a CSV file.

    Raises
    ------
    UnreadableFile
        The first line is no UTF-8 text.
    """
    with path.open("rb") as file:
        raw = file.readline(MAX_LINE_BYTES).removeprefix(UTF8_BOM)
    try:
        return split_line(raw.decode())
    except (UnicodeDecodeError, csv.Error):
        msg = f"{path} is neither UTF-8 text nor a DBN file; expected a vendor's export"
        raise UnreadableFile(msg) from None
