"""Tick archives of LEAN: what their names say, and their lines in the order of time."""

import heapq
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from typing import Final
from typing import TypeAlias

from connectors.feeds.base.errors import MissingFact
from connectors.feeds.base.errors import WrongFormat
from connectors.feeds.files.context import FileFacts
from connectors.feeds.files.equity_records import equity_underlying
from connectors.feeds.files.names import date_in_name
from connectors.feeds.files.names import day_of_file
from connectors.feeds.files.rows import MAX_LINE_BYTES

ZIP_MAGIC: Final = b"PK"
TRADES: Final = "trade"
QUOTES: Final = "quote"

_MEMBER: Final = re.compile(
    r"(?:(?P<day>\d{8})_)?(?:(?P<symbol>[^_]+)_)?(?P<kind>trade|quote)_tick\.csv", re.IGNORECASE
)
_TICK_FOLDER: Final = "tick"
_CHUNK_BYTES: Final = 1 << 18
_ENCRYPTED: Final = 1
_SHOWN: Final = 3

# Number in the file, from 1, and bytes without the end of the line.
NumberedLine: TypeAlias = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class TickMember:
    """
    The one file in an archive.

    Parameters
    ----------
    name : str
        Its name there.
    kind : str
        `trade` or `quote`.
    underlying_id : str
        What it is of.
    day : int
        Date in New York, days since 1970-01-01.
    told : str
        Day and symbol, where the archive's bytes do not hold them; else empty.
    """

    name: str
    kind: str
    underlying_id: str
    day: int
    told: str


def _member_name(path: Path) -> tuple[str, re.Match[str]]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [each for each in archive.infolist() if not each.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        msg = f"{path} is no whole zip archive ({error}); download it again"
        raise WrongFormat(msg) from None
    found = [(m, _MEMBER.fullmatch(m.filename.rpartition("/")[2])) for m in members]
    ticks = [(member, name) for member, name in found if name is not None]
    if len(members) != 1 or not ticks:
        shown = ", ".join(member.filename for member in members[:_SHOWN]) or "nothing"
        more = f" and {len(members) - _SHOWN} more" if len(members) > _SHOWN else ""
        msg = (
            f"{path} is a zip archive of {shown}{more}; LEAN tick archives are read, which hold "
            "one *_Trade_Tick.csv or *_Quote_Tick.csv; unpack others first"
        )
        raise WrongFormat(msg)
    member, name = ticks[0]
    if member.flag_bits & _ENCRYPTED:
        msg = f"{path} is an encrypted zip archive; unpack it and pack it again without a password"
        raise WrongFormat(msg)
    return member.filename, name


def require_tick_zip(path: Path) -> None:
    """
    Check that a zip archive holds LEAN ticks.

    Raises
    ------
    WrongFormat
        It is damaged, encrypted, or holds something else.
    """
    _member_name(path)


def _day(facts: FileFacts, name: re.Match[str]) -> int:
    said = date_in_name(name["day"] or "")
    if said is None:
        said = date_in_name(facts.path.name)
    if said is not None and facts.date is not None and said != facts.date:
        msg = f"{facts.path} is of another date by its name than the one named with --date"
        raise WrongFormat(msg)
    return day_of_file(facts.path, said if facts.date is None else facts.date, "gives no dates")


def _underlying(facts: FileFacts, name: re.Match[str]) -> str:
    if name["symbol"]:
        return equity_underlying(name["symbol"], f"{facts.path}: {name[0]}")
    folder = facts.path.resolve().parent
    if folder.parent.name == _TICK_FOLDER:
        return equity_underlying(folder.name, f"{facts.path}: the folder")
    if facts.symbol:
        return equity_underlying(facts.symbol, "--symbol")
    msg = f"{facts.path} does not say which stock it is of; name it with --symbol"
    raise MissingFact(msg)


def tick_member(facts: FileFacts) -> TickMember:
    """
    Return what an archive holds.

    Parameters
    ----------
    facts : FileFacts
        The archive. Its own names go before `--symbol`, so that archives of several stocks can be
        read beside a file that needs one.

    Raises
    ------
    WrongFormat
        As `require_tick_zip`, or it is of another date than the one named.
    MissingFact
        Neither the names nor the caller say the symbol or the date.
    """
    member, name = _member_name(facts.path)
    underlying_id, day = _underlying(facts, name), _day(facts, name)
    told = "" if name["day"] and name["symbol"] else f"{underlying_id} {day}"
    return TickMember(member, name["kind"].lower(), underlying_id, day, told)


class TickLines:
    """
    The lines of an archive.

    Parameters
    ----------
    path : Path
        The archive.
    member : TickMember
        The file in it.

    Attributes
    ----------
    damaged : str | None
        Why the file ended early, once it was read.
    """

    def __init__(self, path: Path, member: TickMember) -> None:
        self._path = path
        self._member = member
        self.damaged: str | None = None

    def __iter__(self) -> Iterator[NumberedLine]:
        number = 0
        rest = b""
        for chunk in self._chunks():
            lines = (rest + chunk).split(b"\n")
            rest = lines.pop()
            for line in lines:
                number += 1
                yield number, line
            if len(rest) > MAX_LINE_BYTES:
                number += 1
                yield number, rest
                rest = b""
        if rest:
            yield number + 1, rest

    def _chunks(self) -> Iterator[bytes]:
        try:
            with (
                zipfile.ZipFile(self._path) as archive,
                archive.open(self._member.name) as file,
            ):
                while chunk := file.read(_CHUNK_BYTES):
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
            self.damaged = f"{self._path} is damaged ({error}); the rows before are kept"


def _spill(run: list[tuple[int, int, bytes]]) -> IO[bytes]:
    """Write a sorted run to an unnamed file that vanishes when it is closed."""
    file = tempfile.TemporaryFile(prefix="islandflow-ticks-")  # noqa: SIM115 - closed by the caller
    file.writelines(b"%d,%d,%b\n" % row for row in sorted(run))
    file.seek(0)
    return file


def _unspill(file: IO[bytes]) -> Iterator[tuple[int, int, bytes]]:
    for row in file:
        at, number, line = row.rstrip(b"\n").split(b",", 2)
        yield int(at), int(number), line


def in_time_order(lines: Iterable[tuple[int, int, bytes]], run_rows: int) -> Iterator[NumberedLine]:
    """
    Sort the lines of a file that is out of order, with bounded memory.

    Parameters
    ----------
    lines : iterable of (int, int, bytes)
        Milliseconds, number and bytes of each line, without ends of lines.
    run_rows : int
        Lines held in memory; beyond, sorted runs go to temporary files.

    Yields
    ------
    NumberedLine
        By time, then number.
    """
    run: list[tuple[int, int, bytes]] = []
    spilled: list[IO[bytes]] = []
    try:
        for line in lines:
            run.append(line)
            if len(run) >= run_rows:
                spilled.append(_spill(run))
                run = []
        merged = heapq.merge(*(_unspill(file) for file in spilled), sorted(run))
        for _, number, raw in merged:
            yield number, raw
    finally:
        for file in spilled:
            file.close()
