"""Read just enough of a statement to know what it asks of the HTTP interface."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

# One token of ClickHouse's lexer. White space and comments are matched so that they can be
# skipped; a quote that does not end falls through to the last alternative.
_TOKEN: Final = re.compile(
    rb"""
      (?P<skip> [\s\x00]+ | --[^\n]* | \#[ !][^\n]* | /\*.*?\*/ | \xc2\xa0 | \xe3\x80\x80 )
    | (?P<quoted> '(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*" | `(?:[^`\\]|\\.|``)*`
                | \xe2\x80\x98.*?\xe2\x80\x99 | \xe2\x80\x9c.*?\xe2\x80\x9d
                | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$ )
    | (?P<word> [A-Za-z_][A-Za-z0-9_$]* )
    | (?P<number> \d[\w.]* )
    | (?P<sign> . )
    """,
    re.VERBOSE | re.DOTALL,
)
# Where the lexer takes one of these for a token of its own, its end is missing.
_OPENERS: Final = (b"'", b'"', b"`", b"/*", b"$", b"\xe2\x80\x98", b"\xe2\x80\x9c")
_BLANKS: Final = b" \t\f"
_STREAMED_STARTS: Final = frozenset({b"SELECT", b"WITH", b"FROM"})
_OUTPUT_STARTS: Final = _STREAMED_STARTS | {
    *(b"SHOW", b"DESCRIBE", b"DESC", b"EXPLAIN", b"EXISTS", b"CHECK", b"KILL", b"OPTIMIZE"),
}
_SHUTDOWNS: Final = frozenset({b"SHUTDOWN", b"KILL", b"SUSPEND"})


@dataclass(frozen=True, slots=True)
class InsertHead:
    """
    An INSERT whose rows follow the statement.

    Parameters
    ----------
    statement : str
        The statement up to its FORMAT or VALUES.
    format_name : str
        Input format; `Values` after VALUES.
    data_offset : int
        Where the rows begin, bytes from the statement's first.
    """

    statement: str
    format_name: str
    data_offset: int


@dataclass(frozen=True, slots=True)
class Statement:
    """
    What matters about a statement that brings no rows.

    Parameters
    ----------
    format_name : str | None
        Its FORMAT; None when the request's default applies.
    has_output : bool
        Whether it returns a table.
    is_streamable : bool
        Whether its result may be sent block by block: a SELECT without totals or extremes.
    names_a_file : bool
        Whether INTO OUTFILE or FROM INFILE occurs.
    ends_the_engine : bool
        Whether it would shut the engine, and with it this process, down.
    session_kind : "SET" | "USE" | None
        Set when the statement changes the session it runs in.
    """

    format_name: str | None
    has_output: bool
    is_streamable: bool
    names_a_file: bool
    ends_the_engine: bool
    session_kind: str | None


@dataclass(frozen=True, slots=True)
class _Word:
    text: bytes
    start: int
    end: int
    depth: int
    is_keyword: bool
    is_open: bool


def find_insert(text: bytes, *, is_complete: bool) -> InsertHead | bool | None:
    """
    Find where the rows of an INSERT begin.

    Parameters
    ----------
    text : bytes
        The request's query and as much of its body as has arrived.
    is_complete : bool
        Whether nothing more will arrive.

    Returns
    -------
    InsertHead | bool | None
        The head; False when the statement is no INSERT with rows; None when more bytes are needed.
    """
    words = _words(text)
    first = next(words, None)
    if first is None or _is_cut(first, text, is_complete=is_complete):
        return False if is_complete else None
    if first.text.upper() != b"INSERT":
        return False
    is_past_name = False
    previous = b"INSERT"
    for word in words:
        if _is_cut(word, text, is_complete=is_complete):
            return None
        upper = word.text.upper() if word.is_keyword and word.depth == 0 else b""
        if not is_past_name:
            is_past_name = upper not in {b"INTO", b"TABLE", b"FUNCTION"}
        elif previous != b".":
            if upper in {b"SELECT", b"WITH", b"FROM"}:
                return False
            if upper == b"VALUES":
                return _head(text, word, "Values", word.end)
            if upper == b"FORMAT":
                return _format_head(text, word, words, is_complete=is_complete)
        previous = word.text
    return False if is_complete else None


def inspect(text: str) -> Statement:
    """Look at a statement that brings no rows."""
    words = list(_words(text.encode()))
    upper = [word.text.upper() if word.is_keyword else b"" for word in words]
    starts = [name for name, word in zip(upper, words, strict=True) if word.text != b"("]
    first = starts[0] if starts else b""
    second = starts[1] if len(starts) > 1 else b""
    pairs = set(itertools.pairwise(upper))
    return Statement(
        format_name=_output_format(words, upper),
        has_output=first in _OUTPUT_STARTS,
        is_streamable=first in _STREAMED_STARTS and not {b"TOTALS", b"EXTREMES"} & set(upper),
        names_a_file=(b"INTO", b"OUTFILE") in pairs or (b"FROM", b"INFILE") in pairs,
        ends_the_engine=first == b"SYSTEM" and second in _SHUTDOWNS,
        session_kind=first.decode() if first in {b"SET", b"USE"} else None,
    )


def _words(text: bytes) -> Iterator[_Word]:
    depth = 0
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup
        if kind == "skip":
            continue
        token = found.group()
        if token in {b")", b"]", b"}"}:
            depth = max(depth - 1, 0)
        is_open = kind == "sign" and text.startswith(_OPENERS, found.start())
        yield _Word(token, found.start(), found.end(), depth, kind == "word", is_open)
        if token in {b"(", b"[", b"{"}:
            depth += 1


def _is_cut(word: _Word, text: bytes, *, is_complete: bool) -> bool:
    """Say whether what follows may still change a token: its end, a quote's, a comment's."""
    return not is_complete and (word.end == len(text) or word.is_open)


def _format_head(
    text: bytes, word: _Word, words: Iterator[_Word], *, is_complete: bool
) -> InsertHead | bool | None:
    name = next(words, None)
    if name is None or not name.is_keyword:
        return False if is_complete or name is not None else None
    rest = text[name.end : name.end + 64].lstrip(_BLANKS)
    if not rest and not is_complete:
        return None
    return _head(text, word, name.text.decode(), name.end)


def _head(text: bytes, word: _Word, format_name: str, end: int) -> InsertHead:
    while end < len(text) and text[end : end + 1] in {b" ", b"\t", b"\f"}:
        end += 1
    # One line end belongs to the statement, the rest to the rows.
    if text[end : end + 2] == b"\r\n":
        end += 2
    elif text[end : end + 1] == b"\n":
        end += 1
    statement = text[: word.start].decode("utf-8", errors="replace")
    return InsertHead(statement, format_name, end)


def _output_format(words: list[_Word], upper: list[bytes]) -> str | None:
    for position in range(len(words) - 2, -1, -1):
        name = words[position + 1]
        if upper[position] == b"FORMAT" and words[position].depth == 0 and name.is_keyword:
            after = upper[position + 2] if position + 2 < len(words) else b""
            is_last = position + 2 == len(words) or words[position + 2].text == b";"
            if is_last or after in {b"SETTINGS", b"INTO"}:
                return name.text.decode()
    return None
