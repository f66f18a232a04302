"""Option universes of LEAN: the open interest of every contract before a day began."""

import filecmp
import re
from pathlib import Path
from typing import Final

from connectors.feeds.base.errors import MissingFact
from connectors.feeds.base.items import REFDATA_OPEN_INTEREST
from connectors.feeds.files.context import CsvFormat
from connectors.feeds.files.context import FileContext
from connectors.feeds.files.context import FileFacts
from connectors.feeds.files.context import RowConverter
from connectors.feeds.files.names import day_of_file
from connectors.feeds.files.open_interest import OpenInterestMaker
from connectors.feeds.files.open_interest import open_interest
from connectors.feeds.files.rows import picker
from connectors.feeds.files.values import days_of
from flows.options.contracts import contract_from_parts
from schemas.records import OpenInterest

_EXPIRY: Final = ("#expiry", "expiry")
_COLUMNS: Final = (_EXPIRY, ("strike",), ("right",), ("open_interest",))
_DATED: Final = re.compile(r"\d{8}\.csv")
_UNIVERSES: Final = "universes"

NO_FIGURE: Final = "no_open_interest"
ALL_ZERO: Final = "all_zero"


def _day(facts: FileFacts) -> int:
    return day_of_file(facts.path, facts.date, "does not say what day it is of")


def _root(facts: FileFacts) -> str:
    if facts.symbol:
        return facts.symbol.upper()
    folder = facts.path.resolve().parent
    if folder.parent.name == _UNIVERSES:
        return folder.name.upper()
    msg = (
        f"{facts.path.name} has no column with the root, and does not lie in a folder "
        f"{_UNIVERSES}/<root>; name it with --symbol"
    )
    raise MissingFact(msg)


def _identity(facts: FileFacts) -> str:
    return f"{_root(facts)} {_day(facts)}"


def _copy_of(path: Path) -> str | None:
    """Return the file of the day before that holds the same bytes: then its figures are old."""
    if _DATED.fullmatch(path.name) is None:
        return None
    older = [
        each
        for each in path.parent.iterdir()
        if _DATED.fullmatch(each.name) is not None and each.name < path.name
    ]
    if not older:
        return None
    before = max(older, key=lambda each: each.name)
    return before.name if filecmp.cmp(before, path, shallow=False) else None


def _is_all_zero(path: Path, at: int) -> bool:
    """Tell whether no cell of a column is above 0: then the file was written without figures."""
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        next(file, None)
        cells = (line.split(",")[at : at + 1] for line in file)
        return not any(cell and cell[0].strip(' 0."\r\n') for cell in cells)


def _withheld(path: Path, at: int) -> str | None:
    """Return why none of a file's figures is news, None when they are."""
    copy_of = _copy_of(path)
    if copy_of is not None:
        return f"copy_of:{copy_of}"
    return ALL_ZERO if _is_all_zero(path, at) else None


def _converter(context: FileContext, at: dict[str, int]) -> RowConverter:
    cells_of, withheld = picker(at, _COLUMNS), context.summary.withheld
    root, why_none = _root(context.facts), _withheld(context.path, at["open_interest"])
    figures = OpenInterestMaker(context, _day(context.facts))

    def convert(row: list[str], line: int) -> tuple[OpenInterest, ...]:
        expiry, strike, right, contracts = cells_of(row)
        # The row without a contract is the underlying's.
        if not expiry and not strike and not right:
            return ()
        contract = contract_from_parts(root, days_of(expiry), strike, right)
        oi = open_interest(contracts)
        if oi is None or why_none is not None:
            withheld[why_none or NO_FIGURE] += 1
            return ()
        return (figures.make(contract, oi, line),)

    return convert


LEAN_UNIVERSE: Final = CsvFormat(
    name="lean-universe",
    title="LEAN option universe",
    columns=_COLUMNS,
    recognised_by=frozenset({"#expiry", "open_interest"}),
    converter=_converter,
    topics=(REFDATA_OPEN_INTEREST,),
    identity=_identity,
)
"""A file dated D holds what was known before D opened, so its figures are as of the session before
D. An empty cell is no figure. A file in which all are zero was written without any, and one that
repeats the file before it byte for byte was not renewed: nothing of either is published."""
