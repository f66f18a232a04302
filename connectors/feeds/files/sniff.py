"""Tells what kind of file a path is, before anything is read from it in earnest."""

from pathlib import Path
from types import MappingProxyType
from typing import Final

from connectors.feeds.base.errors import UnreadableFile
from connectors.feeds.base.errors import WrongFormat
from connectors.feeds.base.items import EQUITY_PRINTS
from connectors.feeds.base.items import EQUITY_QUOTES
from connectors.feeds.base.items import REFDATA_EVENTS
from connectors.feeds.files.alphavantage import ALPHAVANTAGE
from connectors.feeds.files.barchart import BARCHART
from connectors.feeds.files.cboe import CBOE
from connectors.feeds.files.context import CsvFormat
from connectors.feeds.files.dbn import dbn_topics
from connectors.feeds.files.dbn_stream import DBN_MAGIC
from connectors.feeds.files.dbn_stream import ZSTD_MAGIC
from connectors.feeds.files.json_calendar import CALENDAR
from connectors.feeds.files.json_calendar import TITLE as CALENDAR_TITLE
from connectors.feeds.files.json_calendar import is_json
from connectors.feeds.files.lean_universe import LEAN_UNIVERSE
from connectors.feeds.files.lean_zip import ZIP_MAGIC
from connectors.feeds.files.lean_zip import require_tick_zip
from connectors.feeds.files.rows import read_header
from connectors.feeds.files.theta import THETA
from connectors.feeds.files.theta_stocks import THETA_STOCKS
from connectors.feeds.files.tos import TOS
from connectors.feeds.files.trf import TRF

AUTO: Final = "auto"
DBN: Final = "dbn"
LEAN: Final = "lean"
CSV_LAYOUTS: Final = (
    CBOE,
    THETA,
    THETA_STOCKS,
    TOS,
    BARCHART,
    TRF,
    ALPHAVANTAGE,
    LEAN_UNIVERSE,
)
CSV_FORMATS: Final = tuple(dict.fromkeys(layout.feed for layout in CSV_LAYOUTS))
FORMATS: Final = (DBN, *CSV_FORMATS, LEAN, CALENDAR)

_GZIP_MAGIC: Final = b"\x1f\x8b"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_SHOWN: Final = 6
_TITLES: Final = MappingProxyType(
    {DBN: "Databento DBN", LEAN: "LEAN tick archive", CALENDAR: CALENDAR_TITLE}
)


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
    if magic.startswith(ZIP_MAGIC):
        require_tick_zip(path)
        return LEAN
    _refuse_packed(path, magic)
    if is_json(path):
        return CALENDAR
    header = read_header(path)
    present = _present(header)
    for layout in CSV_LAYOUTS:
        if _fits(layout, present):
            return layout.feed
    raise _unknown(path, header, present)


def _present(header: list[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in header)


def _fits(layout: CsvFormat, present: frozenset[str]) -> bool:
    return not layout.foreign & present and not _missing(layout, present)


def csv_layout(path: Path, name: str) -> CsvFormat:
    """
    Return the layout of a CSV file of a known format.

    Parameters
    ----------
    path : Path
        A file that `sniff` or `require_format` found to be of that format.
    name : str
        One of `CSV_FORMATS`.
    """
    present = _present(read_header(path))
    layouts = [layout for layout in CSV_LAYOUTS if layout.feed == name]
    return next((layout for layout in layouts if _fits(layout, present)), layouts[0])


def _unknown(path: Path, header: list[str], present: frozenset[str]) -> WrongFormat:
    layouts = [layout for layout in CSV_LAYOUTS if not layout.foreign & present]
    marked = [layout for layout in layouts if layout.recognised_by & present]
    nearest = min(marked or layouts, key=lambda layout: len(_missing(layout, present)))
    missing = _missing(nearest, present)
    found = f"found columns {_shown(header)}"
    if marked:
        msg = f"{path} looks like a {nearest.title} file, {found}; missing: {_shown(missing)}"
    else:
        titles = ", ".join(f"{layout.title} ({layout.feed})" for layout in CSV_LAYOUTS)
        others = ", ".join(f"{title} ({name})" for name, title in _TITLES.items())
        msg = f"{path} is none of {titles}, {others}; {found}"
    return WrongFormat(msg)


def topics_of(path: Path, name: str) -> tuple[str, ...]:
    """
    Return the topics a file of a format may write to.

    Raises
    ------
    UnreadableFile
        A DBN file without a whole head.
    """
    if name == DBN:
        return dbn_topics(path)
    if name == LEAN:
        return (EQUITY_PRINTS, EQUITY_QUOTES)
    return (REFDATA_EVENTS,) if name == CALENDAR else csv_layout(path, name).topics


def _title(name: str) -> str:
    titles = [layout.title for layout in CSV_LAYOUTS if layout.feed == name]
    return _TITLES.get(name) or " or ".join(titles)


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
    if wanted not in FORMATS:
        msg = f"format {wanted!r}, expected one of {', '.join((AUTO, *FORMATS))}"
        raise WrongFormat(msg)
    magic = _magic(path)
    is_zip = magic.startswith(ZIP_MAGIC)
    if wanted == LEAN and is_zip:
        require_tick_zip(path)
        return
    is_dbn = magic.startswith((DBN_MAGIC, ZSTD_MAGIC))
    if wanted == DBN and is_dbn:
        return
    if wanted in {DBN, LEAN} or is_dbn or is_zip:
        raise _mismatch(path, _title(wanted), "other magic bytes", [])
    _refuse_packed(path, magic)
    if is_json(path) != (wanted == CALENDAR):
        found = "other text" if wanted == CALENDAR else "JSON"
        raise _mismatch(path, _title(wanted), found, [])
    if wanted == CALENDAR:
        return
    header = read_header(path)
    layout = csv_layout(path, wanted)
    if not _fits(layout, _present(header)):
        missing = _missing(layout, _present(header))
        raise _mismatch(path, _title(wanted), f"columns {_shown(header)}", missing)


def _mismatch(path: Path, title: str, found: str, missing: list[str]) -> WrongFormat:
    try:
        hint = f"; did you mean --format {sniff(path)}?"
    except (WrongFormat, UnreadableFile):
        hint = ""
    lacking = f"; missing: {_shown(missing)}" if missing else ""
    msg = f"{path}: expected a {title} file, found {found}{lacking}{hint}"
    return WrongFormat(msg)
