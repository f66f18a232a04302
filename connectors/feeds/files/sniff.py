"""Tells what kind of file a path is, before anything is read from it in earnest."""

from pathlib import Path
from types import MappingProxyType
from typing import Final

from connectors.feeds.base.errors import UnreadableFile
from connectors.feeds.base.errors import WrongFormat
from connectors.feeds.base.items import OPTIONS_NBBO
from connectors.feeds.base.items import OPTIONS_PRINTS
from connectors.feeds.base.items import REFDATA_EVENTS
from connectors.feeds.base.items import REFDATA_OPEN_INTEREST
from connectors.feeds.files.alphavantage import ALPHAVANTAGE
from connectors.feeds.files.barchart import BARCHART
from connectors.feeds.files.cboe import CBOE
from connectors.feeds.files.context import CsvFormat
from connectors.feeds.files.dbn_stream import DBN_MAGIC
from connectors.feeds.files.dbn_stream import ZSTD_MAGIC
from connectors.feeds.files.json_calendar import CALENDAR
from connectors.feeds.files.json_calendar import TITLE as CALENDAR_TITLE
from connectors.feeds.files.json_calendar import is_json
from connectors.feeds.files.lean_universe import LEAN_UNIVERSE
from connectors.feeds.files.rows import read_header
from connectors.feeds.files.theta import THETA
from connectors.feeds.files.tos import TOS

AUTO: Final = "auto"
DBN: Final = "dbn"
CSV_FORMATS: Final = MappingProxyType(
    {f.name: f for f in (CBOE, THETA, TOS, BARCHART, ALPHAVANTAGE, LEAN_UNIVERSE)}
)
FORMATS: Final = (DBN, *CSV_FORMATS, CALENDAR)

_ZIP_MAGIC: Final = b"PK"
_GZIP_MAGIC: Final = b"\x1f\x8b"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_SHOWN: Final = 6
_STOCK_TRADES: Final = frozenset({"trade_timestamp", "quote_timestamp", "sequence"})


def _shown(names: list[str]) -> str:
    more = f" … and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _missing(csv_format: CsvFormat, present: frozenset[str]) -> list[str]:
    return [
        names[0]
        for names in csv_format.columns
        if not any(name.lower() in present for name in names)
    ]


def _magic(path: Path) -> bytes:
    if not path.exists():
        msg = f"{path} does not exist; expected a vendor's export file"
        raise UnreadableFile(msg)
    if not path.is_file():
        msg = f"{path} is no file; expected a vendor's export file"
        raise UnreadableFile(msg)
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise UnreadableFile(msg) from error
    if not magic:
        msg = f"{path} is empty; expected a vendor's export file"
        raise UnreadableFile(msg)
    return magic


def _refuse_packed(path: Path, magic: bytes) -> None:
    if magic.startswith(_GZIP_MAGIC):
        msg = f"{path} is compressed with gzip; unpack it first: gunzip -k {path.name}"
        raise WrongFormat(msg)
    if magic.startswith(_ZIP_MAGIC):
        msg = f"{path} is a zip archive; unpack it first (LEAN equity ticks are not read yet)"
        raise WrongFormat(msg)
    if magic.startswith(_UTF16):
        msg = f"{path} is UTF-16 text; save it as UTF-8"
        raise WrongFormat(msg)


def sniff(path: Path) -> str:
    """
    Return the format of a file, one of `FORMATS`.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    UnreadableFile
        It is missing, no file, empty, or neither text nor DBN.
    WrongFormat
        It can be read but is nothing a feed knows; the message names the nearest format.

    Notes
    -----
    Source: feeds specification, 7 and 10: magic bytes, then header names in any order.
    """
    magic = _magic(path)
    if magic.startswith((DBN_MAGIC, ZSTD_MAGIC)):
        return DBN
    _refuse_packed(path, magic)
    if is_json(path):
        return CALENDAR
    header = read_header(path)
    present = frozenset(name.lower() for name in header)
    for csv_format in CSV_FORMATS.values():
        if not _missing(csv_format, present):
            return csv_format.name
    raise _unknown(path, header, present)


def _unknown(path: Path, header: list[str], present: frozenset[str]) -> WrongFormat:
    if present >= _STOCK_TRADES and "strike" not in present:
        msg = (
            f"{path} is a ThetaData stock file (no column strike); option files are read now, "
            "equities are not yet"
        )
        return WrongFormat(msg)
    marked = [f for f in CSV_FORMATS.values() if f.recognised_by & present]
    nearest = min(marked or CSV_FORMATS.values(), key=lambda f: len(_missing(f, present)))
    missing = _missing(nearest, present)
    found = f"found columns {_shown(header)}"
    if marked:
        msg = f"{path} looks like a {nearest.title} file, {found}; missing: {_shown(missing)}"
    else:
        titles = ", ".join(f"{f.title} ({f.name})" for f in CSV_FORMATS.values())
        msg = (
            f"{path} is none of {titles}, {CALENDAR_TITLE} ({CALENDAR}) or Databento DBN (dbn); "
            f"{found}"
        )
    return WrongFormat(msg)


def topics_of(name: str) -> tuple[str, ...]:
    """Return the topics a file of a format may write to."""
    if name == DBN:
        return (REFDATA_OPEN_INTEREST, OPTIONS_NBBO, OPTIONS_PRINTS)
    return (REFDATA_EVENTS,) if name == CALENDAR else CSV_FORMATS[name].topics


def _title(name: str) -> str:
    return {DBN: "Databento DBN", CALENDAR: CALENDAR_TITLE}.get(name) or CSV_FORMATS[name].title


def require_format(path: Path, wanted: str) -> None:
    """
    Check that a file is what the caller says it is.

    Raises
    ------
    WrongFormat
        It is not; the message lists what is missing and what the file seems to be.
    UnreadableFile
        As `sniff`.
    """
    magic = _magic(path)
    is_dbn = magic.startswith((DBN_MAGIC, ZSTD_MAGIC))
    if wanted == DBN and is_dbn:
        return
    if wanted not in FORMATS:
        msg = f"format {wanted!r}, expected one of {', '.join((AUTO, *FORMATS))}"
        raise WrongFormat(msg)
    if wanted == DBN or is_dbn:
        raise _mismatch(path, _title(wanted), "other magic bytes", [])
    _refuse_packed(path, magic)
    if is_json(path) != (wanted == CALENDAR):
        found = "other text" if wanted == CALENDAR else "JSON"
        raise _mismatch(path, _title(wanted), found, [])
    if wanted == CALENDAR:
        return
    header = read_header(path)
    missing = _missing(CSV_FORMATS[wanted], frozenset(name.lower() for name in header))
    if missing:
        raise _mismatch(path, _title(wanted), f"columns {_shown(header)}", missing)


def _mismatch(path: Path, title: str, found: str, missing: list[str]) -> WrongFormat:
    try:
        hint = f"; did you mean --format {sniff(path)}?"
    except (WrongFormat, UnreadableFile):
        hint = ""
    lacking = f"; missing: {_shown(missing)}" if missing else ""
    msg = f"{path}: expected a {title} file, found {found}{lacking}{hint}"
    return WrongFormat(msg)
