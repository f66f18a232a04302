"""What is told of an error of the engine: its kind and the name at fault, never its text."""

import re
from typing import Final

from api.problems import Problem
from api.sql.statement import sql_refused
from connectors.clickhouse.http import TRANSIENT_CODES
from connectors.errors import TransientConnector

_TIMEOUT: Final = frozenset({159, 160, 209})
_GONE: Final = frozenset({394, 236})
_LIMITS: Final = {
    36: "the statement grows too large when its names are replaced by what they stand for",
    131: "a text or array becomes too long",
    128: "a text or array becomes too long",
    158: "the statement would read more rows than allowed; narrow its range",
    167: "the statement is nested too deeply",
    168: "the statement has too many parts",
    241: "the statement needs more memory than allowed",
    306: "the statement recurses too deeply",
    307: "the statement would read more than allowed; narrow its range",
    396: "the result has more rows or bytes than allowed; add LIMIT or aggregate",
}
_WRONG: Final = {
    6: "a text does not have the form the function expects",
    27: "a value does not have the form of its type",
    38: "a text is no date",
    41: "a text is no time",
    42: "a function got the wrong number of arguments",
    43: "a function got an argument of a type it does not take",
    46: "there is no such function",
    47: "there is no such column",
    53: "two types do not go together",
    60: "there is no such table",
    62: "the statement cannot be read",
    69: "an argument is out of its bounds",
    70: "a value cannot be converted",
    72: "a text is no number",
    81: "there is no such database",
    153: "a division has no result",
    164: "the statement would change something",
    179: "two names mean different things",
    181: "FINAL is not for this table",
    184: "an aggregate stands inside an aggregate",
    207: "a name could mean two columns",
    215: "a column is neither grouped nor aggregated",
    386: "types have nothing in common",
    427: "a regular expression cannot be compiled",
    456: "a parameter has no value",
    457: "a parameter does not have the form of its type",
}
_POSITION: Final = re.compile(r"failed at position (\d+)(?: \(((?:[^()\n]|\(\)){1,40})\))?")
_QUOTED: Final = re.compile(
    r"(?:identifier|column|columns|table|function with name|function)[: ]+[`']?"
    r"([A-Za-z_][A-Za-z0-9_.]{0,127})",
    re.IGNORECASE,
)
_NAMED: Final = frozenset({46, 47, 60, 207, 215})


def engine_error(code: str, text: str, offset: int = 0) -> Exception:
    """
    Return what is raised for an error of the engine.

    Parameters
    ----------
    code : str
        Of its header; empty when it gave none.
    text : str
        Its text, from which only a position or a name is taken over.
    offset : int
        Characters before the statement in what was sent.
    """
    number = int(code) if code.isdecimal() else 0
    if number in _TIMEOUT:
        return Problem("sql_timeout", "the statement took too long; narrow its range")
    if number in _GONE:
        return Problem("sql_timeout", "the statement was ended")
    if number in _LIMITS:
        return sql_refused(_LIMITS[number])
    if number in TRANSIENT_CODES:
        return TransientConnector(f"ClickHouse: code {number}")
    reason = _WRONG.get(number, "the engine does not accept the statement")
    return sql_refused(f"{reason}{_where(number, text, offset)} (engine code {number})")


def _where(number: int, text: str, offset: int) -> str:
    if number == 62:
        found = _POSITION.search(text)
        if found is None:
            return ""
        position = max(int(found[1]) - offset, 1)
        near = f", near {found[2]}" if found[2] else ""
        return f": at character {position} without comments{near}"
    if number in _NAMED:
        named = _QUOTED.search(text)
        return f": {named[1]}" if named else ""
    return ""
